"""Lots and traces that come from another installation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final

from pydantic import Field

from tracepass.core.arrivals import Arrivals, settled
from tracepass.core.arriving import faults_of, moment_faults, read
from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session, Write
from tracepass.core.restores import Arrival, Fault, Findings
from tracepass.core.schema import WireTimestamp
from tracepass.products.service import ProductMoved, Products
from tracepass.traces.lineage import find_way
from tracepass.traces.lot_models import LotCreate
from tracepass.traces.lot_repository import LOTS, LotNumbers, LotRepository
from tracepass.traces.models import WRITABLE, TraceCreate, Uuid
from tracepass.traces.refusals import DuplicateLot, LineageCycle
from tracepass.traces.repository import TRACES
from tracepass.traces.service import NO_LOT, beside, check_link, check_origin

MOST_VERSIONS: Final = 1_000_000_000
NO_PRODUCT: Final = "names no product of this workspace"
Version = Annotated[int, Field(ge=1, le=MOST_VERSIONS)]


class LotRecord(LotCreate):
    """A lot as an export tells it."""

    lot_id: Annotated[Uuid, Field(alias="_id")]
    version: Version
    created_at: WireTimestamp
    updated_at: WireTimestamp

    @property
    def stored(self) -> Document:
        """Return the lot as it is kept."""
        return {
            "_id": self.lot_id,
            "productId": self.product_id,
            "lotNumber": self.lot_number,
            "producedAt": None if self.produced_at is None else timestamp(self.produced_at),
            "quantity": self.quantity,
            "unit": self.unit,
            "predecessors": self.predecessors,
            "version": self.version,
            "createdAt": timestamp(self.created_at),
            "updatedAt": timestamp(self.updated_at),
        }


class TraceRecord(TraceCreate):
    """A trace as an export tells it."""

    id: None = None
    trace_id: Annotated[Uuid, Field(alias="_id")]
    version: Version
    created_at: WireTimestamp
    updated_at: WireTimestamp

    @property
    def stored(self) -> Document:
        """Return the trace as it is kept."""
        moments = {"created_at": timestamp(self.created_at), "updated_at": timestamp(self.updated_at)}
        members = {name: getattr(self, name) for name in WRITABLE}
        return {"_id": self.trace_id, **members, "version": self.version, **moments}


class LotRestorer:
    """Takes in lots with their predecessors, which may come later than they.

    A way from a lot to itself is closed by the last of its lots: whoever writes it sees all others.
    """

    def __init__(self, database: Database, *, clock: Clock, products: Products) -> None:
        self._database = database
        self._products = products
        self._arrivals = Arrivals(database, "lot", LOTS, clock=clock)

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold lots against the rules and against what is there."""
        found = Findings()
        for index, record in enumerate(records):
            try:
                found.faults += await self._faults(arrival, index, read(LotRecord, record))
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
        return found

    async def _faults(self, arrival: Arrival, index: int, lot: LotRecord) -> list[Fault]:
        faults = moment_faults(index, arrival, (("createdAt", lot.created_at), ("updatedAt", lot.updated_at)))
        product, number = lot.product_id, lot.lot_number
        if not arrival.coming("products", str(product)):
            await self._product(arrival, product)
            there = await LotNumbers(self._database).find(arrival.tenancy, product, number)
            if there not in {None, lot.lot_id}:
                faults += faults_of(index, DuplicateLot(number))
        if arrival.claim("lotNumber", f"{product}/{number}"):
            faults.append(Fault(index, "duplicate_lot", "lotNumber", "another lot of the file has this number"))
        elsewhere = [one for one in lot.predecessors if not arrival.coming("lots", one)]
        if elsewhere:
            missing = await LotRepository(self._database, arrival.tenancy).missing(elsewhere)
            faults += [Fault(index, "validation_error", "predecessors", f"{one} is no lot") for one in missing]
        if lot.lot_id in lot.predecessors:
            faults.append(Fault(index, "lineage_cycle", "predecessors", "a lot cannot come from itself"))
        return faults

    async def _product(self, arrival: Arrival, product: Id, *, anew: bool = False) -> Document:
        """Return the product of a lot.

        Raises:
            Invalid: there is none.
        """
        seen = self._products.seen
        try:
            return await (seen.again if anew else seen.last)(arrival.tenancy, product)
        except NotFound:
            raise Invalid({"productId": [NO_PRODUCT]}) from None

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Add lots.

        Raises:
            Refusal: a product or a predecessor is gone, a number was taken, or a lot would come from itself.
        """
        lots = [read(LotRecord, record).stored for record in records]
        if any(lot["predecessors"] for lot in lots):
            await LotRepository(self._database, arrival.tenancy).prepare_graph()

        async def add(session: Session) -> None:
            fresh = await self._arrivals.fresh(arrival, lots, session=session)
            await self._arrivals.add(arrival, fresh, _unheld, taken=_taken_number, session=session)
            await self._check_lineage(arrival, fresh, session=session)

        async def write() -> None:
            try:
                await self._database.write(await self._holding(arrival, lots, anew=False), also=add)
            except ProductMoved:
                await self._database.write(await self._holding(arrival, lots, anew=True), also=add)

        await settled(write)

    async def _holding(self, arrival: Arrival, lots: Sequence[Document], *, anew: bool) -> list[Write]:
        """Return what keeps the products of lots in place until these are there."""
        wanted = dict.fromkeys(lot["productId"] for lot in lots)
        products = [await self._product(arrival, product, anew=anew) for product in wanted]
        return [self._products.seen.staying(arrival.tenancy, product) for product in products]

    async def _check_lineage(self, arrival: Arrival, fresh: Sequence[Document], *, session: Session) -> None:
        lots = LotRepository(self._database, arrival.tenancy)
        before = list(dict.fromkeys(one for lot in fresh for one in lot["predecessors"]))
        missing = await lots.missing(before, session=session)
        gone = [one for one in missing if not arrival.coming("lots", one)]
        if gone:
            raise Refusal("conflict", f"The lot {gone[0]} is not there any more.", details={"lots": gone})
        if before:
            await lots.lock_graph(session=session)
            await lots.hold([one for one in before if one not in missing], session=session)
        by_id = {lot["_id"]: lot for lot in fresh}
        for lot_id in await lots.awaited(list(by_id), session=session):
            way = await find_way(lots, by_id[lot_id]["predecessors"], lot_id, session=session)
            if way is not None:
                raise LineageCycle(way)

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take lots away again."""
        await self._arrivals.remove(arrival, ids)


