"""Brings deliveries to their endpoints, many at a time, few to each, and those of one passport in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import structlog

from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, PyMongoError
from tracepass.webhooks.attempts import Attempts
from tracepass.webhooks.dispatching import BEHIND
from tracepass.webhooks.queue import DeliveryQueue

AT_ONCE = 200
TO_ONE = 16
TO_A_FAILING_ONE = 2
WINDOW = 200
PATIENCE = 2
"""Later events of a passport wait for one that was tried less often than this: for its first two rungs."""
MARGIN = timedelta(seconds=15)
"""What a lease adds to the time a receiver may take."""

_log = structlog.get_logger()


class Courier:
    """Delivers what is due; any number of them may run over one queue."""

    def __init__(self, database: Database, *, clock: Clock, attempts: Attempts, lease: timedelta) -> None:
        self._queue = DeliveryQueue(database)
        self._clock = clock
        self._attempts = attempts
        self._lease = lease + MARGIN
        self._holder = str(new_id())
        self._to: Counter[Id] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def deliver_due(self) -> int:
        """Begin with deliveries that are due; return how many were begun. `settle` waits for their end."""
        room = AT_ONCE - len(self._tasks)
        if room <= 0:
            return 0
        full = [endpoint for endpoint in self._to if self._room(endpoint) <= 0]
        due = await self._queue.due(self._now(), limit=WINDOW, without=full)
        begun = 0
        for delivery in self._chosen(due)[:room]:
            leased = await self._take(delivery)
            if leased is not None:
                self._begin(leased)
                begun += 1
        return begun

    async def settle(self) -> None:
        """Wait until all that was begun is over."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def one_is_over(self, seconds: float) -> None:
        """Wait until something that was begun is over, but not longer than this."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    @property
    def is_full(self) -> bool:
        """Tell whether nothing more can be begun now."""
        return len(self._tasks) >= AT_ONCE

    def _chosen(self, due: list[Document]) -> list[Document]:
        """Choose the first of each stream, and to each endpoint no more than there is room for."""
        chosen, streams, to = [], set(), Counter(self._to)
        for delivery in sorted(due, key=lambda one: (one["dueAt"], one["position"])):
            endpoint = delivery["endpointId"]
            if delivery["stream"] not in streams and to[endpoint] < self._most(endpoint):
                chosen.append(delivery)
                streams.add(delivery["stream"])
                to[endpoint] += 1
        return chosen

    def _most(self, endpoint: Id) -> int:
        return TO_A_FAILING_ONE if self._attempts.fails(endpoint) else TO_ONE

    def _room(self, endpoint: Id) -> int:
        return self._most(endpoint) - self._to[endpoint]

    async def _take(self, delivery: Document) -> Document | None:
        until = timestamp(self._clock() + self._lease)
        return await self._queue.lease(delivery, until, holder=self._holder)

    def _begin(self, delivery: Document) -> None:
        endpoint = delivery["endpointId"]
        self._to[endpoint] += 1
        task = asyncio.create_task(self._deliver_stream(delivery))
        self._tasks.add(task)

        def over(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            self._to[endpoint] -= 1
            if not self._to[endpoint]:
                del self._to[endpoint]

        task.add_done_callback(over)

    async def _deliver_stream(self, delivery: Document) -> None:
        """Deliver, and then what waited behind it; what fails here comes back when its lease ends."""
        current: Document | None = delivery
        try:
            while current is not None:
                current = await self._deliver(current)
        except PyMongoError as error:
            _log.warning("delivery not finished", delivery=str(delivery["_id"]), error=type(error).__name__)

    async def _deliver(self, delivery: Document) -> Document | None:
        """Make one attempt if it is the delivery's turn; return the next of the stream, leased, or None."""
        first = await self._queue.first_of(delivery["stream"], patient=PATIENCE)
        if first is not None and first["position"] < delivery["position"]:
            await self._queue.give_back(delivery, timestamp(self._clock() + BEHIND))
            return None
        await self._attempts.make(delivery)
        following = await self._queue.first_of(delivery["stream"], patient=PATIENCE)
        if following is None or following["holder"] is not None or following["made"]:
            return None
        return await self._take(following)

    def _now(self) -> str:
        return timestamp(self._clock())
