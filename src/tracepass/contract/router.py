"""The contract, served: for generators as JSON and YAML, for people as pages."""

from __future__ import annotations

from starlette.responses import Response

from tracepass.api import Call, Router, raw_answer
from tracepass.contract.reference import PAGE_POLICY
from tracepass.contract.served import Contract

router = Router()
PAGE_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "public, max-age=300",
}
DATA_HEADERS = {"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}


@router.operation("GET", "/api/v1/openapi.json", public=True)
async def get_contract_as_json(call: Call) -> Response:
    """Serve the OpenAPI document as JSON."""
    return raw_answer(call.service(Contract).json, "application/json", headers=DATA_HEADERS)


@router.operation("GET", "/api/v1/openapi.yaml", public=True)
async def get_contract_as_yaml(call: Call) -> Response:
    """Serve the OpenAPI document as YAML."""
    return raw_answer(call.service(Contract).yaml, "application/yaml", headers=DATA_HEADERS)


@router.operation("GET", "/docs", public=True)
async def get_reference(call: Call) -> Response:
    """Serve the reference for people."""
    return raw_answer(call.service(Contract).page, "text/html; charset=utf-8", headers=PAGE_HEADERS)
