"""Brings deliveries to their endpoints, many at a time, few to each, and those of one passport in order."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import structlog

from tracepass.core.alarm import Bell
from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, PyMongoError
from tracepass.webhooks.attempts import Attempts, Parcel
from tracepass.webhooks.dispatching import BEHIND
from tracepass.webhooks.queue import DeliveryQueue
from tracepass.webhooks.windows import Windows

AT_ONCE = 400
LOOKED_AT = 200
PATIENCE = 2
"""Later events of a passport wait for one that was tried less often than this: for its first two rungs."""
MARGIN = timedelta(seconds=15)
"""What a lease adds to the time a receiver may take to answer: for the rest of the answer, and for the database."""

_log = structlog.get_logger()


class Courier:
    """Delivers what is due; any number of them may run over one queue.

    ``bell`` rings whenever something is over, and there may be room for more.
    """

    def __init__(self, database: Database, *, clock: Clock, attempts: Attempts, lease: timedelta, bell: Bell) -> None:
        self._queue = DeliveryQueue(database)
        self._clock = clock
        self._attempts = attempts
        self._lease = lease
        self._bell = bell
        self._windows = Windows()
        self._to: Counter[Id] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False

    async def deliver_due(self) -> int:
        """Begin with deliveries that are due; return how many were taken. `settle` waits for their end."""
        room = AT_ONCE - len(self._tasks)
        if room <= 0:
            return 0
        full = [endpoint for endpoint, under_way in self._to.items() if under_way >= self._windows.of(endpoint)]
        due = await self._queue.due(timestamp(self._clock()), limit=LOOKED_AT, without=full)
        leased = await self._queue.lease(self._chosen(due)[:room], self._lease_end())
        for parcel in await self._attempts.pack(leased):
            self._begin(parcel)
        return len(leased)

    async def settle(self) -> None:
        """Wait until all that was begun is over, with what waited behind it."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Wait until all that was begun is over; what waited behind it is left to others."""
        self._closing = True
        await self.settle()

    def _chosen(self, due: list[Document]) -> list[Document]:
        """Choose the first of each stream, and to each endpoint no more than there is room for."""
        chosen, streams, to = [], set(), Counter(self._to)
        for delivery in sorted(due, key=lambda one: (one["dueAt"], one["position"])):
            endpoint = delivery["endpointId"]
            if delivery["stream"] not in streams and to[endpoint] < self._windows.of(endpoint):
                chosen.append(delivery)
                streams.add(delivery["stream"])
                to[endpoint] += 1
        return chosen

    def _begin(self, parcel: Parcel) -> None:
        self._to[parcel.delivery["endpointId"]] += 1
        task = asyncio.create_task(self._deliver_stream(parcel))
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._over(done, parcel.delivery))

    def _over(self, task: asyncio.Task[None], delivery: Document) -> None:
        self._tasks.discard(task)
        self._to[delivery["endpointId"]] -= 1
        if not self._to[delivery["endpointId"]]:
            del self._to[delivery["endpointId"]]
        self._bell.ring()
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            # It comes back when its lease ends.
            expected = isinstance(fault, PyMongoError)
            _log.error("delivery not finished", delivery=str(delivery["_id"]), exc_info=None if expected else fault)

    async def _deliver_stream(self, parcel: Parcel) -> None:
        """Deliver, and then what waited behind it."""
        if not await self._is_its_turn(parcel.delivery):
            return
        current: Parcel | None = parcel
        while current is not None:
            taken = await self._attempts.make(current)
            endpoint = current.delivery["endpointId"]
            (self._windows.open if taken else self._windows.close)(endpoint)
            current = await self._following(current.delivery)

    async def _is_its_turn(self, delivery: Document) -> bool:
        """Tell whether nothing of its stream stands before a delivery; else the whole line waits a little more."""
        if not delivery["behind"]:
            return True
        first = await self._queue.first_of(delivery["stream"], patient=PATIENCE)
        if first is None or first["position"] >= delivery["position"]:
            return True
        now = timestamp(self._clock())
        await self._queue.line_up(delivery, _later(max(first["dueAt"], now)))
        return False

    async def _following(self, delivery: Document) -> Parcel | None:
        """Return what is next in the stream, leased, unless it has to wait, or another has it."""
        if self._closing or not await self._queue.has_line(delivery["stream"]):
            return None
        following = await self._queue.first_of(delivery["stream"], patient=PATIENCE)
        if following is None or following["holder"] is not None or following["made"]:
            return None
        parcels = await self._attempts.pack(await self._queue.lease([following], self._lease_end()))
        return parcels[0] if parcels else None

    def _lease_end(self) -> str:
        return timestamp(self._clock() + self._lease)


def _later(moment: str) -> str:
    return timestamp(parse_timestamp(moment) + BEHIND)
