"""Seals the records of `changes` into the audit chains, apart from whoever wrote them.

Writers only mark what they insert. One process at a time, the holder of a lease, takes what is marked and committed,
in batches: each batch of a workspace is sealed in one transaction with the chain's head, so that a process killed at
any instant leaves either the whole batch sealed or none of it.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import structlog
from bson import MaxKey
from pymongo import UpdateOne

from tracepass.core.chain import Head, read_head, record_hash, seal
from tracepass.core.changes import COLLECTION, UNSEALED
from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id, new_id
from tracepass.core.leases import Lease, Overtaken
from tracepass.core.mongo import Database, Document, PyMongoError, Session
from tracepass.core.tenancy import Environment, Tenancy

HEADS = "auditHeads"
BATCH = 500
TOGETHER = 25
"""So many workspaces share a transaction: each costs round trips, whatever is in it."""
LEASE_SECONDS = 3
READING_SECONDS = 1.0
"""Large records take their time to read and hash; a batch ends early rather than outlive the lease."""
PAUSE_SECONDS = 0.5

_ORDER = (("workspaceId", 1), ("environment", 1), ("at", 1), ("_id", 1))
_WAITING = "_".join(f"{name}_{direction}" for name, direction in _ORDER)

_log = structlog.get_logger()

Digest = tuple[Id, str]
"""The id of a record and its hash."""
Waiting = tuple[Tenancy, list[Digest]]
"""What waits in one workspace, oldest first."""


class ChainBroken(Exception):
    """A chain has entries that its head does not know: nothing is added before a person has looked at it."""


class Sealer:
    """Seals for all workspaces; any number may run, one works."""

    def __init__(
        self, database: Database, *, clock: Clock, batch: int = BATCH, lease_seconds: int = LEASE_SECONDS
    ) -> None:
        self._database = database
        self._records = database.collection(COLLECTION)
        self._heads = database.collection(HEADS)
        self._clock = clock
        self._batch = batch
        self.lease = Lease(database, "audit-sealer", holder=str(new_id()), seconds=lease_seconds)
        self._after: Tenancy | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Seal until told to stop: what is committed is sealed within two seconds."""
        while not stop.is_set():
            if not await self._attempt():
                await _pause(stop)
        await self._let_go()

    async def _attempt(self) -> bool:
        try:
            return await self.seal_once() > 0
        except Overtaken:
            _log.info("another process seals the audit chains now")
        except PyMongoError as error:
            _log.warning("audit chains not sealed", error=type(error).__name__)
        return False

    async def _let_go(self) -> None:
        try:
            await self.lease.release()
        except PyMongoError as error:
            _log.warning("lease not released", error=type(error).__name__)

    async def seal_once(self) -> int:
        """Seal one batch if the lease can be had; return how many records were sealed.

        Workspaces take turns: a batch goes on after the workspace where the one before it ended.

        Raises:
            Overtaken: the lease was lost amidst it.
        """
        if not await self.lease.hold():
            return 0
        waiting = await self._waiting(self._after)
        if not waiting and self._after is not None:
            self._after = None
            waiting = await self._waiting(None)
        sealed = 0
        for start in range(0, len(waiting), TOGETHER):
            group = waiting[start : start + TOGETHER]
            sealed += await self._seal_guarded(group)
            self._after = group[-1][0]
        return sealed

    async def _waiting(self, after: Tenancy | None) -> list[Waiting]:
        """Return the next records that wait, by workspace, oldest first; only their hashes are kept."""
        cursor = self._records.find({**UNSEALED, "seal": None}, limit=self._batch, hint=_WAITING)
        if after is not None:
            cursor = cursor.min(_beyond(after))
        rows: list[tuple[Tenancy, Digest]] = []
        begun = time.monotonic()
        async with cursor:
            async for record in cursor:
                rows.append((_tenancy(record), (record["_id"], record_hash(record))))
                if time.monotonic() - begun > READING_SECONDS:
                    break
        return [(tenancy, [row[1] for row in group]) for tenancy, group in itertools.groupby(rows, key=itemgetter(0))]

    async def _seal_guarded(self, group: Sequence[Waiting]) -> int:
        """Seal what waits in some workspaces; a broken chain among them is no reason to leave out the others."""
        try:
            return await self._database.transact(lambda session: self._seal(group, session))
        except ChainBroken:
            if len(group) > 1:
                return sum([await self._seal_guarded([one]) for one in group])
            broken = str(group[0][0].workspace_id)
            _log.error("audit chain is broken: run `tracepass audit verify`", workspace=broken)
            return 0

    async def _seal(self, group: Sequence[Waiting], session: Session) -> int:
        await self.lease.guard(session)
        heads = await self._heads_of([tenancy for tenancy, _ in group], session)
        records: list[UpdateOne] = []
        ends: list[UpdateOne] = []
        for tenancy, digests in group:
            updates, end = _updates(tenancy, heads[tenancy], digests)
            records += updates
            members = {**tenancy.fields, "seq": end.seq, "hash": end.hash, "sealedAt": timestamp(self._clock())}
            ends.append(UpdateOne({"_id": head_id(tenancy)}, {"$set": members}, upsert=True))
        outcome = await self._records.bulk_write(records, session=session)
        if outcome.matched_count != len(records):
            raise Overtaken
        await self._heads.bulk_write(ends, session=session)
        return len(records)

    async def _heads_of(self, tenancies: Sequence[Tenancy], session: Session) -> dict[Tenancy, Head]:
        """Return the heads of chains; where nothing was sealed yet there is none.

        Raises:
            ChainBroken: there are entries beyond a head, which a number given now would double.
        """
        found = self._heads.find({"_id": {"$in": [head_id(tenancy) for tenancy in tenancies]}}, session=session)
        stored = {head["_id"]: head async for head in found}
        heads = {tenancy: _read(stored.get(head_id(tenancy))) for tenancy in tenancies}
        beyond = [{**tenancy.fields, "seal.seq": {"$gt": head.seq}} for tenancy, head in heads.items()]
        if await self._records.find_one({"$or": beyond}, {"_id": 1}, session=session) is not None:
            raise ChainBroken
        return heads


def _read(stored: Document | None) -> Head:
    """Return a head, where nothing was sealed yet the one before all entries.

    Raises:
        ChainBroken: it is not one that we wrote.
    """
    head = Head() if stored is None else read_head(stored)
    if head is None:
        raise ChainBroken
    return head


def head_id(tenancy: Tenancy) -> str:
    """Return the id of the head of a tenancy's chain."""
    return f"{tenancy.workspace_id}/{tenancy.environment}"


def _updates(tenancy: Tenancy, head: Head, digests: Sequence[Digest]) -> tuple[list[UpdateOne], Head]:
    """Return what seals the records behind a head, and the head after them."""
    updates = []
    for identifier, digest in digests:
        placed, head = seal(head, digest)
        query: dict[str, Any] = {**tenancy.fields, "_id": identifier, **UNSEALED, "seal": None}
        updates.append(UpdateOne(query, {"$set": {"seal": placed.stored}, "$unset": {"unsealed": ""}}))
    return updates, head


def _beyond(tenancy: Tenancy) -> list[tuple[str, Any]]:
    """Return where, in the index of what waits, the records of later workspaces begin."""
    return list(zip((name for name, _ in _ORDER), (*tenancy.fields.values(), MaxKey(), MaxKey()), strict=True))


def _tenancy(record: Document) -> Tenancy:
    environment: Environment = record["environment"]
    return Tenancy(record["workspaceId"], environment)


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), PAUSE_SECONDS)
    except TimeoutError:
        return
