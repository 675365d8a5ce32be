"""Large documents are handed to a worker: kept in parts in the database, with a job that names them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import orjson

from tracepass.core.clock import Clock
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.epcis.largedocuments import LargeDocument, Part
from tracepass.epcis.largework import CAPTURE
from tracepass.epcis.repository import CaptureRepository
from tracepass.identity.models import Caller

KEPT = timedelta(days=30)
"""How long the parts of a document are kept that no worker comes to."""


@dataclass(frozen=True, slots=True)
class Handover:
    """Hands the documents of all workspaces over."""

    database: Database
    clock: Clock
    jobs: Jobs

    async def put_off(self, caller: Caller, capture: Document, large: LargeDocument) -> Document:
        """Keep a document in parts, and leave them to a worker."""
        repository = CaptureRepository(self.database, caller.tenancy)
        await self._keep(repository, capture, large)
        waiting = {**capture, "actor": caller.actor.wire}

        async def work(session: Session) -> None:
            await repository.insert(waiting, session=session)
            payload = {"captureId": capture["_id"]}
            await self.jobs.enqueue(CAPTURE, str(capture["_id"]), caller.tenancy, payload, session=session)

        await self.database.transact(work)
        return waiting

    async def _keep(self, repository: CaptureRepository, capture: Document, large: LargeDocument) -> None:
        """Keep the parts; if they cannot all be kept, none are."""
        try:
            for number, part in enumerate(large.parts):
                text = await asyncio.to_thread(large.text_of, part)
                await repository.add_part(self._part(capture, large, number, part) | {"events": text})
        except BaseException:
            await repository.drop_parts(capture["_id"])
            raise

    def _part(self, capture: Document, large: LargeDocument, number: int, part: Part) -> Document:
        return {
            "captureId": capture["_id"],
            "number": number,
            "first": part.first,
            "isLast": number + 1 == len(large.parts),
            "namespaces": [[prefix, uri] for prefix, uri in large.document.namespaces.items()],
            "context": orjson.dumps(large.document.context),
            "purgeAt": self.clock() + KEPT,
        }
