"""Background jobs: enqueued in the transaction that makes them necessary, done by whichever worker leases them.

A job is one document. While it waits, ``dueAt`` says from when on it may be taken; a lease moves ``dueAt`` ahead, so a
worker that dies gives its job back by doing nothing. Enqueueing a job that is there already makes it start over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pymongo import ReturnDocument, UpdateOne

from tracepass.core.clock import Clock, timestamp
from tracepass.core.mongo import Database, Document, Index, Session
from tracepass.core.tenancy import Tenancy

COLLECTION = "jobs"
LEASE = timedelta(seconds=60)

INDEXES = (Index(COLLECTION, (("dueAt", 1), ("kind", 1))),)


@dataclass(frozen=True, slots=True)
class Wish:
    """A job that is asked for along with others: its key, what it is about, and from when on it may be done."""

    key: str
    payload: Mapping[str, Any]
    due: str


@dataclass(frozen=True, slots=True)
class Job:
    """A leased job: what to do, for whom, and how far an earlier worker came."""

    id: str
    kind: str
    tenancy: Tenancy
    payload: Mapping[str, Any]
    progress: Any
    generation: int


class Jobs:
    """The jobs of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._jobs = database.collection(COLLECTION)
        self._clock = clock

    async def enqueue(
        self,
        kind: str,
        key: str,
        tenancy: Tenancy,
        payload: Mapping[str, Any],
        *,
        session: Session,
        due: str | None = None,
    ) -> None:
        """Ask for a job, now or from a moment on, once however often it is asked for; one that runs starts over."""
        query, change = _asking(kind, tenancy, Wish(key, payload, due or self._now()))
        await self._jobs.update_one(query, change, upsert=True, session=session)

    async def enqueue_all(self, kind: str, tenancy: Tenancy, wishes: Sequence[Wish], *, session: Session) -> None:
        """Ask for jobs of one kind, as `enqueue` does for one."""
        asked = [UpdateOne(*_asking(kind, tenancy, wish), upsert=True) for wish in wishes]
        if asked:
            await self._jobs.bulk_write(asked, ordered=False, session=session)

    async def withdraw(self, kind: str, tenancy: Tenancy, keys: Sequence[str], *, session: Session) -> None:
        """Take jobs away that nobody needs any more."""
        query = {"_id": {"$in": [f"{kind}/{key}" for key in keys]}, **tenancy.fields}
        await self._jobs.delete_many(query, session=session)

    def _now(self) -> str:
        return timestamp(self._clock())

    def _lease_end(self) -> str:
        return timestamp(self._clock() + LEASE)

    async def lease(self, *, of: Collection[str] | None = None) -> Job | None:
        """Take the job that has been due longest, for 60 seconds, of some kinds or any; None if none is."""
        query: dict[str, Any] = {"dueAt": {"$lte": self._now()}}
        if of is not None:
            query["kind"] = {"$in": list(of)}
        found = await self._jobs.find_one_and_update(
            query,
            {"$set": {"dueAt": self._lease_end()}, "$inc": {"attempts": 1}},
            sort=[("dueAt", 1)],
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else _job(found)

    async def renew(self, job: Job, progress: Any) -> bool:
        """Say how far a job is and keep it for another 60 seconds; False if it was asked for anew."""
        members = {"progress": progress, "dueAt": self._lease_end()}
        outcome = await self._jobs.update_one({"_id": job.id, "generation": job.generation}, {"$set": members})
        return outcome.matched_count == 1

    async def backlog(self, limit: int) -> tuple[int, str | None]:
        """Return how many jobs are due, counted up to a limit, and since when the oldest is.

        A job that runs is not due until its lease ends.
        """
        due: dict[str, Any] = {"dueAt": {"$lte": self._now()}}
        oldest = await self._jobs.find_one(due, {"dueAt": 1}, sort=[("dueAt", 1)])
        return await self._jobs.count_documents(due, limit=limit), None if oldest is None else oldest["dueAt"]

    async def finish(self, job: Job) -> None:
        """Take a done job away; one that was asked for anew stays."""
        await self._jobs.delete_one({"_id": job.id, "generation": job.generation})


def _asking(kind: str, tenancy: Tenancy, wish: Wish) -> tuple[Document, Document]:
    """Return what finds a job, and what makes it or makes it start over."""
    members = {
        "kind": kind,
        **tenancy.fields,
        "payload": dict(wish.payload),
        "progress": None,
        "dueAt": wish.due,
    }
    return {"_id": f"{kind}/{wish.key}"}, {"$set": members, "$inc": {"generation": 1}}


def _job(document: Document) -> Job:
    return Job(
        id=document["_id"],
        kind=document["kind"],
        tenancy=Tenancy(document["workspaceId"], document["environment"]),
        payload=document["payload"],
        progress=document["progress"],
        generation=document["generation"],
    )
