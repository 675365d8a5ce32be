"""The routes of labels: what they can be printed on, and print them."""

from __future__ import annotations

from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, raw_answer
from tracepass.passports.labels.formats import known_formats
from tracepass.passports.labels.models import LabelOrder
from tracepass.passports.labels.service import Labels
from tracepass.passports.router import PREFIX, READ

labels_router = Router()


@labels_router.operation("GET", "/api/v1/label-formats", scope=READ)
async def list_label_formats(call: Call) -> Response:  # noqa: ARG001 - the formats are everyone's
    """List the label formats."""
    return answer({"labelFormats": [known.shown for known in known_formats().values()]})


@labels_router.operation(
    "POST", f"{PREFIX}/labels", scope=READ, budget=Budget.READS, cost=lambda body: max(1, body.passports)
)
async def print_labels(call: Call, body: LabelOrder) -> Response:
    """Print labels of up to 1,000 passports."""
    sheet = await call.service(Labels).print(call.caller, body)
    return raw_answer(sheet, "application/pdf", headers={"Content-Disposition": 'attachment; filename="labels.pdf"'})
