"""After a product or its company changed, what scanners see of its passports is made anew, in the background."""

from __future__ import annotations

from tracepass.core.ids import Id
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Document
from tracepass.identity.models import Caller
from tracepass.identity.service import Workspaces
from tracepass.passports.background import caller_of
from tracepass.passports.desk import Desk
from tracepass.products.service import REFRESH_VIEWS

BATCH = 100

__all__ = ["REFRESH_VIEWS", "ViewRefresher"]


class ViewRefresher:
    """Does the jobs that a change of a product's name, model, description or pictures, or of its company, asks for."""

    def __init__(self, desk: Desk, *, jobs: Jobs, workspaces: Workspaces) -> None:
        self._desk = desk
        self._jobs = jobs
        self._workspaces = workspaces

    async def work(self, job: Job) -> None:
        """Refresh the passports of one product, or of all, batch by batch.

        Another worker goes on where a dead one stopped.
        """
        caller = await caller_of(job, self._workspaces)
        after: Id | None = job.progress
        while batch := await self._desk.passports(caller).published_of(
            job.payload["productId"], after=after, limit=BATCH
        ):
            for passport in batch:
                await self._refresh(caller, passport)
            after = batch[-1]["_id"]
            if not await self._jobs.renew(job, after):
                return
        await self._jobs.finish(job)

    async def _refresh(self, caller: Caller, passport: Document) -> None:
        """Refresh one passport; one that was written since is up to date by that."""
        await self._desk.refresh_view(caller, passport)
