"""The routes of measurements, on both addresses of a passport."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Any

import orjson
from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, entity_answer
from tracepass.core.completion import answering
from tracepass.measurements.models import MeasurementBatch, MeasurementQuery
from tracepass.measurements.service import Measurements
from tracepass.passports.addresses import locator, on_passport

READ, WRITE = "passports:read", "passports:write"
router = Router(prefix="/api/v1/passports")


@on_passport(router, "POST", "/measurements", scope=WRITE, budget=Budget.WRITES)
async def record_measurements(call: Call, body: MeasurementBatch) -> Response:
    """Take 1 to 500 measurements; each stands alone."""
    render = answering(lambda outcome: answer(outcome, 207))
    return render(await call.service(Measurements).record(call.caller, locator(call), body))


@on_passport(router, "GET", "/measurements", scope=READ, budget=Budget.READS)
async def list_measurements(call: Call, query: Annotated[MeasurementQuery, Query()]) -> Response:
    """List measurements by time."""
    page = await call.service(Measurements).list_(call.caller, locator(call), query)
    data: dict[str, Any] = {"items": page.items, "limit": query.limit}
    if page.next_cursor is not None:
        data["nextCursor"] = page.next_cursor
    return answer({"data": data})


@on_passport(router, "GET", "/measurements/latest", scope=READ, budget=Budget.READS)
async def get_latest_measurements(call: Call) -> Response:
    """Tell the newest value of each field."""
    latest = await call.service(Measurements).latest(call.caller, locator(call))
    tag = sha256(orjson.dumps(latest["dynamic"])).hexdigest()[:32]
    return entity_answer(call, latest, etag=tag)
