"""Puts the post office of a worker together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from tracepass.core.alarm import Alarm
from tracepass.core.clock import Clock
from tracepass.core.mongo import Database
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import Sealing
from tracepass.delivery.ladder import Ladder
from tracepass.settings import Webhooks as WebhookSettings
from tracepass.webhooks.attempts import Attempts
from tracepass.webhooks.courier import MARGIN, Courier
from tracepass.webhooks.dispatching import Dispatcher, EventData
from tracepass.webhooks.post import WATCHED, PostOffice
from tracepass.webhooks.repository import DELIVERIES
from tracepass.webhooks.standing import Standing

__all__ = ["WATCHED", "Office", "post_office"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What a post office works with; ``margin`` is what its leases add to the time a receiver may take."""

    clock: Clock
    sealing: Sealing
    outbound: Outbound
    data: EventData
    alarm: Alarm
    margin: timedelta = MARGIN


def post_office(database: Database, settings: WebhookSettings, office: Office) -> PostOffice:
    """Return the post office of one worker, as the settings want it; its alarm rings for what is `WATCHED`."""
    attempts = Attempts(
        database,
        clock=office.clock,
        sealing=office.sealing,
        outbound=office.outbound,
        ladder=Ladder(settings.ladder),
        seconds=settings.timeout_seconds,
        standing=Standing(database, clock=office.clock, patience=timedelta(days=settings.disable_after_days)),
    )
    courier = Courier(
        database,
        clock=office.clock,
        attempts=attempts,
        lease=timedelta(seconds=settings.timeout_seconds) + office.margin,
        bell=office.alarm.bell(DELIVERIES),
    )
    dispatcher = Dispatcher(database, clock=office.clock, data=office.data)
    return PostOffice(database, clock=office.clock, dispatcher=dispatcher, courier=courier, alarm=office.alarm)
