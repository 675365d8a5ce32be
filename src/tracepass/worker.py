"""The composition root of the background process: it does jobs, brings events to their receivers, seals the log."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self

import structlog

from tracepass.accounts.mailing import AccountMails
from tracepass.accounts.notices import SUBSCRIPTION_DISABLED, WEBHOOK_DISABLED, OwnerNotices
from tracepass.assembly import build_services
from tracepass.belongings import restorers
from tracepass.core.alarm import Alarm
from tracepass.core.blobs import open_blobs
from tracepass.core.clock import Clock, system_clock
from tracepass.core.jobrunner import JobRunner, Workers
from tracepass.core.jobs import COLLECTION as JOBS
from tracepass.core.jobs import Jobs
from tracepass.core.logging import configure_logging
from tracepass.core.mail import Mailer
from tracepass.core.mongo import Database, connected
from tracepass.core.outbound import Outbound
from tracepass.core.sealer import Sealer
from tracepass.core.sealing import Sealing
from tracepass.epcis.namedqueries import NamedQueries
from tracepass.epcis.service import CAPTURE, Captures
from tracepass.epcis.subscriptionscourier import MAIL_DISABLED as MAIL_ENDED
from tracepass.epcis.subscriptionsoffice import WATCHED as FED
from tracepass.epcis.subscriptionsoffice import OfficeNeeds, SubscriptionOffice, subscription_office
from tracepass.epcis.timelines import PublicTimelines
from tracepass.epcis.visibility import TIMELINES
from tracepass.exports.service import MAKE as MAKE_EXPORT
from tracepass.exports.service import PURGE as PURGE_EXPORT
from tracepass.exports.working import ExportWork
from tracepass.identity.service import MAIL_INVITATION, MAIL_RESET, Workspaces
from tracepass.imports.needs import ImportNeeds
from tracepass.imports.service import BUCKET as IMPORTS
from tracepass.imports.service import PURGE as PURGE_IMPORT
from tracepass.imports.service import RUN as RUN_IMPORT
from tracepass.imports.working import ImportWork
from tracepass.passports.events import PassportEvents
from tracepass.passports.expiring import EXPIRE, Expiry
from tracepass.passports.refreshing import REFRESH_VIEWS, ViewRefresher
from tracepass.passports.rehearsal import Rehearsal
from tracepass.passports.service import Passports
from tracepass.quotas.service import EpcisEvents, Quotas, Slots
from tracepass.settings import Settings
from tracepass.webhooks.making import WATCHED, Office, post_office
from tracepass.webhooks.post import PostOffice
from tracepass.webhooks.standing import MAIL_DISABLED

POOL = 8

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Workshop:
    """All that one worker does."""

    alarm: Alarm
    jobs: JobRunner
    post: PostOffice
    sealer: Sealer
    subscriptions: SubscriptionOffice

    @classmethod
    def over(cls, database: Database, settings: Settings, clock: Clock, services: dict[type, Any]) -> Self:
        """Put a workshop together from the services of an installation."""
        alarm = Alarm(database, {**WATCHED, **FED, JOBS: {}})
        office = Office(
            clock=clock,
            sealing=services[Sealing],
            outbound=services[Outbound],
            data=PassportEvents(services[Passports].desk),
            alarm=alarm,
        )
        done = workers(database, settings, clock, services)
        return cls(
            alarm,
            JobRunner(Jobs(database, clock=clock), done, clock=clock, bell=alarm.bell(JOBS)),
            post_office(database, settings.webhooks, office),
            Sealer(database, clock=clock),
            subscription_office(database, settings.webhooks, _needs(services, clock, alarm)),
        )


def _needs(services: dict[type, Any], clock: Clock, alarm: Alarm) -> OfficeNeeds:
    return OfficeNeeds(
        clock=clock,
        sealing=services[Sealing],
        outbound=services[Outbound],
        queries=services[NamedQueries],
        alarm=alarm,
    )


async def run(settings: Settings, stop: asyncio.Event, *, clock: Clock = system_clock) -> None:
    """Do background work until told to stop; what is begun is finished or given back by its lease.

    Raises:
        RuntimeError: no database is given.
    """
    async with _workshop(settings, clock) as workshop:
        _log.info("worker started")
        async with asyncio.TaskGroup() as group:
            parts = (workshop.sealer, workshop.jobs, workshop.post, workshop.subscriptions)
            group.create_task(workshop.alarm.listen(stop))
            for part in parts:
                group.create_task(part.run(stop))
        _log.info("worker stopped")


async def run_once(settings: Settings, *, clock: Clock = system_clock) -> None:
    """Do all that is due now, and no more: jobs, then what events they made, then the seals.

    Raises:
        RuntimeError: no database is given.
        PyMongoError: the database does not answer.
    """
    async with _workshop(settings, clock) as workshop:
        while await workshop.jobs.run_one():
            pass
        await workshop.post.run_once()
        await workshop.subscriptions.run_once()
        while await workshop.sealer.seal_once():
            pass
        await workshop.sealer.lease.release()


@asynccontextmanager
async def _workshop(settings: Settings, clock: Clock) -> AsyncIterator[Workshop]:
    configure_logging(settings.log_level)
    if settings.mongodb_uri is None:
        message = "the worker needs TRACEPASS_MONGODB_URI; `tracepass serve` starts its own database and sets it"
        raise RuntimeError(message)
    uri = settings.mongodb_uri.get_secret_value()
    async with connected(uri, name=settings.database, max_pool_size=POOL) as database:
        services = build_services(database, settings, clock)
        async with services[Outbound]:
            workshop = Workshop.over(database, settings, clock, services)
            # As in a web process: what was made until now lives as long as this one.
            gc.collect()
            gc.freeze()
            yield workshop


async def work_once(database: Database, settings: Settings, clock: Clock) -> bool:
    """Do one job; tell whether there was one. One that fails is taken up again when its lease ends."""
    services = build_services(database, settings, clock)
    jobs = Jobs(database, clock=clock)
    async with services[Outbound]:
        return await JobRunner(jobs, workers(database, settings, clock, services), clock=clock).run_one()


def workers(database: Database, settings: Settings, clock: Clock, services: dict[type, Any]) -> Workers:
    """Return who does which kind of job."""
    desk = services[Passports].desk
    workspaces = Workspaces(database, clock=clock)
    jobs, mailer = Jobs(database, clock=clock), Mailer(settings.smtp)
    imports = _imports(database, settings, services, workspaces)
    mails = AccountMails(database, clock=clock, mailer=mailer, origin=settings.api_origin)
    return {
        REFRESH_VIEWS: ViewRefresher(desk, jobs=jobs, workspaces=workspaces).work,
        EXPIRE: Expiry(desk, jobs=jobs, workspaces=workspaces).work,
        MAIL_RESET: mails.reset,
        MAIL_INVITATION: mails.invitation,
        MAIL_DISABLED: OwnerNotices(database, clock=clock, mailer=mailer, notice=WEBHOOK_DISABLED).tell,
        MAIL_ENDED: OwnerNotices(database, clock=clock, mailer=mailer, notice=SUBSCRIPTION_DISABLED).tell,
        CAPTURE: services[Captures].large.work,
        TIMELINES: services[PublicTimelines].work,
        MAKE_EXPORT: services[ExportWork].make,
        PURGE_EXPORT: services[ExportWork].purge,
        RUN_IMPORT: imports.run,
        PURGE_IMPORT: imports.purge,
    }


def _imports(database: Database, settings: Settings, services: dict[type, Any], workspaces: Workspaces) -> ImportWork:
    """Return who does imports."""
    desk = services[Passports].desk
    needs = ImportNeeds(
        passports=services[Passports],
        rehearsal=services[Rehearsal],
        products=desk.products,
        templates=desk.templates,
        quotas=services[Quotas],
        slots=services[Slots],
        events=services[EpcisEvents],
        workspaces=workspaces,
        origins=desk.origins,
        intakes=restorers(services),
    )
    blobs = open_blobs(database, IMPORTS, settings.storage)
    return ImportWork(database, desk.clock, Jobs(database, clock=desk.clock), blobs, needs)
