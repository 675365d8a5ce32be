"""What every import goes through, of whatever kind its file is: attempts, reports, the end.

An attempt that has been overtaken by another, or whose import was taken away, finds out when it next writes down how
far it is, and leaves everything to whoever has it now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.identity.models import Caller
from tracepass.imports.repository import ImportRepository
from tracepass.imports.wire import progress_of

MOST_ATTEMPTS: Final = 10
REPORT_EVERY: Final = timedelta(seconds=2)


class Overtaken(Exception):
    """The import was taken away, or another worker does it now."""


class Ended(Exception):
    """The import ends before its time."""

    def __init__(self, status: str, error: Document | None) -> None:
        super().__init__(status)
        self.status = status
        self.error = error

    @classmethod
    def failed(cls, code: str, message: str, details: Any = None) -> Ended:
        """Say that it failed, and why."""
        return cls("failed", {"error": code, "message": message, **({"details": details} if details else {})})

    @classmethod
    def refused(cls, refusal: Refusal) -> Ended:
        """Say that it failed because something was refused."""
        return cls.failed(refusal.code, refusal.message, refusal.details)


@dataclass(slots=True)
class Attempt:
    """One attempt at an import; ``rows`` says how many it has looked at."""

    job: Job
    import_: Document
    caller: Caller
    started: datetime
    rows: int = 0
    reported: datetime | None = None

    def refuse_hopeless(self) -> None:
        """Refuse to go on where an earlier attempt has come to an end, or all have.

        Raises:
            Ended: it is so.
        """
        import_ = self.import_
        if import_["phase"] == "undo":
            raise Ended(**import_["ending"])
        if import_["cancelled"]:
            raise Ended("cancelled", None)
        if import_["attempt"] > MOST_ATTEMPTS:
            raise Ended.failed("internal_error", f"It was begun {MOST_ATTEMPTS} times in vain.")


@dataclass(frozen=True, slots=True)
class Registry:
    """Where attempts write down how far they are, and how they end."""

    database: Database
    clock: Clock
    jobs: Jobs

    def imports(self, job: Job) -> ImportRepository:
        """Return the imports of the workspace that a job is for."""
        return ImportRepository(self.database, job.tenancy)

    async def report(self, attempt: Attempt, share: float, members: Document, *, created: int) -> None:
        """Say now and then how far an attempt is.

        Raises:
            Overtaken: nobody wants it any more.
            Ended: it shall stop.
        """
        now = self.clock()
        if attempt.reported is not None and now - attempt.reported < REPORT_EVERY:
            return
        attempt.reported = now
        rows = attempt.rows or attempt.import_["rows"]["found"]
        progress = progress_of(share, rows=rows, created=created, started=attempt.started, now=now)
        await self.keep(attempt, {**members, "progress": progress})
        if attempt.import_["cancelled"]:
            raise Ended("cancelled", None)

    async def keep(self, attempt: Attempt, members: Document) -> None:
        """Write down what is known of an import, and keep the job.

        Raises:
            Overtaken: nobody wants it any more.
        """
        kept = await self.imports(attempt.job).write(
            attempt.import_, {"attempt": attempt.import_["attempt"], **members}
        )
        if kept is None or not await self.jobs.renew(attempt.job, None):
            raise Overtaken
        attempt.import_ = kept

    async def end(
        self, attempt: Attempt, status: str, error: Document | None, made: Document, *, remaining: Sequence[Id] = ()
    ) -> None:
        """End an import; ``made`` is what the audit log tells of one that is done.

        Raises:
            Overtaken: another worker does it now.
        """
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
            if not await self.imports(attempt.job).end(import_, members, session=session):
                raise Overtaken
            if status == "done" and not import_["dryRun"]:
                await self._note(attempt, made, session)

        await self.database.transact(work)

    async def _note(self, attempt: Attempt, made: Document, session: Session) -> None:
        await SecurityLog(self.database, clock=self.clock).note(
            attempt.job.tenancy,
            "import.made",
            entity=("import", attempt.import_["_id"]),
            actor=attempt.caller.actor,
            details=made,
            session=session,
        )
