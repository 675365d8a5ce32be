"""The gate of budgets: takes what a request costs before its handler runs, and gives it back if it comes to nothing."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from starlette.responses import Response

from tracepass.api.call import Call
from tracepass.api.failures import refusal_answer
from tracepass.api.policy import Budget
from tracepass.api.routing import Proceed
from tracepass.core.errors import Refusal
from tracepass.core.mongo import PyMongoError
from tracepass.quotas.models import rate_limit_headers
from tracepass.quotas.service import Quotas, Taken

_log = structlog.get_logger()


async def metering(call: Call, body: Any, proceed: Proceed) -> Response:
    """Let a call proceed if its budget has room; tell in its answer what is left.

    Raises:
        RateLimited: it has none.
    """
    if call.policy.budget is Budget.NONE or call.caller.grant is not None:
        # What holders of access grants read is no more the workspace's own reading than a scan is.
        return await proceed()
    quotas = call.service(Quotas)
    taken = await _take(quotas, call, body)
    if taken is None:
        return await proceed()
    try:
        response = await proceed()
    except Refusal as refusal:
        response = refusal_answer(refusal)
    except Exception:
        await _give_back(quotas, taken)
        raise
    if response.status_code >= HTTPStatus.BAD_REQUEST:
        await _give_back(quotas, taken)
    response.headers.update(rate_limit_headers(*taken.windows))
    return response


async def _take(quotas: Quotas, call: Call, body: Any) -> Taken | None:
    policy = call.policy
    units = 1 if policy.cost is None else policy.cost(body)
    if policy.budget is Budget.WRITES:
        return await quotas.take_writes(call.caller, units)
    if policy.budget is Budget.READS:
        return await quotas.take_read(call.caller, units)
    return await quotas.take_call(call.caller, units)


async def _give_back(quotas: Quotas, taken: Taken) -> None:
    """Give units back; a database that is away shall not hide why the request failed."""
    try:
        await quotas.give_back(taken)
    except PyMongoError as error:
        _log.warning("units not given back", error=str(error))
