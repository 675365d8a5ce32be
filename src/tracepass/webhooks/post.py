"""The post office of one worker: it empties the outbox, and brings what is due to its receivers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

from tracepass.core.alarm import Alarm
from tracepass.core.changes import COLLECTION as CHANGES
from tracepass.core.changes import OUTBOX as IN_OUTBOX
from tracepass.core.clock import Clock, parse_timestamp
from tracepass.core.mongo import Database
from tracepass.core.shifts import attempt, wait_for, work_shift
from tracepass.webhooks import measures
from tracepass.webhooks.courier import Courier
from tracepass.webhooks.dispatching import Dispatcher
from tracepass.webhooks.outbox import Outbox
from tracepass.webhooks.queue import DeliveryQueue
from tracepass.webhooks.repository import DELIVERIES

WATCHED: Final[Mapping[str, Mapping[str, Any]]] = {CHANGES: IN_OUTBOX, DELIVERIES: {}}
"""What a worker's alarm must ring for."""
MEASURED_EVERY_SECONDS = 5.0
MOST_COUNTED = 10_000
WHO = "webhooks"


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
            changes, deliveries = self._alarm.bell(CHANGES), self._alarm.bell(DELIVERIES)
            group.create_task(work_shift(self._dispatcher.dispatch_once, changes, stop, who=WHO))
            group.create_task(work_shift(self._courier.deliver_due, deliveries, stop, who=WHO))
            group.create_task(self._measure_often(stop))
        await self._courier.close()
        await attempt(self._dispatcher.let_go, who=WHO)

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
            await attempt(self.measure, who=WHO)
            await wait_for(stop, MEASURED_EVERY_SECONDS)

    async def measure(self) -> None:
        """Tell metrics how much waits, and how long the oldest of it."""
        count, oldest = await self._queue.backlog()
        overdue = 0.0 if oldest is None else (self._clock() - parse_timestamp(oldest)).total_seconds()
        measures.OUTBOX.set(await self._outbox.count(MOST_COUNTED))
        measures.PENDING.set(count)
        measures.OVERDUE.set(max(overdue, 0.0))
