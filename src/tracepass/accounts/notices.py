"""The mails that tell the owners of a workspace what they should look after, written and sent by the worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import structlog

from tracepass.core.clock import Clock, timestamp
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mail import Mail, Mailer, MailFailed
from tracepass.core.mongo import Database
from tracepass.identity.service import Members, User, Workspaces

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Notice:
    """What a mail says; the words in braces are the name of its reader, the workspace, and members of the job."""

    subject: str
    text: str


WEBHOOK_DISABLED: Final = Notice(
    "A webhook of {workspace} was disabled",
    """Hello {name},

TracePass has disabled a webhook of {workspace}, because {reason}:

{url}

It is told nothing any more, and what happens meanwhile is not told later. When its receiver is well again, enable the
webhook (PATCH /api/v1/webhooks/{webhook} with {{"status": "enabled"}}).
""",
)
SUBSCRIPTION_DISABLED: Final = Notice(
    "A subscription of {workspace} was disabled",
    """Hello {name},

TracePass has disabled a subscription of {workspace} to the EPCIS query {query}, because {reason}:

{url}

It is sent nothing any more. When its receiver is well again, subscribe anew, with "initialRecordTime": "{since}",
so that what it missed is sent.
""",
)


class OwnerNotices:
    """Does the jobs that the end of something asks for: its owners are told."""

    def __init__(self, database: Database, *, clock: Clock, mailer: Mailer, notice: Notice) -> None:
        self._notice = notice
        self._jobs = Jobs(database, clock=clock)
        self._members = Members(database, clock=clock)
        self._workspaces = Workspaces(database, clock=clock)
        self._mailer = mailer
        self._clock = clock

    async def tell(self, job: Job) -> None:
        """Tell each owner; who was told before a mail failed is not told again when the job is taken up anew."""
        told: list[str] = list(job.progress or [])
        if not self._mailer.is_set:
            _log.warning("owners are not told, for no mail server is set", job=job.id, reason=job.payload["reason"])
            await self._jobs.finish(job)
            return
        for owner in await self._members.owners(job.tenancy.workspace_id):
            if str(owner.id) in told:
                continue
            try:
                await self._mailer.send(await self._mail(job, owner))
            except MailFailed as failure:
                await self._fail(job, failure)
                return
            told.append(str(owner.id))
            await self._jobs.renew(job, told)
        await self._jobs.finish(job)

    async def _fail(self, job: Job, failure: MailFailed) -> None:
        """Leave the job for later, or give it up once it is old."""
        stale = job.payload["until"] <= timestamp(self._clock())
        _log.warning("a mail was not sent", kind=job.kind, reason=str(failure), given_up=stale)
        if stale:
            await self._jobs.finish(job)

    async def _mail(self, job: Job, owner: User) -> Mail:
        workspace = await self._workspaces.get(job.tenancy.workspace_id)
        facts = {**job.payload, "name": owner.name, "workspace": workspace.name}
        subject = " ".join(self._notice.subject.format_map(facts).split())
        return Mail(owner.email, subject, self._notice.text.format_map(facts))
