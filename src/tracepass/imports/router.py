"""The routes of imports."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, list_answer, path_id, raw_answer
from tracepass.imports.models import MOST_BYTES, ImportListQuery, ImportQuery, SheetQuery
from tracepass.imports.service import Imports

PREFIX = "/api/v1/imports"
READ, WRITE = "passports:read", "passports:write"
CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
EXPORTS: Final = frozenset({"application/ld+json", "application/x-ndjson", "application/gzip", "application/zstd"})
router = Router(prefix=PREFIX)


@router.operation(
    "POST",
    "",
    scope=WRITE,
    budget=Budget.READS,
    media_type=CSV,
    also_media=EXPORTS | {XLSX, "application/octet-stream", ""},
    max_body=MOST_BYTES,
    spooled=True,
)
async def create_import(call: Call, query: Annotated[ImportQuery, Query()]) -> Response:
    """Leave a spreadsheet, or an export, to a worker."""
    import_ = await call.service(Imports).create(call.caller, call.spool, query)
    return answer(import_, 202, headers={"Location": f"{PREFIX}/{import_['_id']}"})


@router.operation("GET", "", scope=READ)
async def list_imports(call: Call, query: Annotated[ImportListQuery, Query()]) -> Response:
    """List imports, newest first."""
    page = await call.service(Imports).list_(call.caller, query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@router.operation("GET", "/sheet", scope=READ)
async def get_import_sheet(call: Call, query: Annotated[SheetQuery, Query()]) -> Response:
    """Serve the spreadsheet to begin with."""
    name, data = await call.service(Imports).sheet(call.caller, query)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return raw_answer(data, XLSX if query.format == "xlsx" else CSV, headers=headers)


@router.operation("GET", "/{id}", scope=READ)
async def get_import(call: Call) -> Response:
    """Read an import: how far it is, and what is wrong."""
    return answer(await call.service(Imports).get(call.caller, path_id(call, "id")))


@router.operation("DELETE", "/{id}", scope=WRITE)
async def delete_import(call: Call) -> Response:
    """Stop an import, or forget one."""
    return answer({"message": await call.service(Imports).delete(call.caller, path_id(call, "id"))})
