"""What an import has brought: events, their capture jobs, and what prefixes stand for; all of it can go again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from pymongo import UpdateOne

from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.repository import CAPTURES, EVENTS, NAMESPACES, CaptureRepository, EventRepository, namespaces_key

MOST_PREFIXES: Final = 4 * 1024 * 1024
"""Characters that the prefixes of a workspace, and what they stand for, may have once an import has brought some."""
_COUNTS = ("eventCount", "capturedCount")
_EDGES = {"createdAt": "$min", "finishedAt": "$max"}


class ArrivedEvents:
    """The events that one import brings into one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy, import_id: str) -> None:
        self._database = database
        self._tenancy = tenancy
        self._said = f"{namespaces_key(tenancy)}/{import_id}"

    async def fresh(self, events: Sequence[Document], *, session: Session) -> list[Document]:
        """Return those events that are not there yet."""
        ids = [event["_id"] for event in events]
        found = self._database.scoped(EVENTS, self._tenancy).find(
            {"_id": {"$in": ids}}, projection={"_id": 1}, session=session
        )
        there = {event["_id"] async for event in found}
        return [event for event in events if event["_id"] not in there]

    async def insert(self, events: Sequence[Document], jobs: Iterable[Document], *, session: Session) -> None:
        """Add events, let their capture jobs grow by them, and remember what their prefixes stand for.

        Raises:
            EventTaken: one of the keys is taken.
            Refusal: ``too_large``: the workspace has too many prefixes then.
        """
        if not events:
            return
        await EventRepository(self._database, self._tenancy).insert(events, session=session)
        grown = [self._growing(job) for job in jobs]
        await self._database.collection(CAPTURES).bulk_write(grown, ordered=False, session=session)
        pairs = sorted({(prefix, uri) for event in events for prefix, uri in event["namespaces"]})
        if pairs:
            _refuse_many(pairs, await CaptureRepository(self._database, self._tenancy).namespaces())
            change = {
                "$addToSet": {"pairs": {"$each": [list(pair) for pair in pairs]}},
                "$setOnInsert": self._tenancy.fields,
            }
            await self._database.collection(NAMESPACES).update_one(
                {"_id": self._said}, change, upsert=True, session=session
            )

    def _growing(self, job: Document) -> UpdateOne:
        changing = {*_COUNTS, *_EDGES, "_id"}
        change: dict[str, Any] = {
            "$inc": {name: job[name] for name in _COUNTS},
            "$setOnInsert": {name: value for name, value in job.items() if name not in changing},
        }
        for name, edge in _EDGES.items():
            change[edge] = {name: job[name]}
        return UpdateOne({"_id": job["_id"], **self._tenancy.fields}, change, upsert=True)

    async def remove(self, ids: Sequence[Id], *, session: Session) -> bool:
        """Take events away with their capture jobs, which are of this import alone; tell whether there were any."""
        events = self._database.collection(EVENTS)
        mine = {"_id": {"$in": list(ids)}, **self._tenancy.fields}
        jobs = {event["captureId"] async for event in events.find(mine, {"captureId": 1}, session=session)}
        if not jobs:
            return False
        await events.delete_many(mine, session=session)
        gone = {"_id": {"$in": list(jobs)}, **self._tenancy.fields}
        await self._database.collection(CAPTURES).delete_many(gone, session=session)
        await self._database.collection(NAMESPACES).delete_one({"_id": self._said}, session=session)
        return True


def _refuse_many(pairs: Sequence[tuple[str, str]], known: Mapping[str, Sequence[str]]) -> None:
    """Refuse prefixes that are more than queries can read at once, with those that are known."""
    all_of_them = {(prefix, uri) for prefix, uris in known.items() for uri in uris}.union(pairs)
    if sum(len(prefix) + len(uri) for prefix, uri in all_of_them) > MOST_PREFIXES:
        raise Refusal("too_large", f"Prefixes and what they stand for may have {MOST_PREFIXES} characters in all.")
