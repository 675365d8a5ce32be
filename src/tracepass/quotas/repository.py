"""Counters in the database: one document for each budget, tenancy and window, changed under a condition only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pymongo import ReturnDocument, WriteConcern

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.tenancy import Tenancy
from tracepass.quotas.together import Taking, Together

COLLECTION = "quotaCounters"
KNOWN_COUNTERS = 10_000

INDEXES = (Index(COLLECTION, (("purgeAt", 1),), expire_after_seconds=0),)

AHEAD = WriteConcern(w=1)
"""How units are taken ahead of a write. A replica set has one log: where the write lasts that comes after, which a
majority acknowledges, so does what was taken for it; should that write be lost, nothing was owed."""


@dataclass(frozen=True, slots=True)
class Counter:
    """One counter: its key holds workspace and environment, so test keys count apart from live ones."""

    tenancy: Tenancy
    name: str
    purge_at: datetime | None = None

    @property
    def id(self) -> str:
        """Return its key."""
        return f"{self.tenancy.workspace_id}/{self.tenancy.environment}/{self.name}"


class Counters:
    """The counters of all workspaces."""

    def __init__(self, database: Database) -> None:
        self._counters = database.collection(COLLECTION)
        self._quick = self._counters.with_options(write_concern=AHEAD)
        self._known: set[str] = set()
        self._together = Together(self._take)

    async def take(self, counter: Counter, units: int, *, cap: int) -> int | None:
        """Add units if the sum stays within the cap; return the sum, or None if it would not.

        What many take at the same time is added in one trip if there is enough for all of them.
        """
        return await self._together.take(Taking(counter, units, cap))

    async def _take(self, taking: Taking[Counter]) -> int | None:
        counter, units, cap = taking.counter, taking.units, taking.cap or 0
        # Asked for before the attempt: a counter that was there before it said no by itself.
        known = counter.id in self._known
        used = await self._add(counter, units, cap=cap)
        if used is not None or units > cap or known:
            return used
        return units if await self._make(counter, units) else await self._add(counter, units, cap=cap)

    async def _add(self, counter: Counter, units: int, *, cap: int) -> int | None:
        found = await self._quick.find_one_and_update(
            {"_id": counter.id, "used": {"$lte": cap - units}},
            {"$inc": {"used": units}},
            projection={"used": 1},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else int(found["used"])

    async def _make(self, counter: Counter, used: int) -> bool:
        """Make the counter of a window that begins; tell whether nobody else had."""
        fresh: Document = {"_id": counter.id, **counter.tenancy.fields, "used": used, "purgeAt": counter.purge_at}
        try:
            await self._counters.insert_one(fresh)
        except DuplicateKeyError:
            return False
        else:
            return True
        finally:
            if len(self._known) >= KNOWN_COUNTERS:
                self._known.clear()
            self._known.add(counter.id)

    async def take_up_to(self, counter: Counter, units: int, *, cap: int) -> tuple[int, int]:
        """Add units, or what is left of the cap; return how many, and the sum."""
        for _ in range(2):
            known = counter.id in self._known
            found = await self._counters.find_one_and_update(
                {"_id": counter.id, "used": {"$lt": cap}},
                [{"$set": {"used": {"$min": [cap, {"$add": ["$used", units]}]}}}],
                projection={"used": 1},
                return_document=ReturnDocument.BEFORE,
            )
            if found is not None:
                taken = min(units, cap - found["used"])
                return taken, found["used"] + taken
            if known:
                break
            if await self._make(counter, min(units, cap)):
                return min(units, cap), min(units, cap)
        return 0, cap

    async def give_back(self, counter: Counter, units: int, *, cap: int) -> bool:
        """Take units off again, in all at most as many as the cap; tell whether that was so."""
        outcome = await self._counters.update_one(
            {"_id": counter.id, "$or": [{"returned": {"$exists": False}}, {"returned": {"$lte": cap - units}}]},
            {"$inc": {"used": -units, "returned": units}},
        )
        return outcome.matched_count == 1

    async def used(self, counters: Iterable[Counter]) -> Mapping[str, int]:
        """Return what was taken, by key, of those counters that there are."""
        ids = [counter.id for counter in counters]
        found = self._counters.find({"_id": {"$in": ids}}, {"used": 1}) if ids else None
        return {} if found is None else {row["_id"]: row["used"] async for row in found}

    async def put_back(self, counter: Counter, units: int) -> None:
        """Take units off again that nobody used."""
        await self._counters.update_one({"_id": counter.id}, {"$inc": {"used": -units}})

    async def mark(self, counter: Counter, name: str, value: str, *, session: Session) -> bool:
        """Set a member; tell whether it was another before."""
        query = {"_id": counter.id, name: {"$ne": value}}
        return (await self._counters.update_one(query, {"$set": {name: value}}, session=session)).matched_count == 1


class PlaceCounters:
    """How many passports each workspace has: counters that never start anew, but may be counted anew."""

    def __init__(self, database: Database) -> None:
        self._counters = database.collection(COLLECTION)
        self._quick = self._counters.with_options(write_concern=AHEAD)
        self._together = Together(self._take)

    async def find(self, counter: Counter) -> Document | None:
        """Return the counter, or None before anybody counted."""
        return await self._counters.find_one({"_id": counter.id})

    async def take(self, counter: Counter, *, cap: int | None, at: str, units: int = 1) -> int | None:
        """Take places, below a cap if one is given; return how many are taken, or None if there are too few left."""
        return await self._together.take(Taking(counter, units, cap, at))

    async def _take(self, taking: Taking[Counter]) -> int | None:
        bound: Document = {} if taking.cap is None else {"used": {"$lte": taking.cap - taking.units}}
        found = await self._quick.find_one_and_update(
            {"_id": taking.counter.id, **bound},
            {"$inc": {"used": taking.units}, "$set": {"movedAt": taking.at}},
            projection={"used": 1},
            return_document=ReturnDocument.AFTER,
        )
        return None if found is None else int(found["used"])

    async def free(self, counter: Counter) -> None:
        """Give a place back."""
        await self._counters.update_one({"_id": counter.id, "used": {"$gt": 0}}, {"$inc": {"used": -1}})

    async def touch(self, counter: Counter, *, at: str) -> None:
        """Say that a place is about to move, so that nobody counts in between."""
        await self._counters.update_one({"_id": counter.id}, {"$set": {"movedAt": at}})

    async def insert(self, counter: Counter, used: int, *, at: str) -> None:
        """Make the counter, unless it is there."""
        try:
            await self._counters.insert_one(
                {"_id": counter.id, **counter.tenancy.fields, "used": used, "movedAt": at, "purgeAt": None}
            )
        except DuplicateKeyError:
            return

    async def correct(self, seen: Document, used: int) -> bool:
        """Set a counter to what was counted, unless it moved meanwhile; tell whether it was set."""
        query = {name: seen[name] for name in ("_id", "used", "movedAt")}
        return (await self._counters.update_one(query, {"$set": {"used": used}})).matched_count == 1

    async def drop(self, workspace_id: Id) -> None:
        """Forget the counter of a workspace; the next one who needs it counts."""
        await self._counters.delete_one({"_id": Counter(Tenancy(workspace_id, "live"), PLACES).id})


PLACES = "passports"
"""The name of the counter of places."""


class EventCounters:
    """EPCIS events of a month, with the blocks of a thousand that were bought."""

    def __init__(self, database: Database) -> None:
        self._counters = database.collection(COLLECTION)

    async def make(self, counter: Counter) -> None:
        """Make the counter, unless it is there."""
        try:
            await self._counters.insert_one(
                {"_id": counter.id, **counter.tenancy.fields, "used": 0, "blocks": 0, "purgeAt": counter.purge_at}
            )
        except DuplicateKeyError:
            return

    async def take(self, counter: Counter, units: int, *, limit: int, block: int) -> Document | None:
        """Add events if they fit into the limit and the blocks bought; return the counter after, or None."""
        room = {"$add": [limit, {"$multiply": ["$blocks", block]}]}
        return await self._counters.find_one_and_update(
            {"_id": counter.id, "$expr": {"$lte": [{"$add": ["$used", units]}, room]}},
            {"$inc": {"used": units}},
            return_document=ReturnDocument.AFTER,
        )

    async def buy(self, counter: Counter, units: int, *, limit: int, block: int, session: Session) -> Document:
        """Add events, and as many blocks as they need; return the counter as it was before."""
        needed = {"$ceil": {"$divide": [{"$subtract": ["$used", limit]}, block]}}
        before = await self._counters.find_one_and_update(
            {"_id": counter.id},
            [
                {"$set": {"used": {"$add": ["$used", units]}}},
                {"$set": {"blocks": {"$toInt": {"$max": ["$blocks", needed]}}}},
            ],
            return_document=ReturnDocument.BEFORE,
            session=session,
        )
        if before is None:
            message = f"the counter {counter.id} is gone"
            raise RuntimeError(message)
        return before

    async def give_back(self, counter: Counter, units: int, *, session: Session | None = None) -> None:
        """Take events off again."""
        query = {"_id": counter.id, "used": {"$gte": units}}
        await self._counters.update_one(query, {"$inc": {"used": -units}}, session=session)

    async def find(self, counter: Counter) -> Document | None:
        """Return the counter, or None before its first event."""
        return await self._counters.find_one({"_id": counter.id})
