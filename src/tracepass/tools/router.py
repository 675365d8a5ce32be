"""The routes of the tools. Any credential opens them; a batch costs as many units as it has items."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer
from tracepass.tools.batches import Answer
from tracepass.tools.models import ToolBody
from tracepass.tools.service import Tools

router = Router(prefix="/api/v1")

IN_THREAD_FROM = 50
"""Items whose work would hold up other calls."""


def units(body: ToolBody) -> int:
    """Return what a call costs."""
    return body.units


async def _answered(work: Callable[[ToolBody], Answer], body: ToolBody) -> Response:
    if body.units < IN_THREAD_FROM:
        return answer(work(body))
    return answer(await asyncio.to_thread(work, body))


@router.operation("POST", "/epc/encode", signed_in=True, budget=Budget.TOOLS, cost=units)
async def encode_epc(call: Call, body: ToolBody) -> Response:
    """Write GS1 keys as EPCs."""
    return await _answered(call.service(Tools).encode, body)


@router.operation("POST", "/epc/decode", signed_in=True, budget=Budget.TOOLS, cost=units)
async def decode_epc(call: Call, body: ToolBody) -> Response:
    """Read EPCs in any notation."""
    return await _answered(call.service(Tools).decode, body)


@router.operation("POST", "/barcode/decode", signed_in=True, budget=Budget.TOOLS, cost=units)
async def decode_barcode(call: Call, body: ToolBody) -> Response:
    """Read what scanners send."""
    return await _answered(call.service(Tools).decode_barcode, body)


@router.operation("POST", "/serial/validate", signed_in=True, budget=Budget.TOOLS, cost=units)
async def validate_serial(call: Call, body: ToolBody) -> Response:
    """Check serial numbers."""
    return await _answered(call.service(Tools).validate_serial, body)
