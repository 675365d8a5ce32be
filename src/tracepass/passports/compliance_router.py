"""The routes that hold passports against the law: verdict, condition flags, readiness, and the counts of many."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer
from tracepass.core.mongo import Document
from tracepass.passports.addresses import locator, on_passport
from tracepass.passports.conditionflags import ConditionFlags, FlagsPatch
from tracepass.passports.router import PREFIX, READ, WRITE
from tracepass.passports.verdicts import ComplianceQuery, Verdicts

compliance_router = Router()
verdict_router = Router(prefix=PREFIX)


@compliance_router.operation("GET", "/api/v1/compliance", scope=READ, budget=Budget.READS)
async def count_compliance(call: Call, query: Annotated[ComplianceQuery, Query()]) -> Response:
    """Count the verdicts of a product or of the workspace."""
    return answer(await call.service(Verdicts).counts(call.caller, query))


@on_passport(verdict_router, "GET", "/compliance", scope=READ, budget=Budget.READS)
async def get_compliance(call: Call) -> Response:
    """Give the verdict on a passport."""
    return answer(await call.service(Verdicts).of(call.caller, locator(call)))


@on_passport(verdict_router, "GET", "/registry-readiness", scope=READ, budget=Budget.READS)
async def get_readiness(call: Call) -> Response:
    """Tell whether a passport can be registered."""
    return answer(await call.service(Verdicts).readiness(call.caller, locator(call)))


@on_passport(verdict_router, "GET", "/condition-flags", scope=READ, budget=Budget.READS)
async def get_condition_flags(call: Call) -> Response:
    """Show the condition flags."""
    return _flags(await call.service(ConditionFlags).get(call.caller, locator(call)))


@on_passport(verdict_router, "PATCH", "/condition-flags", scope=WRITE, budget=Budget.WRITES)
async def patch_condition_flags(call: Call, body: FlagsPatch) -> Response:
    """Set condition flags."""
    flags = call.service(ConditionFlags)
    return _flags(await flags.patch(call.caller, locator(call), body, expected=call.expected_versions))


def _flags(body: Document) -> Response:
    return answer(body, headers={"ETag": f'"{body["version"]}"'})
