"""The subscription office of one worker: it empties the feed, and brings events to subscriptions."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tracepass.core.alarm import Alarm
from tracepass.core.clock import Clock, parse_timestamp
from tracepass.core.mongo import Database
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import Sealing
from tracepass.core.shifts import attempt, wait_for, work_shift
from tracepass.delivery.ladder import Ladder
from tracepass.epcis import subscriptionsmeasures as measures
from tracepass.epcis.namedqueries import NamedQueries
from tracepass.epcis.repository import FEED
from tracepass.epcis.subscriptionscourier import Manners, SubscriptionCourier
from tracepass.epcis.subscriptionsdispatching import FeedDispatcher
from tracepass.epcis.subscriptionsfeed import Feed
from tracepass.epcis.subscriptionsqueue import SubscriptionQueue
from tracepass.epcis.subscriptionsrepository import CHUNKS
from tracepass.settings import Webhooks as WebhookSettings

WATCHED: Final[Mapping[str, Mapping[str, Any]]] = {FEED: {}, CHUNKS: {}}
"""What a worker's alarm must ring for."""
WHO = "subscriptions"
MEASURED_EVERY_SECONDS = 5.0
MOST_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Gauges:
    """Tells metrics how much waits, and how long the oldest of it."""

    feed: Feed
    queue: SubscriptionQueue
    clock: Clock

    async def measure(self) -> None:
        """Look once."""
        measures.FEED.set(await self.feed.count(MOST_COUNTED))
        oldest = await self.queue.oldest_due()
        overdue = 0.0 if oldest is None else (self.clock() - parse_timestamp(oldest)).total_seconds()
        measures.OVERDUE.set(max(overdue, 0.0))


@dataclass(frozen=True, slots=True)
class SubscriptionOffice:
    """Dispatches and delivers until told to stop; any number of them may work at once."""

    dispatcher: FeedDispatcher
    courier: SubscriptionCourier
    alarm: Alarm
    gauges: Gauges

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; what is begun by then is finished."""
        async with asyncio.TaskGroup() as group:
            group.create_task(work_shift(self.dispatcher.dispatch_once, self.alarm.bell(FEED), stop, who=WHO))
            group.create_task(work_shift(self.courier.deliver_due, self.alarm.bell(CHUNKS), stop, who=WHO))
            group.create_task(self._measure_often(stop))
        await self.courier.close()
        await attempt(self.dispatcher.let_go, who=WHO)

    async def _measure_often(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            await attempt(self.gauges.measure, who=WHO)
            await wait_for(stop, MEASURED_EVERY_SECONDS)

    async def run_once(self) -> None:
        """Dispatch and deliver all that is due now, and no more.

        Raises:
            PyMongoError: the database does not answer.
        """
        while await self.dispatcher.dispatch_once():
            pass
        await self.dispatcher.let_go()
        while await self.courier.deliver_due():
            await self.courier.settle()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeNeeds:
    """What an office works with; ``margin`` is what its leases add to the time a receiver may take."""

    clock: Clock
    sealing: Sealing
    outbound: Outbound
    queries: NamedQueries
    alarm: Alarm
    margin: timedelta = timedelta(seconds=15)


def subscription_office(database: Database, settings: WebhookSettings, needs: OfficeNeeds) -> SubscriptionOffice:
    """Return the office of one worker; its receivers are treated as those of webhooks are."""
    manners = Manners(
        ladder=Ladder(settings.ladder),
        seconds=settings.timeout_seconds,
        patience=timedelta(days=settings.disable_after_days),
        margin=needs.margin,
    )
    courier = SubscriptionCourier(
        database,
        clock=needs.clock,
        sealing=needs.sealing,
        outbound=needs.outbound,
        manners=manners,
        bell=needs.alarm.bell(CHUNKS),
    )
    dispatcher = FeedDispatcher(database, clock=needs.clock, queries=needs.queries)
    gauges = Gauges(Feed(database), SubscriptionQueue(database), needs.clock)
    return SubscriptionOffice(dispatcher, courier, needs.alarm, gauges)
