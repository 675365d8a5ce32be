"""The post office of one worker: it empties the outbox, and brings what is due to its receivers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

import structlog

from tracepass.core.alarm import Alarm, Bell
from tracepass.core.changes import COLLECTION as CHANGES
from tracepass.core.changes import OUTBOX as IN_OUTBOX
from tracepass.core.clock import Clock, parse_timestamp
from tracepass.core.mongo import Database, PyMongoError
from tracepass.webhooks import measures
from tracepass.webhooks.courier import Courier
from tracepass.webhooks.dispatching import Dispatcher
from tracepass.webhooks.outbox import Outbox
from tracepass.webhooks.queue import DeliveryQueue
from tracepass.webhooks.repository import DELIVERIES

WATCHED: Final[Mapping[str, Mapping[str, Any]]] = {CHANGES: IN_OUTBOX, DELIVERIES: {}}
"""What a worker's alarm must ring for."""
PAUSE_SECONDS = 1.0
GATHERED_SECONDS = 0.01
"""How long a ring may wait for others, so that what comes close together is done together."""
MEASURED_EVERY_SECONDS = 5.0
MOST_COUNTED = 10_000

_log = structlog.get_logger()


class PostOffice:
    """Dispatches and delivers until told to stop; any number of them may work at once."""

    def __init__(
        self, database: Database, *, clock: Clock, dispatcher: Dispatcher, courier: Courier, alarm: Alarm
    ) -> None:
        self._queue = DeliveryQueue(database)
        self._outbox = Outbox(database)
        self._alarm = alarm
        self._clock = clock
        self._dispatcher = dispatcher
        self._courier = courier

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is begun by then is finished."""
        async with asyncio.TaskGroup() as group:
            group.create_task(_repeat(self._dispatcher.dispatch_once, self._alarm.bell(CHANGES), stop))
            group.create_task(_repeat(self._courier.deliver_due, self._alarm.bell(DELIVERIES), stop))
            group.create_task(self._measure_often(stop))
        await self._courier.close()
        await _attempt(self._dispatcher.let_go)

    async def run_once(self) -> None:
        """Dispatch and deliver all that is due now, and no more: for those who start it by cron.

        Raises:
            PyMongoError: the database does not answer.
        """
        while await self._dispatcher.dispatch_once():
            pass
        await self._dispatcher.let_go()
        while await self._courier.deliver_due():
            await self._courier.settle()

    async def _measure_often(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await _attempt(self.measure)
            await _wait(stop, MEASURED_EVERY_SECONDS)

    async def measure(self) -> None:
        """Tell metrics how much waits, and how long the oldest of it."""
        count, oldest = await self._queue.backlog()
        overdue = 0.0 if oldest is None else (self._clock() - parse_timestamp(oldest)).total_seconds()
        measures.OUTBOX.set(await self._outbox.count(MOST_COUNTED))
        measures.PENDING.set(count)
        measures.OVERDUE.set(max(overdue, 0.0))


async def _repeat(work: Callable[[], Awaitable[int]], bell: Bell, stop: asyncio.Event) -> None:
    while not stop.is_set():
        if not await _attempt(work):
            await bell.wait(PAUSE_SECONDS)
            await _wait(stop, GATHERED_SECONDS)


async def _attempt(work: Callable[[], Awaitable[int | None]]) -> int:
    """Do some work; while the database is away it is left for the next time."""
    try:
        return await work() or 0
    except PyMongoError as error:
        _log.warning("webhooks wait for the database", error=type(error).__name__)
        return 0


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
