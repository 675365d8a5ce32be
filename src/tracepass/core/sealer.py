"""Seals the records of `changes` into the audit chains, apart from whoever wrote them.

Writers only mark what they insert. One process at a time, the holder of a lease, takes what is marked and committed,
in batches: each batch of a workspace is sealed in one transaction with the chain's head, so that a process killed at
any instant leaves either the whole batch sealed or none of it.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import structlog
from bson import MaxKey
from pymongo import UpdateOne

from tracepass.core.chain import Head, record_hash, seal
from tracepass.core.changes import COLLECTION, UNSEALED
from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id, new_id
from tracepass.core.leases import Lease, Overtaken
from tracepass.core.mongo import Database, Document, PyMongoError, Session
from tracepass.core.tenancy import Environment, Tenancy

HEADS = "auditHeads"
BATCH = 500
LEASE_SECONDS = 5
PAUSE_SECONDS = 0.5

_ORDER = (("workspaceId", 1), ("environment", 1), ("at", 1), ("_id", 1))
_WAITING = "_".join(f"{name}_{direction}" for name, direction in _ORDER)

_log = structlog.get_logger()

Digest = tuple[Id, str]
"""The id of a record and its hash."""


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
        for tenancy, digests in waiting:
            self._after = tenancy
            sealed += await self._seal_guarded(tenancy, digests)
        return sealed

    async def _waiting(self, after: Tenancy | None) -> list[tuple[Tenancy, list[Digest]]]:
        """Return the next records that wait, by workspace, oldest first; only their hashes are kept."""
        cursor = self._records.find({**UNSEALED, "seal": None}, limit=self._batch, hint=_WAITING)
        if after is not None:
            cursor = cursor.min(_beyond(after))
        rows = [(_tenancy(record), (record["_id"], record_hash(record))) async for record in cursor]
        return [(tenancy, [row[1] for row in group]) for tenancy, group in itertools.groupby(rows, key=itemgetter(0))]

    async def _seal_guarded(self, tenancy: Tenancy, digests: Sequence[Digest]) -> int:
        """Seal what waits in one workspace; a broken chain there is no reason to leave out the others."""
        try:
            return await self._database.transact(lambda session: self._seal(tenancy, digests, session))
        except ChainBroken:
            _log.error("audit chain is broken: run `tracepass audit verify`", workspace=str(tenancy.workspace_id))
            return 0

    async def _seal(self, tenancy: Tenancy, digests: Sequence[Digest], session: Session) -> int:
        await self.lease.guard(session)
        head = await self._head(tenancy, session)
        updates, end = _updates(tenancy, head, digests)
        await self._place(updates, session)
        members = {**tenancy.fields, "seq": end.seq, "hash": end.hash, "sealedAt": timestamp(self._clock())}
        await self._heads.update_one({"_id": head_id(tenancy)}, {"$set": members}, upsert=True, session=session)
        return len(digests)

    async def _place(self, updates: Sequence[UpdateOne], session: Session) -> None:
        outcome = await self._records.bulk_write(updates, session=session)
        if outcome.matched_count != len(updates):
            raise Overtaken

    async def _head(self, tenancy: Tenancy, session: Session) -> Head:
        """Return the head of a chain; one that nothing was sealed in yet has none.

        Raises:
            ChainBroken: there are entries beyond the head, which a number given now would double.
        """
        stored = await self._heads.find_one({"_id": head_id(tenancy)}, session=session)
        head = Head() if stored is None else Head(stored["seq"], stored["hash"])
        beyond = {**tenancy.fields, "seal.seq": {"$gt": head.seq}}
        if await self._records.find_one(beyond, {"_id": 1}, session=session) is not None:
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
