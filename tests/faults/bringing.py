"""A worker that does nothing but bring webhooks and serve subscriptions, so that it can be killed: run by the drills.

``python -m tests.faults.bringing URI DATABASE SECRET_KEY MARGIN``: the margin of its leases is in seconds.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from tracepass.assembly import build_services
from tracepass.core.alarm import Alarm
from tracepass.core.clock import system_clock
from tracepass.core.mongo import connected
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import Sealing
from tracepass.epcis.namedqueries import NamedQueries
from tracepass.epcis.subscriptionsoffice import WATCHED as FED
from tracepass.epcis.subscriptionsoffice import OfficeNeeds, subscription_office
from tracepass.passports.events import PassportEvents
from tracepass.passports.service import Passports
from tracepass.settings import Settings, Webhooks
from tracepass.webhooks.making import WATCHED, Office, post_office

LADDER = (0, 0.2, 0.4, *[1] * 20)
"""Short enough for a drill, and long enough that no event runs out of rungs by chance."""
TIMEOUT_SECONDS = 1.5


def drill_settings(uri: str, database: str, secret_key: str) -> Settings:
    """Return the settings of the drill's installation."""
    webhooks = Webhooks(allow_local=True, ladder=LADDER, timeout_seconds=TIMEOUT_SECONDS)
    return Settings(
        _env_file=None,
        mongodb_uri=uri,
        database=database,
        secret_key=secret_key,
        webhooks=webhooks,
        log_level="error",
    )


async def main(settings: Settings, margin: timedelta) -> None:
    """Bring webhooks and serve subscriptions for ever."""
    assert settings.mongodb_uri is not None
    uri = settings.mongodb_uri.get_secret_value()
    async with connected(uri, name=settings.database, max_pool_size=8) as database:
        services = build_services(database, settings, system_clock)
        alarm = Alarm(database, {**WATCHED, **FED})
        office = Office(
            clock=system_clock,
            sealing=services[Sealing],
            outbound=services[Outbound],
            data=PassportEvents(services[Passports].desk),
            alarm=alarm,
            margin=margin,
        )
        needs = OfficeNeeds(
            clock=system_clock,
            sealing=services[Sealing],
            outbound=services[Outbound],
            queries=services[NamedQueries],
            alarm=alarm,
            margin=margin,
        )
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(alarm.listen(stop))
            group.create_task(subscription_office(database, settings.webhooks, needs).run(stop))
            group.create_task(post_office(database, settings.webhooks, office).run(stop))


if __name__ == "__main__":
    asyncio.run(main(drill_settings(*sys.argv[1:4]), timedelta(seconds=float(sys.argv[4]))))
