"""What can be done with lots: batches of a product, and where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import offset
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import Caller
from tracepass.products.service import ProductMoved, Products
from tracepass.traces.lineage import DEEPEST_INHERITED, MOST_INHERITED, find_way, walk
from tracepass.traces.listing import TracePage
from tracepass.traces.lot_models import LineageQuery, LotCreate, LotPatch, LotQuery
from tracepass.traces.lot_repository import LOTS, LotFilter, LotRepository
from tracepass.traces.lot_wire import shown, shown_node, shown_walk, stored_members, warnings_of
from tracepass.traces.models import LotTraceQuery
from tracepass.traces.records import Also, Records
from tracepass.traces.refusals import DuplicateLot, LineageCycle, LotInUse
from tracepass.traces.repository import TraceRepository
from tracepass.traces.service import Traces
from tracepass.traces.uuids import new_uuid

BESIDE: Final = frozenset({"references"})
MOST_NAMED: Final = 100
"""Passports of a lot that are shown, and what refers to it that is told where this stands in the way."""
ATTEMPTS: Final = 5


class LotPassports(Protocol):
    """What lots need to know of passports."""

    async def of_lot(self, tenancy: Tenancy, product_id: Id, lot_number: str, *, limit: int) -> list[Id]:
        """Return the ids of the passports of a batch, oldest first, at most ``limit``."""
        ...


@dataclass(frozen=True, slots=True)
class LotPage:
    """One page of lots."""

    items: list[Document]
    total: int
    next_cursor: str | None


class Lots:
    """The lots of every workspace, one at a time."""

    def __init__(
        self, database: Database, *, clock: Clock, products: Products, passports: LotPassports, traces: Traces
    ) -> None:
        self._database = database
        self._clock = clock
        self._products = products
        self._passports = passports
        self._traces = traces
        self._records = Records(database, "lot", LOTS, clock=clock, beside=BESIDE, moment="updatedAt")

    def _lots(self, caller: Caller) -> LotRepository:
        return LotRepository(self._database, caller.tenancy)

    async def create(self, caller: Caller, body: LotCreate) -> Document:
        """Add a lot.

        Raises:
            Invalid: product or predecessors are none of this workspace.
            DuplicateLot: the product has another lot of the number.
        """
        moment = self._clock()
        lot: Document = {
            "_id": new_uuid(moment),
            "productId": body.product_id,
            "lotNumber": body.lot_number,
            "producedAt": None if body.produced_at is None else timestamp(body.produced_at),
            "quantity": body.quantity,
            "unit": body.unit,
            "predecessors": body.predecessors,
            "version": 1,
            "createdAt": timestamp(moment),
            "updatedAt": timestamp(moment),
        }
        product = await self._product(caller, body.product_id)
        for _ in range(ATTEMPTS):
            try:
                await self._add(caller, lot, product)
            except ProductMoved:
                product = await self._product(caller, body.product_id, anew=True)
                continue
            return await self._with_passports(caller, {**shown(lot), **warnings_of(lot)})
        raise ProductMoved

    async def _add(self, caller: Caller, lot: Document, product: Document) -> None:
        also = self._holding(caller, lot["predecessors"]) if lot["predecessors"] else None
        await self._records.add(
            caller,
            lot,
            {"references": 0},
            taken=partial(DuplicateLot, lot["lotNumber"]),
            holding=[self._products.seen.staying(caller.tenancy, product)],
            also=also,
        )

    def _holding(self, caller: Caller, ids: Sequence[str]) -> Also:
        """Return what makes sure, in a transaction that refers to lots, that they are there."""
        lots = self._lots(caller)

        async def hold(session: Session) -> None:
            if not await lots.hold(ids, session=session):
                missing = await lots.missing(ids, session=session)
                raise Invalid({"predecessors": [f"{lot_id} is no lot of this workspace" for lot_id in missing]})

        return hold

    async def _product(self, caller: Caller, product_id: Id, *, anew: bool = False) -> Document:
        seen = self._products.seen
        try:
            return await (seen.again if anew else seen.last)(caller.tenancy, product_id)
        except NotFound:
            raise Invalid({"productId": ["names no product of this workspace"]}) from None

    async def _with_passports(self, caller: Caller, lot: Document) -> Document:
        return {**lot, "passports": await self._passport_ids(caller, lot)}

    async def _passport_ids(self, caller: Caller, lot: Document) -> list[Id]:
        return await self._passports.of_lot(caller.tenancy, lot["productId"], lot["lotNumber"], limit=MOST_NAMED)

    async def get(self, caller: Caller, lot_id: str) -> Document:
        """Return a lot with the ids of its passports.

        Raises:
            NotFound: this workspace has no such lot.
        """
        stored = await self._records.load(caller, lot_id)
        return await self._with_passports(caller, shown(self._records.plain(stored)))

    async def list_(self, caller: Caller, query: LotQuery) -> LotPage:
        """Return one page of lots, newest first."""
        which = LotFilter(query.product_id, query.lot_number, query.predecessor)
        skip = 0 if query.cursor else offset(query.page, query.limit)
        lots = self._lots(caller)
        found = await lots.page(which, after=query.cursor, skip=skip, limit=query.limit + 1)
        items = [shown(self._records.plain(lot)) for lot in found[: query.limit]]
        cursor = items[-1]["id"] if len(found) > query.limit else None
        return LotPage(items, await lots.count(which), cursor)

    async def patch(self, caller: Caller, lot_id: str, body: LotPatch, *, expected: frozenset[int] | None) -> Document:
        """Change what the body names; another's write in between only means another look.

        Raises:
            NotFound: this workspace has no such lot.
            Invalid: a predecessor is no lot of this workspace.
            DuplicateLot: the product has another lot of the number.
            LineageCycle: the lot would come from itself.
            LotInUse: it has another number, and passports stand under the one it had.
        """
        named = stored_members(body)
        if named.get("predecessors"):
            await self._lots(caller).prepare_graph()

        after = await self._records.change(
            caller,
            lot_id,
            lambda lot: {**lot, **named},
            expected=expected,
            beside=lambda _: {},
            taken=lambda lot: DuplicateLot(lot["lotNumber"]),
            also=partial(self._beside_change, caller),
        )
        renamed = warnings_of(after) if "lotNumber" in named else {}
        return await self._with_passports(caller, {**shown(after), **renamed})

    def _beside_change(self, caller: Caller, before: Document, after: Document) -> Also:
        """Return what else is looked at and held in the transaction of a change."""

        async def also(session: Session) -> None:
            if before["lotNumber"] != after["lotNumber"]:
                found = await self._passport_ids(caller, before)
                if found:
                    raise LotInUse({"passports": found}, "renumbered")
            if before["predecessors"] != after["predecessors"]:
                await self._check_lineage(caller, after, session=session)

        return also

    async def _check_lineage(self, caller: Caller, lot: Document, *, session: Session) -> None:
        if not lot["predecessors"]:
            return
        lots = self._lots(caller)
        await lots.lock_graph(session=session)
        await self._holding(caller, [one for one in lot["predecessors"] if one != lot["_id"]])(session)
        way = await find_way(lots, lot["predecessors"], lot["_id"], session=session)
        if way is not None:
            raise LineageCycle(way)

    async def delete(self, caller: Caller, lot_id: str, *, expected: frozenset[int] | None) -> Document:
        """Delete a lot that nothing refers to; return it as it was.

        Raises:
            NotFound: this workspace has no such lot.
            LotInUse: it has successors, traces or passports.
        """
        stored = await self._records.load(caller, lot_id)
        lot = self._records.plain(stored)
        passports = await self._passport_ids(caller, lot)

        async def also(session: Session) -> None:
            successors = await self._lots(caller).successors_of(lot_id, limit=MOST_NAMED, session=session)
            kept = TraceRepository(self._database, caller.tenancy)
            traces = await kept.count_of_lot(lot_id, limit=MOST_NAMED, session=session)
            if successors or traces or passports:
                references = {"successors": successors, "traces": traces, "passports": passports}
                raise LotInUse(references, "deleted")

        await self._records.remove(caller, stored, expected=expected, also=also)
        return shown(lot)

    async def lineage(self, caller: Caller, lot_id: str, query: LineageQuery) -> Document:
        """Return the lots before and after a lot, level by level.

        Raises:
            NotFound: this workspace has no such lot.
        """
        lot = self._records.plain(await self._records.load(caller, lot_id))
        lots, ways = self._lots(caller), {}
        steps = {"upstream": lots.before, "downstream": lots.after}
        for direction, reach in steps.items():
            if query.direction in {"both", direction}:
                found = await walk(lot, reach, depth=query.depth, most=query.limit)
                ways[direction] = shown_walk(found)
        return {"lot": shown_node({**lot, "depth": 0}), "depth": query.depth, **ways}

    async def traces(self, caller: Caller, lot_id: str, query: LotTraceQuery) -> TracePage:
        """Return one page of the traces of a lot, and of those that its predecessors bring forward to it.

        Raises:
            NotFound: this workspace has no such lot.
        """
        lot = self._records.plain(await self._records.load(caller, lot_id))
        found = await walk(lot, self._lots(caller).before, depth=DEEPEST_INHERITED, most=MOST_INHERITED)
        return await self._traces.list_of_lot(caller, lot_id, list(found.lots), query, truncated=found.truncated)
