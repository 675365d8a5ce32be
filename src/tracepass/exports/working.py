"""Makes the exports that were asked for; whoever dies on the way leaves it to another worker to begin anew.

What is made goes into a blob of its own for each attempt, and only an attempt that is still the latest offers its blob.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tracepass.core.blobs import Blobs
from tracepass.core.clock import Clock, timestamp
from tracepass.core.extracts import SnapshotTooOld, snapshot
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor
from tracepass.exports.making import Content, Making
from tracepass.exports.packing import PACKERS
from tracepass.exports.repository import ExportRepository
from tracepass.exports.service import PURGE, about, since_with_margin, total_of
from tracepass.exports.wire import KEPT, file_name, media_type_of, progress_of

MOST_ATTEMPTS: Final = 5
REPORT_EVERY: Final = timedelta(seconds=2)
_TOO_OLD: Final = {
    "error": "export_too_slow",
    "message": "The database remembers a moment for so long only, and the export took longer; "
    "raise its parameter minSnapshotHistoryWindowInSeconds and ask again.",
}
_GAVE_UP: Final = {
    "error": "internal_error",
    "message": f"It was begun {MOST_ATTEMPTS} times and never came to its end.",
}


class Overtaken(Exception):
    """The export was taken away, or another worker makes it now."""


@dataclass(slots=True)
class _Attempt:
    """One attempt at an export, and what has come of it so far."""

    job: Job
    export: Document
    blob_id: Id
    started: datetime
    total: int = 0
    size: int = 0
    reported: datetime | None = None


@dataclass(frozen=True, slots=True)
class ExportWork:
    """What workers do for exports."""

    database: Database
    clock: Clock
    jobs: Jobs
    blobs: Blobs
    content: Content

    async def make(self, job: Job) -> None:
        """Make an export, unless it is made already."""
        export = await self._exports(job).find(job.payload["exportId"])
        if export is not None and export["status"] in {"done", "failed"}:
            await self.jobs.finish(job)
            return
        await self._clear(job)
        blob_id = new_id()
        if not await self.jobs.renew(job, {"blobId": blob_id}):
            return
        started = self.clock()
        export = await self._exports(job).begin(
            job.payload["exportId"], {"startedAt": timestamp(started), "blobId": blob_id}
        )
        if export is not None:
            await self._try(_Attempt(job, export, blob_id, started))
        await self.jobs.finish(job)

    async def purge(self, job: Job) -> None:
        """Take an export away whose time is over."""
        gone = await self._exports(job).take_away(job.payload["exportId"])
        if gone is not None and gone["status"] == "done":
            await self.blobs.delete(gone["blobId"])
        await self.jobs.finish(job)

    async def _clear(self, job: Job) -> None:
        """Take away what an earlier attempt has left."""
        if job.progress is not None:
            await self.blobs.delete(job.progress["blobId"])

    async def _try(self, attempt: _Attempt) -> None:
        if attempt.export["attempt"] > MOST_ATTEMPTS:
            await self._fail(attempt, _GAVE_UP)
            return
        try:
            await self._make(attempt)
        except Overtaken:
            await self.blobs.delete(attempt.blob_id)
        except SnapshotTooOld:
            await self.blobs.delete(attempt.blob_id)
            await self._fail(attempt, _TOO_OLD)

    async def _make(self, attempt: _Attempt) -> None:
        export, digest = attempt.export, hashlib.sha256()
        since = since_with_margin(export["since"])
        making = Making(self.content, export["format"], PACKERS[export["compression"]]())
        async with snapshot(self.database, attempt.job.tenancy) as reading:
            attempt.total = await total_of(reading, self.content, since)
            head = about(export, export["company"], now=attempt.started)
            async with aclosing(making.run(reading, head, since)) as pieces:
                told = self._reporting(attempt, making, pieces, digest)
                media_type = media_type_of(export["format"], export["compression"])
                await self.blobs.put_pieces(attempt.blob_id, told, media_type=media_type, tenancy=attempt.job.tenancy)
        await self._finish(attempt, making, digest.digest())

    async def _reporting(
        self, attempt: _Attempt, making: Making, pieces: AsyncGenerator[bytes, None], digest: Any
    ) -> AsyncIterator[bytes]:
        """Pass pieces on, look at each, and say now and then how far it is.

        Raises:
            Overtaken: nobody wants it any more.
        """
        async for piece in pieces:
            digest.update(piece)
            attempt.size += len(piece)
            now = self.clock()
            if attempt.reported is None or now - attempt.reported >= REPORT_EVERY:
                attempt.reported = now
                await self._report(attempt, making, now)
            yield piece

    async def _report(self, attempt: _Attempt, making: Making, now: datetime) -> None:
        progress = progress_of(making.counts, attempt.total, started=attempt.started, now=now)
        is_ours = await self._exports(attempt.job).write(attempt.export, {"progress": progress})
        if not is_ours or not await self.jobs.renew(attempt.job, {"blobId": attempt.blob_id}):
            raise Overtaken

    async def _finish(self, attempt: _Attempt, making: Making, digest: bytes) -> None:
        """Offer the file.

        Raises:
            Overtaken: nobody wants it any more.
        """
        now, export, tenancy = self.clock(), attempt.export, attempt.job.tenancy
        expires = timestamp(now + KEPT)
        progress = progress_of(making.counts, sum(making.counts.values()), started=attempt.started, now=now)
        form, compression = export["format"], export["compression"]
        file = {
            "name": file_name(tenancy, attempt.started, form, compression),
            "mediaType": media_type_of(form, compression),
            "size": attempt.size,
            "digest": f"sha-256=:{base64.b64encode(digest).decode()}:",
        }
        members = {
            "status": "done",
            "progress": {**progress, "percentage": 100, "estimatedEndAt": None},
            "finishedAt": timestamp(now),
            "expiresAt": expires,
            "file": file,
        }

        async def work(session: Session) -> None:
            if not await self._exports(attempt.job).write(export, members, over=True, session=session):
                raise Overtaken
            await self._note(attempt, making, session)
            await self._enqueue_purge(attempt.job, export["_id"], expires, session)

        await self.database.transact(work)

    async def _note(self, attempt: _Attempt, making: Making, session: Session) -> None:
        export = attempt.export
        details = {"format": export["format"], "size": attempt.size, "counts": making.counts}
        if export["since"] is not None:
            details["since"] = export["since"]
        await SecurityLog(self.database, clock=self.clock).note(
            attempt.job.tenancy,
            "export.made",
            entity=("export", export["_id"]),
            actor=Actor(**export["actor"]),
            details=details,
            session=session,
        )

    async def _fail(self, attempt: _Attempt, error: Document) -> None:
        now = self.clock()
        expires = timestamp(now + KEPT)
        members = {"status": "failed", "error": error, "finishedAt": timestamp(now), "expiresAt": expires}

        async def work(session: Session) -> None:
            await self._exports(attempt.job).write(attempt.export, members, over=True, session=session)
            await self._enqueue_purge(attempt.job, attempt.export["_id"], expires, session)

        await self.database.transact(work)

    async def _enqueue_purge(self, job: Job, export_id: Id, due: str, session: Session) -> None:
        await self.jobs.enqueue(PURGE, str(export_id), job.tenancy, {"exportId": export_id}, session=session, due=due)

    def _exports(self, job: Job) -> ExportRepository:
        return ExportRepository(self.database, job.tenancy)
