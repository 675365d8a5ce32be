"""The composition root of the background process: it leases jobs and does them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from tracepass.accounts.mailing import AccountMails
from tracepass.assembly import build_services
from tracepass.core.clock import Clock, system_clock
from tracepass.core.errors import Refusal
from tracepass.core.jobs import Job, Jobs
from tracepass.core.logging import configure_logging
from tracepass.core.mail import Mailer
from tracepass.core.mongo import Database, PyMongoError, connected
from tracepass.core.outbound import Outbound
from tracepass.core.sealer import Sealer
from tracepass.core.sealing import Sealing
from tracepass.identity.service import MAIL_INVITATION, MAIL_RESET, Workspaces
from tracepass.passports.events import PassportEvents
from tracepass.passports.expiring import EXPIRE, Expiry
from tracepass.passports.refreshing import REFRESH_VIEWS, ViewRefresher
from tracepass.passports.service import Passports
from tracepass.settings import Settings
from tracepass.webhooks.making import post_office

POOL = 4
PAUSE_SECONDS = 1.0

_log = structlog.get_logger()

Workers = Mapping[str, Callable[[Job], Awaitable[None]]]


async def run(settings: Settings, stop: asyncio.Event, *, clock: Clock = system_clock) -> None:
    """Do background work until told to stop; what is begun is finished or given back by its lease.

    Raises:
        RuntimeError: no database is given.
    """
    configure_logging(settings.log_level)
    if settings.mongodb_uri is None:
        message = "the worker needs TRACEPASS_MONGODB_URI; `tracepass serve` starts its own database and sets it"
        raise RuntimeError(message)
    uri = settings.mongodb_uri.get_secret_value()
    async with connected(uri, name=settings.database, max_pool_size=POOL) as database:
        _log.info("worker started")
        async with asyncio.TaskGroup() as group:
            group.create_task(Sealer(database, clock=clock).run(stop))
            group.create_task(_work(database, settings, clock, stop))
            group.create_task(_bring(database, settings, clock, stop))
        _log.info("worker stopped")


async def _bring(database: Database, settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    """Bring events to those who want to be told of them."""
    services = build_services(database, settings, clock)
    async with services[Outbound] as outbound:
        await post_office(
            database,
            settings.webhooks,
            clock=clock,
            sealing=services[Sealing],
            outbound=outbound,
            data=PassportEvents(services[Passports].desk),
        ).run(stop)


async def _work(database: Database, settings: Settings, clock: Clock, stop: asyncio.Event) -> None:
    while not stop.is_set():
        if not await work_once(database, settings, clock):
            await _pause(stop)


async def work_once(database: Database, settings: Settings, clock: Clock) -> bool:
    """Do one job; tell whether there was one. One that fails is taken up again when its lease ends."""
    queue = Jobs(database, clock=clock)
    try:
        job = await queue.lease()
        if job is None:
            return False
        await workers(database, settings, clock)[job.kind](job)
    except PyMongoError as error:
        _log.warning("database unavailable", error=type(error).__name__)
        return False
    except Refusal as refusal:
        _log.warning("job refused", code=refusal.code, message=refusal.message)
    return True


def workers(database: Database, settings: Settings, clock: Clock) -> Workers:
    """Return who does which kind of job."""
    desk = build_services(database, settings, clock)[Passports].desk
    workspaces = Workspaces(database, clock=clock)
    jobs = Jobs(database, clock=clock)
    mails = AccountMails(database, clock=clock, mailer=Mailer(settings.smtp), origin=settings.api_origin)
    return {
        REFRESH_VIEWS: ViewRefresher(desk, jobs=jobs, workspaces=workspaces).work,
        EXPIRE: Expiry(desk, jobs=jobs, workspaces=workspaces).work,
        MAIL_RESET: mails.reset,
        MAIL_INVITATION: mails.invitation,
    }


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)
    except TimeoutError:
        return