class TraceRestorer:
    """Takes in traces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._arrivals = Arrivals(database, "trace", TRACES, clock=clock)

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold traces against the rules and against what is there."""
        found = Findings()
        for index, record in enumerate(records):
            try:
                found.faults += await self._faults(arrival, index, read(TraceRecord, record))
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
        return found

    async def _faults(self, arrival: Arrival, index: int, trace: TraceRecord) -> list[Fault]:
        check_link(trace.stored)
        check_origin(trace.stored)
        faults = moment_faults(index, arrival, (("created_at", trace.created_at), ("updated_at", trace.updated_at)))
        lot = trace.origin_entity_id
        if trace.bring_forward and not arrival.coming("lots", lot):
            there = await LotRepository(self._database, arrival.tenancy).exists(lot)
            faults += [] if there else [Fault(index, "validation_error", "origin_entity_id", NO_LOT)]
        return faults

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Add traces.

        Raises:
            Refusal: the lot of one that is brought forward is gone.
        """
        traces = [read(TraceRecord, record).stored for record in records]
        lots = LotRepository(self._database, arrival.tenancy)

        async def add(session: Session) -> None:
            fresh = await self._arrivals.fresh(arrival, traces, session=session)
            await self._arrivals.add(arrival, fresh, beside, taken=_taken, session=session)
            held = {trace["origin_entity_id"] for trace in fresh if trace["bring_forward"]}
            if not await lots.hold(held, session=session):
                gone = await lots.missing(sorted(held), session=session)
                raise Refusal("conflict", f"The lot {gone[0]} is not there any more.", details={"lots": gone})

        await settled(lambda: self._database.transact(add))

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take traces away again."""
        await self._arrivals.remove(arrival, ids)


def _unheld(_: Document) -> Document:
    return {"references": 0}


def _taken_number(lot: Document) -> Refusal:
    return DuplicateLot(lot["lotNumber"])


def _taken(trace: Document) -> Refusal:
    return Refusal("conflict", f"There is another trace {trace['_id']}.")
