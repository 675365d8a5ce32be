"""The routes that read what a passport was: its code, snapshots, history, scans."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, list_answer, raw_answer
from tracepass.passports.addresses import locator, on_passport, segment
from tracepass.passports.models import RecordQuery, SnapshotQuery
from tracepass.passports.qr import MEDIA_TYPES, QrQuery, colours, describe, draw
from tracepass.passports.records import PassportRecords
from tracepass.passports.router import PREFIX, READ
from tracepass.passports.service import Passports

records_router = Router(prefix=PREFIX)


@on_passport(records_router, "GET", "/qr", scope=READ, budget=Budget.READS)
async def get_qr(call: Call, query: Annotated[QrQuery, Query()]) -> Response:
    """Draw the code of a passport."""
    passport = await call.service(Passports).desk.load(call.caller, locator(call))
    drawn_in = colours(query, call.caller.workspace.branding)
    if query.format == "json":
        return answer({"passportId": passport["_id"], **await asyncio.to_thread(describe, passport, query)})
    drawing = await asyncio.to_thread(draw, passport, query, drawn_in, test=call.caller.environment == "test")
    name = f"passport-{passport['_id']}.{query.format}"
    return raw_answer(drawing, MEDIA_TYPES[query.format], headers={"Content-Disposition": f'inline; filename="{name}"'})


@on_passport(records_router, "GET", "/snapshots", scope=READ, budget=Budget.READS)
async def list_snapshots(call: Call, query: Annotated[SnapshotQuery, Query()]) -> Response:
    """List the versions since the draft, or show the one in force at a moment."""
    records = call.service(PassportRecords)
    if query.at is not None:
        return answer(await records.snapshot_at(call.caller, locator(call), query.at))
    page = await records.snapshots(call.caller, locator(call), page=query.page, limit=query.limit)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@on_passport(records_router, "GET", "/snapshots/{snapshotId}", scope=READ, budget=Budget.READS)
async def get_snapshot(call: Call) -> Response:
    """Show one version."""
    reference = segment(call, "snapshotId")
    return answer(await call.service(PassportRecords).snapshot(call.caller, locator(call), reference))


@on_passport(records_router, "GET", "/history", scope=READ, budget=Budget.READS)
async def list_history(call: Call, query: Annotated[RecordQuery, Query()]) -> Response:
    """List every change."""
    records = call.service(PassportRecords)
    page = await records.history(call.caller, locator(call), page=query.page, limit=query.limit)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@on_passport(records_router, "GET", "/scans", scope=READ, budget=Budget.READS)
async def get_scans(call: Call) -> Response:
    """Count the scans."""
    return answer(await call.service(PassportRecords).scans(call.caller, locator(call)))
