"""Does imports: what a file holds is looked at as a whole, then made, or none of it stays."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Protocol

from tracepass.core.blobs import Blobs
from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.ids import Id
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Database, Document
from tracepass.core.spool import Spool
from tracepass.core.tenancy import Actor
from tracepass.identity.models import Caller
from tracepass.imports.attempts import Attempt, Ended, Overtaken, Registry
from tracepass.imports.exportwork import ExportWork
from tracepass.imports.models import EXPORT
from tracepass.imports.needs import ImportNeeds
from tracepass.imports.reading import fetched
from tracepass.imports.sheetwork import SheetWork


class Work(Protocol):
    """Imports of one kind of file."""

    async def do(self, attempt: Attempt, spool: Spool) -> None:
        """Do an import, or go on with it; raises `Ended` if something is wrong."""
        ...

    async def undo(self, attempt: Attempt) -> list[Id]:
        """Take back what was made; return the ids of what could not be taken back."""
        ...

    def made(self, attempt: Attempt) -> Document:
        """Return what the audit log tells of an import that is done."""
        ...


@dataclass(frozen=True, slots=True)
class ImportWork:
    """What workers do for imports."""

    database: Database
    clock: Clock
    jobs: Jobs
    blobs: Blobs
    needs: ImportNeeds

    async def run(self, job: Job) -> None:
        """Do an import, or go on with it."""
        registry = Registry(self.database, self.clock, self.jobs)
        import_ = await registry.imports(job).begin(job.payload["importId"], timestamp(self.clock()))
        if import_ is not None:
            workspace = await self.needs.workspaces.get(job.tenancy.workspace_id)
            actor, hand = Actor(**import_["actor"]), import_["hand"]
            caller = Caller(workspace, job.tenancy.environment, hand["role"], frozenset(hand["scopes"]), actor)
            attempt = Attempt(job, import_, caller, parse_timestamp(import_["startedAt"]))
            try:
                await self._try(attempt, registry)
            except Overtaken:
                return
            await self.blobs.delete(import_["blobId"])
        await self.jobs.finish(job)

    async def purge(self, job: Job) -> None:
        """Take away an import whose time is over, and a file that no import came of."""
        await Registry(self.database, self.clock, self.jobs).imports(job).take_away(job.payload["importId"])
        await self.blobs.delete(job.payload["blobId"])
        await self.jobs.finish(job)

    async def _try(self, attempt: Attempt, registry: Registry) -> None:
        is_export = attempt.import_.get("kind") == EXPORT
        work: Work = ExportWork(registry, self.needs) if is_export else SheetWork(registry, self.needs)
        try:
            attempt.refuse_hopeless()
            import_ = attempt.import_
            with closing(await fetched(self.blobs, import_["blobId"], import_["file"]["size"])) as spool:
                await work.do(attempt, spool)
        except Ended as ended:
            await self._undo(attempt, registry, work, ended)
        else:
            await registry.end(attempt, "done", None, work.made(attempt))

    async def _undo(self, attempt: Attempt, registry: Registry, work: Work, ended: Ended) -> None:
        """Take back what was made, and end."""
        remaining: list[Id] = []
        if attempt.import_["phase"] in {"write", "undo"}:
            ending = {"status": ended.status, "error": ended.error}
            await registry.keep(attempt, {"phase": "undo", "ending": ending})
            remaining = await work.undo(attempt)
        attempt.import_["progress"] = {**attempt.import_["progress"], "created": len(remaining)}
        await registry.end(attempt, ended.status, ended.error, work.made(attempt), remaining=remaining)
