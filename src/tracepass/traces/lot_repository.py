"""Lots in the database, and the way from one to those before and after it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index, Session
from tracepass.core.tenancy import Tenancy

LOTS, GRAPHS = "lots", "lotGraphs"
_TENANT = (("workspaceId", 1), ("environment", 1))
_BY_ID = "workspaceId_1_environment_1__id_-1"
_NODE = ("productId", "lotNumber", "producedAt", "predecessors")

INDEXES = (
    Index(LOTS, (*_TENANT, ("_id", -1))),
    Index(LOTS, (*_TENANT, ("productId", 1), ("lotNumber", 1)), unique=True),
    Index(LOTS, (*_TENANT, ("productId", 1), ("_id", -1))),
    Index(LOTS, (*_TENANT, ("lotNumber", 1), ("_id", -1))),
    Index(LOTS, (*_TENANT, ("predecessors", 1), ("_id", -1))),
)


@dataclass(frozen=True, slots=True)
class LotFilter:
    """Which lots; None leaves a dimension open."""

    product_id: Id | None = None
    lot_number: str | None = None
    predecessor: str | None = None

    @property
    def query(self) -> dict[str, Any]:
        """Return the filter in MongoDB's language."""
        named = {"productId": self.product_id, "lotNumber": self.lot_number, "predecessors": self.predecessor}
        return {name: value for name, value in named.items() if value is not None}

    @property
    def hint(self) -> str:
        """Return the index that serves the order, and as much of the filter as it can."""
        named = (("lotNumber", self.lot_number), ("predecessors", self.predecessor), ("productId", self.product_id))
        leading = next((f"{name}_1_" for name, value in named if value is not None), "")
        return f"workspaceId_1_environment_1_{leading}_id_-1"


class LotRepository:
    """The lots of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._lots = database.scoped(LOTS, tenancy)
        self._all = database.collection(LOTS)
        self._graphs = database.collection(GRAPHS)
        self._database = database
        self._tenancy = tenancy

    async def page(self, which: LotFilter, *, after: str | None, skip: int, limit: int) -> list[Document]:
        """Return the lots that match, newest first; ``after`` is the last one seen."""
        query = which.query if after is None else {**which.query, "_id": {"$lt": after}}
        cursor = self._lots.find(query, sort=[("_id", -1)], skip=skip, limit=limit, hint=which.hint)
        return await cursor.to_list()

    async def count(self, which: LotFilter) -> int:
        """Count the lots that match."""
        return await self._lots.count(which.query, hint=which.hint)

    async def exists(self, lot_id: str) -> bool:
        """Tell whether there is such a lot."""
        return await self._lots.find_one({"_id": lot_id}, projection={"_id": 1}) is not None

    async def hold(self, ids: Collection[str], *, session: Session) -> bool:
        """Keep lots from being deleted while a transaction that refers to them lasts; tell whether all are there."""
        if not ids:
            return True
        query = {**self._tenancy.fields, "_id": {"$in": list(ids)}}
        outcome = await self._all.update_many(query, {"$inc": {"references": 1}}, session=session)
        return outcome.matched_count == len(ids)

    async def missing(self, ids: Collection[str], *, session: Session | None = None) -> list[str]:
        """Return those ids that are no lots here."""
        found = self._lots.find({"_id": {"$in": list(ids)}}, projection={"_id": 1}, session=session)
        there = {lot["_id"] async for lot in found}
        return [lot_id for lot_id in ids if lot_id not in there]

    async def awaited(self, ids: Sequence[str], *, session: Session) -> list[str]:
        """Return those lots among some that were written after a successor: one with them closes the way around."""
        shown = {"predecessors": 1}
        found = self._lots.find({"predecessors": {"$in": list(ids)}}, projection=shown, session=session)
        mine, late = set(ids), set()
        async for lot in found:
            late |= {one for one in lot["predecessors"] if one in mine and one >= lot["_id"]}
        return sorted(late)

    async def prepare_graph(self) -> None:
        """See to it that there is what `lock_graph` locks: no two transactions can make it at once."""
        await self._database.insert_missing(GRAPHS, [{"_id": self._graph, **self._tenancy.fields, "changes": 0}])

    async def lock_graph(self, *, session: Session) -> None:
        """Let no other transaction change predecessors until this one ends: two changes alone make no cycle, both may.

        Whoever loses is begun anew by the driver, and then sees what the other did.
        """
        await self._graphs.update_one({"_id": self._graph}, {"$inc": {"changes": 1}}, session=session)

    @property
    def _graph(self) -> str:
        return f"{self._tenancy.workspace_id}/{self._tenancy.environment}"

    async def before(self, lots: Sequence[Document], *, limit: int, session: Session | None = None) -> list[Document]:
        """Return the predecessors of some lots, at most ``limit``."""
        ids = sorted({lot_id for lot in lots for lot_id in lot["predecessors"]})
        return await self._nodes({"_id": {"$in": ids}}, limit=limit, session=session)

    async def after(self, lots: Sequence[Document], *, limit: int, session: Session | None = None) -> list[Document]:
        """Return the successors of some lots, at most ``limit``."""
        ids = [lot["_id"] for lot in lots]
        return await self._nodes({"predecessors": {"$in": ids}}, limit=limit, session=session)

    async def _nodes(self, query: Document, *, limit: int, session: Session | None) -> list[Document]:
        projection = dict.fromkeys(_NODE, 1)
        return await self._lots.find(query, projection=projection, limit=limit, session=session).to_list()

    async def successors_of(self, lot_id: str, *, limit: int, session: Session) -> list[str]:
        """Return the ids of the lots that come from a lot, at most ``limit``."""
        found = self._lots.find({"predecessors": lot_id}, projection={"_id": 1}, limit=limit, session=session)
        return [lot["_id"] async for lot in found]


class LotNumbers:
    """Which lot stands under a number of a product, and whether a product has any: what those below ask."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, tenancy: Tenancy, product_id: Id, number: str) -> str | None:
        """Return the id of a lot, or None."""
        lots = self._database.scoped(LOTS, tenancy)
        found = await lots.find_one({"productId": product_id, "lotNumber": number}, projection={"_id": 1})
        return None if found is None else str(found["_id"])

    async def count(self, tenancy: Tenancy, product_id: Id) -> int:
        """Count the lots of a product."""
        return await LotRepository(self._database, tenancy).count(LotFilter(product_id=product_id))
