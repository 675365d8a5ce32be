"""The post office of one worker: it empties the outbox, and brings what is due to its receivers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

import structlog
from prometheus_client import Gauge

from tracepass.core.alarm import Alarm
from tracepass.core.clock import Clock, parse_timestamp
from tracepass.core.mongo import Database, PyMongoError
from tracepass.webhooks.courier import Courier
from tracepass.webhooks.dispatching import Dispatcher
from tracepass.webhooks.queue import DeliveryQueue
from tracepass.webhooks.repository import DELIVERIES

PAUSE_SECONDS = 1.0
MEASURED_EVERY_SECONDS = 5.0
WAKING: Final = ("changes", DELIVERIES)
PENDING = Gauge("tracepass_webhook_deliveries_pending", "Deliveries not over yet", multiprocess_mode="mostrecent")
OLDEST = Gauge(
    "tracepass_webhook_oldest_due_seconds", "How long the oldest delivery is overdue", multiprocess_mode="mostrecent"
)

_log = structlog.get_logger()


class PostOffice:
    """Dispatches and delivers until told to stop; any number of them may work at once."""

    def __init__(self, database: Database, *, clock: Clock, dispatcher: Dispatcher, courier: Courier) -> None:
        self._queue = DeliveryQueue(database)
        self._alarm = Alarm(database, WAKING)
        self._clock = clock
        self._dispatcher = dispatcher
        self._courier = courier

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is begun by then is finished."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._alarm.listen(stop))
            group.create_task(self._repeat(self._dispatch, stop))
            group.create_task(self._repeat(self._deliver, stop))
            group.create_task(self._measure_often(stop))
        await self._courier.settle()

    async def run_once(self) -> None:
        """Dispatch and deliver all that is due now, and no more: for those who start it by cron."""
        while await self._dispatcher.dispatch_once():
            pass
        while await self._courier.deliver_due():
            await self._courier.settle()

    async def _repeat(self, work: Callable[[], Awaitable[bool]], stop: asyncio.Event) -> None:
        bell = self._alarm.bell()
        while not stop.is_set():
            try:
                found = await work()
            except PyMongoError as error:
                _log.warning("webhooks wait for the database", error=type(error).__name__)
                found = False
            if not found:
                await bell.wait(PAUSE_SECONDS)

    async def _dispatch(self) -> bool:
        return await self._dispatcher.dispatch_once() > 0

    async def _deliver(self) -> bool:
        begun = await self._courier.deliver_due()
        if self._courier.is_full:
            await self._courier.one_is_over(PAUSE_SECONDS)
        return begun > 0

    async def _measure_often(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.measure()
            except PyMongoError as error:
                _log.warning("webhooks not measured", error=type(error).__name__)
            try:
                await asyncio.wait_for(stop.wait(), MEASURED_EVERY_SECONDS)
            except TimeoutError:
                continue

    async def measure(self) -> None:
        """Tell metrics how much waits, and how long the oldest of it."""
        count, oldest = await self._queue.backlog()
        overdue = 0.0 if oldest is None else (self._clock() - parse_timestamp(oldest)).total_seconds()
        PENDING.set(count)
        OLDEST.set(max(overdue, 0.0))
