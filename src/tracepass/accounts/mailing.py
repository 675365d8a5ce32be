"""The mails of accounts, written and sent by the worker; one that fails is tried again until its link would be stale.

A job names whom a mail is for and nothing else: the token in its link is made when it is sent, so that it is stored
nowhere but as a hash.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from tracepass.accounts.links import invitation_link, reset_link
from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import NotFound
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mail import Mail, Mailer, MailFailed
from tracepass.core.mongo import Database
from tracepass.identity.service import Invitations, Passwords, People, Recovery, Workspaces

_log = structlog.get_logger()

RESET_TEXT: Final = """Hello {name},

somebody, we hope you, asked for a new password for your TracePass account. Choose one here within an hour:

{link}

If it was not you, do nothing: your password stays as it is, and nobody but you has this link.
"""
INVITATION_TEXT: Final = """Hello,

{inviter} invites you to work on digital product passports for {workspace} in TracePass. Accept it within seven days:

{link}

If you do not know what this is about, do nothing.
"""


class AccountMails:
    """Does the jobs that a forgotten password or an invitation asks for."""

    def __init__(self, database: Database, *, clock: Clock, mailer: Mailer, origin: str) -> None:
        self._jobs = Jobs(database, clock=clock)
        self._people = People(database, clock=clock)
        self._invitations = Invitations(database, clock=clock)
        self._recovery = Recovery(database, clock=clock, passwords=Passwords())
        self._workspaces = Workspaces(database, clock=clock)
        self._mailer = mailer
        self._origin = origin
        self._clock = clock

    async def reset(self, job: Job) -> None:
        """Mail the link of a password reset, or tell the operator how to make one."""
        user_id = job.payload["userId"]
        if not self._mailer.is_set:
            # Neither the link nor the address: logs are read by more people than may sign in for another.
            command = f"tracepass user reset-link {user_id}"
            _log.warning("a password reset was asked for, and no mail server is set", command=command)
            await self._jobs.finish(job)
            return
        await self._attempt(job, self._write_reset)

    async def invitation(self, job: Job) -> None:
        """Mail the link of an invitation."""
        await self._attempt(job, self._write_invitation)

    async def _attempt(self, job: Job, write: Callable[[Job], Awaitable[Mail | None]]) -> None:
        """Send a mail; one that fails stays a job, and is taken up again when its lease ends."""
        try:
            mail = await write(job)
            if mail is not None:
                await self._mailer.send(mail)
        except MailFailed as failure:
            stale = job.payload["until"] <= timestamp(self._clock())
            _log.warning("a mail was not sent", kind=job.kind, reason=str(failure), given_up=stale)
            if not stale:
                return
        await self._jobs.finish(job)

    async def _write_reset(self, job: Job) -> Mail | None:
        try:
            user = await self._people.get(job.payload["userId"])
        except NotFound:
            return None
        link = reset_link(await self._recovery.begin(user.id), origin=self._origin)
        return Mail(user.email, "Your new TracePass password", RESET_TEXT.format(name=user.name, link=link))

    async def _write_invitation(self, job: Job) -> Mail | None:
        invitation = await self._invitations.find_to_mail(job.payload["invitationId"])
        token = None if invitation is None else await self._invitations.renew_token(invitation.id)
        if invitation is None or token is None:
            return None
        workspace = await self._workspaces.get(invitation.workspace_id)
        link = invitation_link(token, origin=self._origin)
        inviter = invitation.invited_by["label"] if invitation.invited_by["type"] == "user" else workspace.name
        text = INVITATION_TEXT.format(inviter=inviter, workspace=workspace.name, link=link)
        subject = " ".join(f"You are invited to {workspace.name} in TracePass".split())
        return Mail(invitation.email, subject, text)
