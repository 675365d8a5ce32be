"""The routes of histories of passports, and of the choice which captured events everybody may see."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, path_id
from tracepass.epcis.histories import Histories
from tracepass.epcis.models import HistoryQuery, VisibilityWrite
from tracepass.epcis.negotiation import EVENTS
from tracepass.epcis.standard_router import history_answer, speaking
from tracepass.epcis.visibility import Visibility
from tracepass.passports.addresses import locator, on_passport

histories_router = Router(prefix="/api/v1/passports")
product_events_router = Router(prefix="/api/v1/products")
visibility_router = Router(prefix="/api/v1/epcis/visibility")


@on_passport(histories_router, "GET", "/epcis", scope="epcis:read", budget=Budget.READS)
@speaking(*EVENTS)
async def export_passport_events(call: Call, query: Annotated[HistoryQuery, Query()]) -> Response:
    """Export the history of a passport."""
    histories = call.service(Histories)
    page = await histories.page(call.caller, locator(call), per_page=query.per_page, token=query.next_page_token)
    return await history_answer(call, page)


@product_events_router.operation("GET", "/{id}/epcis", scope="epcis:read", budget=Budget.READS)
@speaking(*EVENTS)
async def export_product_events(call: Call, query: Annotated[HistoryQuery, Query()]) -> Response:
    """Export the captured events of a product."""
    histories, product_id = call.service(Histories), path_id(call, "id")
    page = await histories.of_product(call.caller, product_id, per_page=query.per_page, token=query.next_page_token)
    return await history_answer(call, page)


@visibility_router.operation("GET", "", scope="workspace:read")
async def get_event_visibility(call: Call) -> Response:
    """Tell which business steps everybody may see."""
    return answer({"publicBizSteps": await call.service(Visibility).get(call.caller)})


@visibility_router.operation("PUT", "", scope="workspace:manage", budget=Budget.WRITES)
async def set_event_visibility(call: Call, body: VisibilityWrite) -> Response:
    """Choose which business steps everybody may see."""
    return answer({"publicBizSteps": await call.service(Visibility).put(call.caller, body.public_biz_steps)})
