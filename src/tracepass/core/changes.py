"""The one append-only log: every state change is one record, written in the transaction of the change.

History, audit log, snapshots and webhooks are readers of it. A record holds what changed; every fiftieth also holds
the whole state, so any version is rebuilt from at most 49 differences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core import completion
from tracepass.core.bulk import insert_all
from tracepass.core.canonical import state_hash
from tracepass.core.clock import Clock, timestamp
from tracepass.core.differences import Difference, apply
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session, Write
from tracepass.core.tenancy import Actor, Tenancy

COLLECTION = "changes"
FULL_COPY_EVERY = 50
IMPORT = "import"
"""The action of the first record of what came from another installation, whose earlier versions nobody here knows."""
VERSIONED: Mapping[str, Any] = {"version": {"$exists": True}}
"""The records of changes; notes of the security log have no version, and as many as there are events."""

UNSEALED: Mapping[str, Any] = {"unsealed": True}
"""The records that wait for their place in the audit chain."""
SEALED: Mapping[str, Any] = {"seal.seq": {"$gt": 0}}
"""The records of the audit chain."""

OUTBOX: Mapping[str, Any] = {"outbox": True}
"""The records of events that nobody has looked at yet to see who wants to be told."""

_TENANT = (("workspaceId", 1), ("environment", 1))
_ENTITY = (("entity.type", 1), ("entity.id", 1))
_NEWEST = (("at", -1), ("_id", -1))

# A writer pays for the first three alone: the others grow when a record is sealed.
INDEXES = (
    Index(COLLECTION, (*_TENANT, *_ENTITY, ("version", -1)), unique=True, partial=VERSIONED),
    Index(COLLECTION, (*_TENANT, ("at", 1), ("_id", 1)), partial=UNSEALED),
    Index(COLLECTION, (("outbox", 1), ("at", 1), ("version", 1)), partial=OUTBOX),
    Index(COLLECTION, (*_TENANT, ("seal.seq", 1)), partial=SEALED),
    Index(COLLECTION, (*_TENANT, *_NEWEST), partial=SEALED),
    Index(COLLECTION, (*_TENANT, ("entity.type", 1), *_NEWEST), partial=SEALED),
    Index(COLLECTION, (*_TENANT, ("entity.id", 1), *_NEWEST), partial=SEALED),
    Index(COLLECTION, (*_TENANT, ("actor.id", 1), *_NEWEST), partial=SEALED),
    Index(COLLECTION, (*_TENANT, ("action", 1), *_NEWEST), partial=SEALED),
)


class Stale(Exception):
    """Another write came first; look again and repeat."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one entity: ``state`` is the whole entity after it, as its GET shows it."""

    entity: str
    entity_id: Id | str
    version: int
    action: str
    diff: list[Difference]
    state: Mapping[str, Any]
    prev_hash: str | None
    event_type: str | None = None
    reason: str | None = None
    status: str | None = None
    stored: Mapping[str, Any] | None = None
    """The same state, with parts that are encoded for the database already."""
    numbers: list[Any] | None = None
    """All of the state that may hold numbers but small whole ones, if that is known (`canonical_json`)."""


def imported(entity: str, state: Mapping[str, Any], import_id: str) -> Change:
    """Return the change with which the history of an imported entity begins; ``state`` has its id and version."""
    return Change(
        entity=entity,
        entity_id=state["_id"],
        version=state["version"],
        action=IMPORT,
        diff=[],
        state=state,
        prev_hash=None,
        reason=f"import {import_id}",
    )


def deleted(entity: str, stored: Mapping[str, Any]) -> Change:
    """Return the change with which an entity ends, as it is stored."""
    return Change(
        entity=entity,
        entity_id=stored["_id"],
        version=stored["version"] + 1,
        action="delete",
        diff=[],
        state={},
        prev_hash=stored["stateHash"],
    )


@dataclass(frozen=True, slots=True)
class Page:
    """A page of documents and how many there are in all."""

    items: list[Document]
    total: int


