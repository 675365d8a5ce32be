"""The routes of the stateless tools of EPCIS. Any credential opens them; a call costs as much as of a GS1 tool."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import File, Query, UploadFile
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, raw_answer
from tracepass.api.policy import FILE_LIMIT, FORM_OVERHEAD, MULTIPART
from tracepass.core.errors import Refusal
from tracepass.epcis.models import EpcisBody
from tracepass.epcis.negotiation import EVENTS, XML_TYPES
from tracepass.epcis.standard_router import speaking, style, value_answer
from tracepass.epcis.workbench import Workbench
from tracepass.epcis.workbenchmodels import SpreadsheetQuery, SyntheticPlan, TemplateQuery
from tracepass.epcis.xml import write_xml

workbench_router = Router(prefix="/api/v1/epcis")
_MEDIA: Final = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
}


@workbench_router.operation("POST", "/analyze", signed_in=True, budget=Budget.TOOLS, also_media=XML_TYPES)
async def analyze_events(call: Call, body: EpcisBody) -> Response:
    """Find what is wrong with a document, an event or an array of events."""
    return answer(await call.service(Workbench).analyse(body.root))


@workbench_router.operation("POST", "/generate", signed_in=True, budget=Budget.TOOLS)
@speaking(*EVENTS)
async def generate_events(call: Call, body: SyntheticPlan) -> Response:
    """Make a synthetic chain of events."""
    document = await call.service(Workbench).generate(body)
    agreed = style(call)
    if agreed.is_xml:
        return raw_answer(write_xml(document, agreed.version, cbv=agreed.cbv), agreed.media)
    return value_answer(call, document)


@workbench_router.operation(
    "POST",
    "/from-spreadsheet",
    signed_in=True,
    budget=Budget.TOOLS,
    media_type=MULTIPART,
    max_body=FILE_LIMIT + FORM_OVERHEAD,
)
async def read_spreadsheet(
    call: Call, file: Annotated[UploadFile, File()], query: Annotated[SpreadsheetQuery, Query()]
) -> Response:
    """Make a document of the rows of a spreadsheet."""
    if (file.size or 0) > FILE_LIMIT:
        raise Refusal("payload_too_large", "A file has at most 10 MB.", details={"limit": FILE_LIMIT})
    return answer(await call.service(Workbench).from_spreadsheet(file.file, partial=query.partial == "true"))


@workbench_router.operation("GET", "/spreadsheet-template", signed_in=True)
async def get_spreadsheet_template(call: Call, query: Annotated[TemplateQuery, Query()]) -> Response:
    """Serve the empty spreadsheet."""
    data = await call.service(Workbench).template(query.format)
    name = f"epcis-events.{query.format}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return raw_answer(data, _MEDIA[query.format], headers=headers)
