"""Does imports: all rows are looked at, then passports are made, or none of them stays.

The id of each passport follows from the import and the row, so that a worker that takes over from one that died sees
which rows are done. If a row is refused after all, what was made is deleted again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from tracepass.core.blobs import Blobs
from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.spool import Spool
from tracepass.core.tables import FileFaulty
from tracepass.core.tenancy import Actor
from tracepass.identity.models import Caller
from tracepass.imports.checking import Catalogue, Check, Findings
from tracepass.imports.needs import ImportNeeds
from tracepass.imports.reading import Sheet, fetched, opened
from tracepass.imports.repository import ImportRepository
from tracepass.imports.rows import NewPassport
from tracepass.imports.wire import progress_of
from tracepass.passports.models import ById

MOST_ATTEMPTS: Final = 10
REPORT_EVERY: Final = timedelta(seconds=2)
SIDE_BY_SIDE: Final = 8
_UNDONE_AT_ONCE: Final = 200


class Overtaken(Exception):
    """The import was taken away, or another worker does it now."""


class Ended(Exception):
    """The import ends before its time."""

    def __init__(self, status: str, error: Document | None) -> None:
        super().__init__(status)
        self.status = status
        self.error = error


@dataclass(slots=True)
class _Attempt:
    """One attempt at an import."""

    job: Job
    import_: Document
    caller: Caller
    started: datetime
    findings: Findings = field(default_factory=Findings)
    reported: datetime | None = None


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
        import_ = await self._imports(job).begin(job.payload["importId"], timestamp(self.clock()))
        if import_ is not None:
            workspace = await self.needs.workspaces.get(job.tenancy.workspace_id)
            actor, hand = Actor(**import_["actor"]), import_["hand"]
            caller = Caller(workspace, job.tenancy.environment, hand["role"], frozenset(hand["scopes"]), actor)
            attempt = _Attempt(job, import_, caller, parse_timestamp(import_["startedAt"]))
            try:
                await self._try(attempt)
            except Overtaken:
                return
            await self.blobs.delete(import_["blobId"])
        await self.jobs.finish(job)

    async def purge(self, job: Job) -> None:
        """Take away an import whose time is over, and a file that no import came of."""
        await self._imports(job).take_away(job.payload["importId"])
        await self.blobs.delete(job.payload["blobId"])
        await self.jobs.finish(job)

    async def _try(self, attempt: _Attempt) -> None:
        try:
            _refuse_hopeless(attempt.import_)
            await self._do(attempt)
        except Ended as ended:
            await self._undo(attempt, ended)
        else:
            await self._end(attempt, "done", None)

    async def _do(self, attempt: _Attempt) -> None:
        import_ = attempt.import_
        with closing(await fetched(self.blobs, import_["blobId"], import_["file"]["size"])) as spool:
            try:
                if import_["phase"] != "write":
                    await self._check(attempt, await self._open(attempt, spool))
                if not import_["dryRun"]:
                    await self._make(attempt, await self._open(attempt, spool))
            except FileFaulty as fault:
                raise Ended("failed", _error(fault.code, fault.message)) from None

    async def _open(self, attempt: _Attempt, spool: Spool) -> Sheet:
        import_, templates = attempt.import_, self.needs.templates
        template = templates.get(import_["category"], import_["templateVersion"])
        return await asyncio.to_thread(opened, spool, template, templates, import_["lang"])

    async def _check(self, attempt: _Attempt, sheet: Sheet) -> None:
        """Look at all rows, and at what the plan allows.

        Raises:
            Ended: something is wrong.
        """
        import_, needs = attempt.import_, self.needs
        catalogue = Catalogue(needs.products, attempt.caller, import_["category"], import_["productId"])
        check = Check(attempt.caller, needs.rehearsal, catalogue, needs.origins, attempt.findings)
        found = attempt.findings
        found.tell(sheet.errors)
        if not sheet.errors:
            async for rows in sheet.chunks():
                await check.rows(rows)
                share = found.last_row / sheet.expected * (1.0 if import_["dryRun"] else 0.3)
                await self._report(attempt, share, {"phase": "check"}, created=0)
        await self._keep(attempt, {"phase": "check", "lastRow": found.last_row, **found.wire})
        if found.count:
            where = f" in {found.failed} of {found.rows} rows" if found.rows else ""
            message = f"{found.count} errors{where}; nothing was imported."
            raise Ended("failed", _error("import_invalid", message))
        if not found.rows:
            raise Ended("failed", _error("import_invalid", "There is no row below the names of the columns."))
        await self._pay(attempt, found)

    async def _pay(self, attempt: _Attempt, found: Findings) -> None:
        """Take what the rows cost, all of it or nothing; a dry run looks whether there are places.

        Raises:
            Ended: the plan has not so much.
        """
        caller, import_, now = attempt.caller, attempt.import_, self.clock()
        try:
            await self.needs.slots.refuse_many(caller, found.rows, confirmed=import_["confirmOverage"])
            if not import_["dryRun"]:
                await self.needs.quotas.take_writes(caller, found.rows)
        except Refusal as refusal:
            raise Ended("failed", _error(refusal.code, refusal.message, refusal.details)) from None
        if not import_["dryRun"]:
            await self._keep(attempt, {"phase": "write", "units": found.rows, "unitsAt": timestamp(now)})

    async def _make(self, attempt: _Attempt, sheet: Sheet) -> None:
        """Make the passports that are not made yet.

        Raises:
            Ended: one could not be made.
        """
        import_, needs = attempt.import_, self.needs
        catalogue = Catalogue(needs.products, attempt.caller, import_["category"], import_["productId"])
        total, created = import_["rows"]["found"], import_["progress"]["created"]
        async for rows in sheet.chunks(after=import_["writtenTo"]):
            await self._make_some(attempt, rows, catalogue)
            created = min(created + len(rows), total)
            if rows:
                share = 0.3 + 0.7 * created / max(total, 1)
                await self._report(attempt, share, {"writtenTo": rows[-1].row}, created=created)
        attempt.import_["progress"] = {**attempt.import_["progress"], "created": total}

    async def _make_some(self, attempt: _Attempt, rows: Sequence[NewPassport], catalogue: Catalogue) -> None:
        named = {row.row: own_id(attempt.import_, row.row) for row in rows}
        made = await self.needs.rehearsal.made(attempt.caller, list(named.values())) if rows else frozenset()
        room = asyncio.Semaphore(SIDE_BY_SIDE)

        async def make(row: NewPassport) -> None:
            async with room:
                await self._make_one(attempt, row, named[row.row], catalogue)

        making = [make(row) for row in rows if named[row.row] not in made]
        for outcome in await asyncio.gather(*making, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        faults = [error for row in rows for error in row.errors]
        if faults:
            attempt.findings.tell(faults)
            told = {name: value for name, value in attempt.findings.wire.items() if name != "rows"}
            await self._keep(attempt, told)
            message = "Something changed since the rows were looked at; what was made was taken back."
            raise Ended("failed", _error("import_conflict", message))

    async def _make_one(self, attempt: _Attempt, row: NewPassport, named: Id, catalogue: Catalogue) -> None:
        caller, needs = attempt.caller, self.needs
        product = await catalogue.product_of(row)
        row.content["confirmOverage"] = attempt.import_["confirmOverage"]
        body = None if product is None else row.body(str(product["_id"]))
        if body is None:
            return
        try:
            await needs.passports.create(caller, needs.rehearsal.named(body, named), origins=needs.origins)
        except Refusal as refusal:
            # A worker that was thought dead may have made it.
            if not await needs.rehearsal.made(caller, [named]):
                row.refused(refusal)

    async def _undo(self, attempt: _Attempt, ended: Ended) -> None:
        """Take back what was made, and end."""
        import_ = attempt.import_
        remaining: list[Id] = []
        if import_["phase"] in {"write", "undo"}:
            ending = {"status": ended.status, "error": ended.error}
            await self._keep(attempt, {"phase": "undo", "ending": ending})
            for first in range(1, import_["lastRow"] + 1, _UNDONE_AT_ONCE):
                ids = [own_id(import_, row) for row in range(first, first + _UNDONE_AT_ONCE)]
                made = sorted(await self.needs.rehearsal.made(attempt.caller, ids))
                remaining += [one for one in made if not await self._take_back(attempt, one)]
                await self._keep(attempt, {})
            await self.needs.quotas.give_back_writes(
                attempt.caller, import_["units"] - len(remaining), at=parse_timestamp(import_["unitsAt"])
            )
        attempt.import_["progress"] = {**attempt.import_["progress"], "created": len(remaining)}
        await self._end(attempt, ended.status, ended.error, remaining=remaining)

    async def _take_back(self, attempt: _Attempt, passport_id: Id) -> bool:
        """Delete a passport that this import has made; tell whether it is gone: somebody may have published it."""
        try:
            await self.needs.passports.delete(attempt.caller, ById(passport_id), expected=None)
        except NotFound:
            return True
        except Refusal:
            return False
        return True

    async def _report(self, attempt: _Attempt, share: float, members: Document, *, created: int) -> None:
        """Say now and then how far it is.

        Raises:
            Overtaken: nobody wants it any more.
            Ended: it shall stop.
        """
        now = self.clock()
        if attempt.reported is not None and now - attempt.reported < REPORT_EVERY:
            return
        attempt.reported = now
        rows = attempt.findings.rows or attempt.import_["rows"]["found"]
        progress = progress_of(share, rows=rows, created=created, started=attempt.started, now=now)
        await self._keep(attempt, {**members, "progress": progress})
        if attempt.import_["cancelled"]:
            raise Ended("cancelled", None)

    async def _keep(self, attempt: _Attempt, members: Document) -> None:
        """Write down how far it is, and keep the job.

        Raises:
            Overtaken: nobody wants it any more.
        """
        kept = await self._imports(attempt.job).write(
            attempt.import_, {"attempt": attempt.import_["attempt"], **members}
        )
        if kept is None or not await self.jobs.renew(attempt.job, None):
            raise Overtaken
        attempt.import_ = kept

    async def _end(
        self, attempt: _Attempt, status: str, error: Document | None, *, remaining: Sequence[Id] = ()
    ) -> None:
        import_, now = attempt.import_, self.clock()
        share = 100 if status == "done" else import_["progress"]["percentage"]
        progress = {**import_["progress"], "percentage": share, "estimatedEndAt": None}
        if import_["rows"]["found"]:
            progress["rows"] = import_["rows"]["found"]
        members = {
            "status": status,
            "phase": None,
            "error": error,
            "remaining": list(remaining),
            "progress": progress,
            "finishedAt": timestamp(now),
        }

        async def work(session: Session) -> None:
            if not await self._imports(attempt.job).end(import_, members, session=session):
                raise Overtaken
            if status == "done" and not import_["dryRun"]:
                await self._note(attempt, session)

        await self.database.transact(work)

    async def _note(self, attempt: _Attempt, session: Session) -> None:
        import_ = attempt.import_
        await SecurityLog(self.database, clock=self.clock).note(
            attempt.job.tenancy,
            "import.made",
            entity=("import", import_["_id"]),
            actor=attempt.caller.actor,
            details={"category": import_["category"], "passports": import_["rows"]["found"]},
            session=session,
        )

    def _imports(self, job: Job) -> ImportRepository:
        return ImportRepository(self.database, job.tenancy)


def _refuse_hopeless(import_: Document) -> None:
    """Refuse to go on where an earlier attempt has come to an end, or all have.

    Raises:
        Ended: it is so.
    """
    if import_["phase"] == "undo":
        raise Ended(**import_["ending"])
    if import_["cancelled"]:
        raise Ended("cancelled", None)
    if import_["attempt"] > MOST_ATTEMPTS:
        raise Ended("failed", _error("internal_error", f"It was begun {MOST_ATTEMPTS} times in vain."))


def own_id(import_: Document, row: int) -> Id:
    """Return the id of the passport that an import makes of a row: time of the import, its digest, the row."""
    digest = hashlib.sha256(import_["_id"].binary).digest()
    return Id(import_["_id"].binary[:4] + digest[:5] + row.to_bytes(3, "big"))


def _error(code: str, message: str, details: Any = None) -> Document:
    return {"error": code, "message": message, **({"details": details} if details else {})}
