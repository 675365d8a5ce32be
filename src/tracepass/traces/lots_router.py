"""The routes of lots."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, entity_answer, list_answer
from tracepass.api.arguments import parameters_of
from tracepass.core.mongo import Document
from tracepass.traces.lot_models import LineageQuery, LotCreate, LotPatch, LotQuery
from tracepass.traces.lot_wire import etag
from tracepass.traces.lots import Lots
from tracepass.traces.models import LotTraceQuery
from tracepass.traces.router import READ, WRITE, page_answer, read_query, uuid_in

PREFIX = "/api/v1/lots"
lots_router = Router(prefix=PREFIX)


def _entity(call: Call, lot: Document, status: int = 200) -> Response:
    headers = {"Location": f"{PREFIX}/{lot['id']}"} if status == HTTPStatus.CREATED else None
    return entity_answer(call, lot, etag=etag(lot), status=status, headers=headers)


@lots_router.operation("POST", "", scope=WRITE, budget=Budget.WRITES)
async def create_lot(call: Call, body: LotCreate) -> Response:
    """Add a lot."""
    return _entity(call, await call.service(Lots).create(call.caller, body), 201)


@lots_router.operation("GET", "", scope=READ, budget=Budget.READS)
async def list_lots(call: Call, query: Annotated[LotQuery, Query()]) -> Response:
    """List lots, newest first."""
    page = await call.service(Lots).list_(call.caller, query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit, next_cursor=page.next_cursor)


@lots_router.operation("GET", "/{id}", scope=READ, budget=Budget.READS)
async def get_lot(call: Call) -> Response:
    """Read one lot."""
    return _entity(call, await call.service(Lots).get(call.caller, uuid_in(call, "lot")))


@lots_router.operation("PATCH", "/{id}", scope=WRITE, budget=Budget.WRITES)
async def patch_lot(call: Call, body: LotPatch) -> Response:
    """Change what the body names."""
    lots, lot_id = call.service(Lots), uuid_in(call, "lot")
    return _entity(call, await lots.patch(call.caller, lot_id, body, expected=call.expected_versions))


@lots_router.operation("DELETE", "/{id}", scope=WRITE, budget=Budget.WRITES)
async def delete_lot(call: Call) -> Response:
    """Delete a lot that nothing refers to."""
    lots, lot_id = call.service(Lots), uuid_in(call, "lot")
    lot = await lots.delete(call.caller, lot_id, expected=call.expected_versions)
    return answer({"message": f"The lot {lot['lotNumber']!r} was deleted."})


@lots_router.operation("GET", "/{id}/lineage", scope=READ, budget=Budget.READS)
async def get_lot_lineage(call: Call, query: Annotated[LineageQuery, Query()]) -> Response:
    """Show where a lot comes from, and what came of it."""
    return answer(await call.service(Lots).lineage(call.caller, uuid_in(call, "lot"), query))


@lots_router.operation("GET", "/{id}/traces", scope=READ, budget=Budget.READS, also_query=parameters_of(LotTraceQuery))
async def list_lot_traces(call: Call) -> Response:
    """List the traces of a lot, and those brought forward to it."""
    query = read_query(call, LotTraceQuery)
    return page_answer(call, await call.service(Lots).traces(call.caller, uuid_in(call, "lot"), query))
