"""A published passport expires on its day: the job waits from its publishing on, and asks again when its time comes."""

from __future__ import annotations

from tracepass.core.clock import timestamp
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Document
from tracepass.identity.service import Workspaces
from tracepass.passports.background import caller_of
from tracepass.passports.desk import Deed, Desk
from tracepass.passports.lifecycle import MOVES
from tracepass.passports.models import ById

EXPIRE = "expire_passport"


class Expiry:
    """Does the jobs that publishing with an expiry asks for."""

    def __init__(self, desk: Desk, *, jobs: Jobs, workspaces: Workspaces) -> None:
        self._desk = desk
        self._jobs = jobs
        self._workspaces = workspaces

    async def work(self, job: Job) -> None:
        """Move a passport to expired, unless it is suspended, archived or got another day meanwhile."""
        caller = await caller_of(job, self._workspaces)
        now = timestamp(self._desk.clock())

        def edit(passport: Document) -> Document:
            due = passport["status"] in MOVES["expire"].origins and passport.get("expiresAt", now) <= now
            return {**passport, "status": MOVES["expire"].target} if due else passport

        deed = Deed("expire", MOVES["expire"].event)
        await self._desk.change(caller, ById(job.payload["passportId"]), deed, edit=edit, expected=None)
        await self._jobs.finish(job)
