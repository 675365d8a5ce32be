"""The routes of exports: streamed, made by a worker, fetched."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, list_answer, path_id, raw_answer
from tracepass.api.streaming import StreamAnswer
from tracepass.core.canonical import canonical_json
from tracepass.exports.context import PATH, Contexts
from tracepass.exports.models import DownloadQuery, ExportCreate, ExportListQuery, TenantExportQuery
from tracepass.exports.negotiation import wanted_coding, wanted_format
from tracepass.exports.ranges import wanted_span
from tracepass.exports.service import Download, TenantExports

PREFIX = "/api/v1/exports"
READ = "exports:read"
router = Router(prefix=PREFIX)
console_router = Router(prefix="/api/exports")
context_router = Router()


async def _stream(call: Call, query: TenantExportQuery) -> Response:
    form, media_type = wanted_format(", ".join(call.headers.getlist("accept")))
    coding = wanted_coding(", ".join(call.headers.getlist("accept-encoding")))
    exports = call.service(TenantExports)
    pieces = await exports.stream(call.caller, form.name, coding, query.since)
    headers = {
        "Content-Disposition": f'attachment; filename="{exports.name_of(call.caller, form.name)}"',
        "Vary": "Accept, Accept-Encoding",
    }
    if coding != "none":
        headers["Content-Encoding"] = coding
    return StreamAnswer(pieces, headers=headers, media_type=media_type)


@router.operation("GET", "/tenant", scope=READ, budget=Budget.READS)
async def export_tenant(call: Call, query: Annotated[TenantExportQuery, Query()]) -> Response:
    """Stream everything the workspace has."""
    return await _stream(call, query)


@console_router.operation("GET", "/tenant", scope=READ, budget=Budget.READS)
async def export_tenant_here(call: Call, query: Annotated[TenantExportQuery, Query()]) -> Response:
    """Stream the same, at the address of our own pages."""
    return await _stream(call, query)


@router.operation("POST", "", scope=READ, budget=Budget.READS)
async def create_export(call: Call, body: ExportCreate) -> Response:
    """Ask a worker for an export."""
    export = await call.service(TenantExports).create(call.caller, body)
    return answer(export, 202, headers={"Location": f"{PREFIX}/{export['_id']}"})


@router.operation("GET", "", scope=READ)
async def list_exports(call: Call, query: Annotated[ExportListQuery, Query()]) -> Response:
    """List exports, newest first."""
    page = await call.service(TenantExports).list_(call.caller, query, origin=call.origins.api)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@router.operation("GET", "/{id}", scope=READ)
async def get_export(call: Call) -> Response:
    """Read an export: how far it is, or where its file is."""
    found = await call.service(TenantExports).get(call.caller, path_id(call, "id"), origin=call.origins.api)
    return answer(found)


@router.operation("DELETE", "/{id}", scope=READ)
async def delete_export(call: Call) -> Response:
    """Stop an export, or take its file away."""
    await call.service(TenantExports).delete(call.caller, path_id(call, "id"))
    return answer({"message": "The export was deleted."})


@router.operation("GET", "/{id}/download", public=True)
async def download_export(call: Call, query: Annotated[DownloadQuery, Query()]) -> Response:
    """Give the file of an export, or a part of it, to its workspace or to whoever has a link."""
    export_id = path_id(call, "id")
    if query.token is None:
        await call.admit(READ)
    caller = None if query.token is not None else call.caller
    found = await call.service(TenantExports).download(caller, export_id, token=query.token)
    return _file(call, found)


def _file(call: Call, found: Download) -> Response:
    file = found.export["file"]
    tag, size = f'"{found.export["blobId"]}"', file["size"]
    headers = {
        "ETag": tag,
        "Accept-Ranges": "bytes",
        "Repr-Digest": file["digest"],
        "Content-Disposition": f'attachment; filename="{file["name"]}"',
    }
    if call.has_fresh(tag):
        return Response(status_code=304, headers=headers)
    span = wanted_span(call.headers.get("range"), condition=call.headers.get("if-range"), tag=tag, size=size)
    start, end = (0, size) if span is None else (span.start, span.end)
    headers["Content-Length"] = str(end - start)
    if span is not None:
        headers["Content-Range"] = span.content_range(size)
    status = 200 if span is None else 206
    if call.method == "HEAD":
        return Response(status_code=status, headers={**headers, "Content-Type": file["mediaType"]})
    return StreamAnswer(found.pieces(start, end), status, headers=headers, media_type=file["mediaType"])


@context_router.operation("GET", PATH, public=True)
async def get_context(call: Call) -> Response:
    """Serve a JSON-LD context."""
    document: Any = call.service(Contexts).get(call.path_params["name"])
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=86400"}
    return raw_answer(canonical_json(document), "application/ld+json", headers=headers)
