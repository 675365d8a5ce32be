"""Captures of large documents: done by a worker in parts, each once, whoever dies on the way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import orjson

from tracepass.core.clock import Clock, timestamp
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.epcis import captures
from tracepass.epcis.intake import Intake, Overtaken
from tracepass.epcis.repository import CaptureRepository, EventRepository
from tracepass.epcis.storing import Batch, prepare

CAPTURE = "epcis.capture"


@dataclass(frozen=True, slots=True)
class LargeCaptures:
    """Does the captures that were put off."""

    database: Database
    clock: Clock
    jobs: Jobs
    intake: Intake

    async def work(self, job: Job) -> None:
        """Do one capture, from where an earlier worker left it; the job ends when the capture is over."""
        captured = CaptureRepository(self.database, job.tenancy)
        capture = await captured.find(job.payload["captureId"])
        try:
            while capture is not None and capture["running"]:
                capture = await self._step(job, capture)
                if not await self.jobs.renew(job, capture["step"]):
                    return
        except Overtaken:
            return
        if capture is not None:
            await captured.drop_parts(capture["_id"])
        await self.jobs.finish(job)

    async def _step(self, job: Job, capture: Document) -> Document:
        """Do the next part of a capture: look at it, store it, or take all away again."""
        if capture["phase"] == "removing":
            return await self._remove(job.tenancy, capture)
        part = await CaptureRepository(self.database, job.tenancy).part(capture["_id"], capture["step"])
        if part is None:
            message = f"part {capture['step']} of capture {capture['_id']} is gone"
            raise LookupError(message)
        batch = await asyncio.to_thread(self._prepared, capture, part)
        if capture["phase"] == "checking":
            return await self._check(job.tenancy, capture, part, batch)
        return await self._store(job.tenancy, capture, part, batch)

    def _prepared(self, capture: Document, part: Document) -> Batch:
        return prepare(
            orjson.loads(part["events"]),
            dict(part["namespaces"]),
            capture_id=capture["_id"],
            record_time=timestamp(self.clock()),
            first=part["first"],
            context=orjson.loads(part["context"]),
        )

    async def _check(self, tenancy: Tenancy, capture: Document, part: Document, batch: Batch) -> Document:
        """Look for errors before anything is stored, since all or nothing is wanted."""
        found = await self.intake.sort(tenancy, batch.prepared)
        errors = [*captures.errors_of(batch.problems), *captures.taken_errors(found.taken)]
        errors.sort(key=lambda error: error["index"])
        after = captures.advanced(capture, {"errors": errors, "errorCount": len({error["index"] for error in errors})})
        if part["isLast"]:
            after = {**after, "phase": "storing", "step": 0}
            if after["errorCount"]:
                after = captures.finished(after, now=timestamp(self.clock()))
        return await self.intake.go_on(tenancy, capture, after)

    async def _store(self, tenancy: Tenancy, capture: Document, part: Document, batch: Batch) -> Document:
        """Store a part; what others captured meanwhile under the same ids ends a capture that wants all or nothing."""
        actor = Actor(**capture["actor"])
        return await self.intake.take(tenancy, capture, batch, actor=actor, is_new=False, ends=part["isLast"])

    async def _remove(self, tenancy: Tenancy, capture: Document) -> Document:
        """Take away what was stored of a capture that failed."""
        await EventRepository(self.database, tenancy).remove(capture["_id"])
        after = captures.finished({**capture, "capturedCount": 0}, now=timestamp(self.clock()))
        return await self.intake.go_on(tenancy, capture, after)