class ChangeLog:
    """The log of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy, *, clock: Clock) -> None:
        self._database = database
        self._tenancy = tenancy
        self._records = database.scoped(COLLECTION, tenancy)
        self._clock = clock

    async def append(self, change: Change, actor: Actor, *, session: Session) -> str:
        """Append the record of a change in the change's own transaction; return the hash of the new state.

        Raises:
            Stale: the entity has got this version by another write.
        """
        record, digest = self._record(change, actor)
        try:
            await self._records.insert(record, session=session)
        except DuplicateKeyError:
            raise Stale from None
        await completion.mark(change.entity, change.entity_id, change.version, session=session)
        return digest

    async def append_all(self, changes: Sequence[Change], actor: Actor, *, session: Session) -> list[str]:
        """Append the records of changes of as many entities, in their transaction; return the hashes of the new states.

        Raises:
            Stale: an entity has got its version by another write.
        """
        made = [self._record(change, actor) for change in changes]
        try:
            records = [record for record, _ in made]
            await insert_all(self._database, COLLECTION, self._tenancy, records, session=session)
        except DuplicateKeyError:
            raise Stale from None
        return [digest for _, digest in made]

    def writes(self, change: Change, actor: Actor) -> tuple[list[Write], str]:
        """Return what is written with a change, for its transaction, and the hash of the new state.

        The first of the writes raises `Stale` if the entity has got this version by another.
        """
        record, digest = self._record(change, actor)
        marks = completion.marking(change.entity, change.entity_id, change.version)
        return [self._records.insertion(record, taken=Stale), *marks], digest

    def _record(self, change: Change, actor: Actor) -> tuple[Document, str]:
        digest = state_hash(change.state, numbers=change.numbers)
        record: Document = {
            "_id": new_id(),
            "entity": {"type": change.entity, "id": change.entity_id},
            "version": change.version,
            "action": change.action,
            "actor": actor.wire,
            "at": timestamp(self._clock()),
            "diff": change.diff,
            "eventType": change.event_type,
            "reason": change.reason,
            "status": change.status,
            "stateHash": digest,
            "prevHash": change.prev_hash,
            "unsealed": True,
        }
        if change.event_type is not None:
            record["outbox"] = True
        if change.version == 1 or change.action == IMPORT or change.version % FULL_COPY_EVERY == 0:
            record["full"] = change.stored or change.state
        return record, digest

    async def page(
        self, entity: str, entity_id: Id, *, skip: int, limit: int, where: Mapping[str, Any] | None = None
    ) -> Page:
        """Return the records of an entity that match, newest first."""
        query = {"entity.type": entity, "entity.id": entity_id, **VERSIONED, **(where or {})}
        cursor = self._records.find(query, projection={"full": 0}, sort=[("version", -1)], skip=skip, limit=limit)
        return Page(items=await cursor.to_list(), total=await self._records.count(query))

    async def find(self, entity: str, entity_id: Id, *, where: Mapping[str, Any]) -> Document | None:
        """Return the newest record of an entity that matches, or None."""
        query = {"entity.type": entity, "entity.id": entity_id, **VERSIONED, **where}
        newest = None if "_id" in query else [("version", -1)]
        return await self._records.find_one(query, projection={"full": 0}, sort=newest)

    async def state_at(self, entity: str, entity_id: Id, version: int) -> Document | None:
        """Rebuild the entity as it was at a version, or None if the log does not reach there."""
        query = {"entity.type": entity, "entity.id": entity_id, "version": {"$lte": version}}
        cursor = self._records.find(
            query,
            projection={"full": 1, "diff": 1, "version": 1},
            sort=[("version", -1)],
            limit=FULL_COPY_EVERY,
        )
        return _rebuild(await cursor.to_list(), version)


def _rebuild(newest_first: list[Document], version: int) -> Document | None:
    """Start from the newest full copy and apply what came after it."""
    if not newest_first or newest_first[0]["version"] != version:
        return None
    later: list[Document] = []
    for record in newest_first:
        if "full" in record:
            return apply(record["full"], [step for change in reversed(later) for step in change["diff"]])
        later.append(record)
    return None
