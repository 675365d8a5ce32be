"""Everything a tenancy has, read from one moment: kinds of documents that say how they are found and how they are told.

A feature describes what it keeps as a `Section`; whoever puts all of it together (`assembly`) names the sections in
their order. Documents are read in batches of the database's own bytes, so that they can be decoded where there is time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import bson
from pymongo.errors import OperationFailure

from tracepass.core.changes import COLLECTION as CHANGES
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.tenancy import Tenancy

BATCH = 64
"""Documents read at once: about two megabytes of passports; the database gives at most 16."""

_TENANT = "workspaceId_1_environment_1"
_GONE = (239, 246)
"""SnapshotTooOld and SnapshotUnavailable: the database does not know any more what was at that moment."""

Record = Callable[[Document], Document]


class SnapshotTooOld(Exception):
    """The reading took longer than the database remembers (``minSnapshotHistoryWindowInSeconds``, 300 by default)."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where documents lie: a collection, its order and the index that has it, and what narrows it down.

    ``order`` is ascending but for members with a minus; the index begins with workspace and environment.
    """

    collection: str
    order: tuple[str, ...] = ("_id",)
    index: str = f"{_TENANT}__id_-1"
    where: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of thing a workspace has: ``name`` in an export (``links``), the type of each (``Link``), and its path.

    ``record`` turns a stored document, which it may change, into what is told; ids may stay ids. ``changed`` names the
    time of the last change, ``recent`` where to find what changed since a moment if there is an index for that.
    """

    name: str
    kind: str
    path: str
    sources: tuple[Source, ...]
    record: Record
    changed: str = "updatedAt"
    recent: Source | None = None
    only_since: bool = False

    def sources_since(self, since: str | None) -> tuple[Source, ...]:
        """Return where to look for everything, or for what changed since a moment."""
        if since is None:
            return () if self.only_since else self.sources
        sources = self.sources if self.recent is None else (self.recent,)
        narrow = {self.changed: {"$gte": since}}
        return tuple(Source(one.collection, one.order, one.index, {**one.where, **narrow}) for one in sources)


def without(*names: str) -> Record:
    """Return what tells a document as it is stored, without some members and without those that are null."""
    hidden = frozenset({"workspaceId", "environment", "stateHash", *names})

    def record(stored: Document) -> Document:
        return {name: value for name, value in stored.items() if name not in hidden and value is not None}

    return record


def _deletion(stored: Document) -> Document:
    return {
        "_id": stored["_id"],
        "entity": stored["entity"]["type"],
        "entityId": stored["entity"]["id"],
        "at": stored["at"],
    }


DELETIONS = Section(
    "deleted",
    "Deletion",
    "/api/v1/audit-log",
    (
        Source(
            CHANGES, ("at", "_id"), f"{_TENANT}_action_1_at_-1__id_-1", {"action": "delete", "seal.seq": {"$gt": 0}}
        ),
        Source(CHANGES, ("at", "_id"), f"{_TENANT}_at_1__id_1", {"unsealed": True, "action": "delete"}),
    ),
    _deletion,
    changed="at",
    only_since=True,
)
"""What was deleted since a moment, as far as the log of changes knows: first what is sealed, then the latest."""


class Snapshot:
    """What a tenancy had at one moment, that of the first read."""

    def __init__(self, database: Database, tenancy: Tenancy, session: Session) -> None:
        self._database = database
        self._tenancy = tenancy
        self._session = session

    async def count(self, section: Section, since: str | None) -> int:
        """Count the documents of a section.

        Raises:
            SnapshotTooOld: see there.
        """
        total = 0
        for source in section.sources_since(since):
            collection = self._database.collection(source.collection)
            query = {**source.where, **self._tenancy.fields}
            with _age():
                total += await collection.count_documents(query, session=self._session, hint=source.index)
        return total

    async def batches(self, section: Section, since: str | None) -> AsyncGenerator[bytes, None]:
        """Give the documents of a section in batches for `decoded`; the next is fetched while one is worked on.

        Raises:
            SnapshotTooOld: see there.
        """
        for source in section.sources_since(since):
            async with aclosing(self._read(source)) as batches:
                async for batch in batches:
                    yield batch

    async def _read(self, source: Source) -> AsyncGenerator[bytes, None]:
        cursor: Any = self._database.collection(source.collection).find_raw_batches(
            {**source.where, **self._tenancy.fields},
            sort=[(name.removeprefix("-"), -1 if name.startswith("-") else 1) for name in source.order],
            batch_size=BATCH,
            hint=source.index,
            session=self._session,
        )
        upcoming: asyncio.Task[bytes | None] | None = None
        try:
            with _age():
                upcoming = asyncio.ensure_future(_next(cursor))
                while (batch := await upcoming) is not None:
                    upcoming = asyncio.ensure_future(_next(cursor))
                    yield batch
        finally:
            if upcoming is not None:
                upcoming.cancel()
                await asyncio.wait([upcoming])
            await cursor.close()


async def _next(cursor: Any) -> bytes | None:
    try:
        batch: bytes = await anext(cursor)
    except StopAsyncIteration:
        return None
    return batch


def decoded(batch: bytes) -> Iterator[Document]:
    """Give the documents of a batch, one after another."""
    return bson.decode_iter(batch)


@contextmanager
def _age() -> Iterator[None]:
    try:
        yield
    except OperationFailure as failure:
        if failure.code in _GONE:
            raise SnapshotTooOld from failure
        raise


@asynccontextmanager
async def snapshot(database: Database, tenancy: Tenancy) -> AsyncIterator[Snapshot]:
    """Read a tenancy as of one moment for the length of a block."""
    async with database.files.client.start_session(snapshot=True) as session:
        yield Snapshot(database, tenancy, session)
