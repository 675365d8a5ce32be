"""Puts the post office of a worker together."""

from __future__ import annotations

from datetime import timedelta

from tracepass.core.clock import Clock
from tracepass.core.mongo import Database
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import Sealing
from tracepass.delivery.ladder import Ladder
from tracepass.settings import Webhooks as WebhookSettings
from tracepass.webhooks.attempts import Attempts
from tracepass.webhooks.courier import Courier
from tracepass.webhooks.dispatching import Dispatcher, EventData
from tracepass.webhooks.post import PostOffice
from tracepass.webhooks.standing import Standing


def post_office(
    database: Database,
    settings: WebhookSettings,
    *,
    clock: Clock,
    sealing: Sealing,
    outbound: Outbound,
    data: EventData,
) -> PostOffice:
    """Return the post office of one worker, as the settings want it."""
    attempts = Attempts(
        database,
        clock=clock,
        sealing=sealing,
        outbound=outbound,
        ladder=Ladder(settings.ladder),
        seconds=settings.timeout_seconds,
        standing=Standing(database, clock=clock, patience=timedelta(days=settings.disable_after_days)),
    )
    lease = timedelta(seconds=settings.timeout_seconds)
    return PostOffice(
        database,
        clock=clock,
        dispatcher=Dispatcher(database, clock=clock, data=data),
        courier=Courier(database, clock=clock, attempts=attempts, lease=lease),
    )
