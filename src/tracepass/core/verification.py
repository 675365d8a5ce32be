"""Checks the audit chain of a workspace against what the database holds, in one pass and constant memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.chain import ChainReader, Fault, Head, VersionReader, read_head
from tracepass.core.changes import COLLECTION, SEALED, UNSEALED, VERSIONED
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.sealer import HEADS, head_id
from tracepass.core.tenancy import Tenancy

_VERSIONS = (("entity.type", 1), ("entity.id", 1), ("version", -1))


@dataclass(frozen=True, slots=True)
class Waiting:
    """The records not sealed yet: how many, and the ids and moments of the oldest and the newest."""

    count: int
    first: Mapping[str, str] | None
    last: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class ChainState:
    """Where a chain stood at the moment the check began: its head, its last entry, what waited."""

    head: Head | None
    entries: int
    waiting: Waiting


class ChainCheck:
    """The check of one chain; what is written while it runs is left for the next."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._database = database
        self._records = database.scoped(COLLECTION, tenancy)
        self._heads = database.scoped(HEADS, tenancy)
        self._head = head_id(tenancy)

    async def state(self) -> ChainState:
        """Return where the chain stands, all of it seen at one moment."""
        return await self._database.transact(self._state)

    async def _state(self, session: Session) -> ChainState:
        stored = await self._heads.find_one({"_id": self._head}, session=session)
        last = await self._records.find_one(SEALED, projection={"seal": 1}, sort=[("seal.seq", -1)], session=session)
        waiting = Waiting(
            await self._records.count(UNSEALED, session=session),
            _named(await self._edge(1, session)),
            _named(await self._edge(-1, session)),
        )
        return ChainState(
            None if stored is None else read_head(stored), 0 if last is None else last["seal"]["seq"], waiting
        )

    async def _edge(self, direction: int, session: Session) -> Document | None:
        order = [("at", direction), ("_id", direction)]
        return await self._records.find_one(UNSEALED, projection={"at": 1}, sort=order, session=session)

    async def faults(self, state: ChainState, *, anchor: Head | None = None) -> AsyncIterator[Fault]:
        """Give all that is wrong, entry by entry; ``anchor`` is an entry as somebody noted it down earlier."""
        reader = ChainReader(anchor)
        query = {"seal.seq": {"$gt": 0, "$lte": state.entries}}
        async for record in self._records.find(query, sort=[("seal.seq", 1)]):
            for fault in reader.read(record):
                yield fault
        for fault in reader.close(state.head):
            yield fault
        async for fault in self._gaps():
            yield fault

    async def _gaps(self) -> AsyncIterator[Fault]:
        """Give the versions that are missing, or that stand outside the chain.

        They tell what was taken away before it was sealed.
        """
        reader = VersionReader()
        members = ("entity", "version", "action", "stateHash", "prevHash", "seal.seq", "unsealed")
        cursor = self._records.find(VERSIONED, projection=dict.fromkeys(members, 1), sort=_VERSIONS)
        async for record in cursor:
            for fault in reader.read(record):
                yield fault
        for fault in reader.close():
            yield fault


def _named(record: Mapping[str, Any] | None) -> Mapping[str, str] | None:
    return None if record is None else {"_id": str(record["_id"]), "at": record["at"]}
