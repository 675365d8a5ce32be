"""What can be done with traces."""

from __future__ import annotations

from collections.abc import Sequence

from tracepass.core.changes import Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.completion import foresee
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.trigrams import search_terms
from tracepass.identity.models import Caller
from tracepass.traces import lot_repository, repository
from tracepass.traces.listing import TracePage
from tracepass.traces.lot_repository import LotRepository
from tracepass.traces.models import WRITABLE, LotTraceQuery, TraceCreate, TracePatch, TraceQuery
from tracepass.traces.records import Also, Records, nothing
from tracepass.traces.refusals import NotAcceptable
from tracepass.traces.repository import TRACES, TraceFilter, TraceOrder, TraceRepository, origins_of
from tracepass.traces.uuids import new_uuid

INDEXES = (*repository.INDEXES, *lot_repository.INDEXES)
BESIDE = frozenset({"search"})
MEMBERS = (*WRITABLE, "created_at", "updated_at")
NO_LOT = "names no lot of this workspace, and only traces of lots are brought forward"


class Traces:
    """The traces of every workspace, one at a time."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._records = Records(database, "trace", TRACES, clock=clock, beside=BESIDE, moment="updated_at")

    async def create(self, caller: Caller, body: TraceCreate) -> tuple[Document, int]:
        """Add a trace; return it as it is shown, with its version.

        Raises:
            NotAcceptable: it links half an entity, or shall be brought forward without a lot.
        """
        moment = self._clock()
        unset = dict.fromkeys(WRITABLE, None) | {"bring_forward": False, "hide_on_documents": False}
        stamps = {"version": 1, "created_at": timestamp(moment), "updated_at": timestamp(moment)}
        trace = {"_id": new_uuid(moment), **unset, **body.named, **stamps}
        check_link(trace)
        made = shown(trace), 1
        foresee(made)
        also = self._holding_lot(caller, trace)
        await self._records.add(caller, trace, beside(trace), taken=Stale, also=also)
        return made

    def _holding_lot(self, caller: Caller, trace: Document) -> Also | None:
        """Return what makes sure, in the transaction of a trace, that its lot is there, if it has to be."""
        if not trace["bring_forward"]:
            return None
        check_origin(trace)
        lots = LotRepository(self._database, caller.tenancy)

        async def hold(session: Session) -> None:
            if not await lots.hold([trace["origin_entity_id"]], session=session):
                raise NotAcceptable.at("origin_entity_id", NO_LOT)

        return hold

    async def get(self, caller: Caller, trace_id: str) -> tuple[Document, int]:
        """Return a trace as it is shown, with its version.

        Raises:
            NotFound: this workspace has no such trace.
        """
        stored = await self._records.load(caller, trace_id)
        return shown(stored), stored["version"]

    async def list_(self, caller: Caller, query: TraceQuery) -> TracePage:
        """Return one page of traces."""
        origins = (
            *origins_of("Lot", query.origin_lot, query.origin_lots),
            *origins_of("Delivery", query.origin_delivery, query.origin_deliveries),
        )
        which = TraceFilter(origins=origins, keys=_keys(query), key_part=query.key_part)
        found, total = await self._page(caller, which, query)
        return TracePage([shown(trace) for trace in found], total, query.page, query.per_page)

    async def list_of_lot(
        self, caller: Caller, lot_id: str, ancestors: Sequence[str], query: LotTraceQuery, *, truncated: bool
    ) -> TracePage:
        """Return one page of the traces of a lot, and of those that its predecessors bring forward to it."""
        origins = origins_of("Lot", query.origin_lot, query.origin_lots)
        inherited = (lot_id, tuple(ancestors))
        which = TraceFilter(origins=origins, inherited=inherited, keys=_keys(query), key_part=query.key_part)
        found, total = await self._page(caller, which, query)
        items = [{**shown(trace), "inherited_from": _inherited_from(trace, lot_id)} for trace in found]
        return TracePage(items, total, query.page, query.per_page, truncated)

    async def _page(self, caller: Caller, which: TraceFilter, query: LotTraceQuery) -> tuple[list[Document], int]:
        traces = TraceRepository(self._database, caller.tenancy)
        total = await traces.count(which)
        skip = (query.page - 1) * query.per_page
        found = await traces.page(which, TraceOrder(*query.sort), skip=skip, limit=query.per_page, total=total)
        return found, total

    async def patch(
        self, caller: Caller, trace_id: str, body: TracePatch, *, expected: frozenset[int] | None
    ) -> tuple[Document, int]:
        """Change what the body names; another's write in between only means another look.

        Raises:
            NotFound: this workspace has no such trace.
            NotAcceptable: it would link half an entity, or be brought forward without a lot.
        """

        def edit(trace: Document) -> Document:
            after = {**trace, **body.named}
            check_link(after)
            return after

        def also(_: Document, after: Document) -> Also:
            return self._holding_lot(caller, after) or nothing

        after = await self._records.change(
            caller, trace_id, edit, expected=expected, beside=beside, taken=lambda _: Stale(), also=also
        )
        return shown(after), after["version"]

    async def delete(self, caller: Caller, trace_id: str, *, expected: frozenset[int] | None) -> Document:
        """Delete a trace; return it as it was.

        Raises:
            NotFound: this workspace has no such trace.
        """
        stored = await self._records.load(caller, trace_id)
        await self._records.remove(caller, stored, expected=expected, also=nothing)
        return shown(stored)


def shown(stored: Document) -> Document:
    """Return a stored trace as it is shown."""
    return {"id": stored["_id"], **{name: stored[name] for name in MEMBERS}}


def beside(trace: Document) -> Document:
    """Return what is stored beside a trace: what a part of its key is found by."""
    return {"search": search_terms([trace["key"]])}


def _keys(query: LotTraceQuery) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(keys) for keys in ([query.key] if query.key else None, query.keys) if keys)


def _inherited_from(trace: Document, lot_id: str) -> str | None:
    return None if trace["origin_entity_id"] == lot_id else trace["origin_entity_id"]


def check_origin(trace: Document) -> None:
    """Hold a trace that shall be brought forward against its origin.

    Raises:
        NotAcceptable: it is none of a lot.
    """
    if trace["bring_forward"] and trace["origin_model_name"] != "Lot":
        raise NotAcceptable.at("bring_forward", "may be true for traces of lots only")


def check_link(trace: Document) -> None:
    """Hold the two halves of a link against each other.

    Raises:
        NotAcceptable: one is there and the other is not.
    """
    for one, other in (("link_entity_id", "link_model_name"), ("link_model_name", "link_entity_id")):
        if trace[one] is None and trace[other] is not None:
            raise NotAcceptable.at(one, f"is required with {other}")
