"""Schemathesis tries what nobody thought of: no failure of ours, no undocumented answer."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.conftest import ORIGIN, Office, client_of
from tests.contract.checker import Checker

from tracepass.contract import document, load

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
NOT_OFFERED = 501
SCHEMA = openapi.from_dict(document(ORIGIN))
OPERATIONS: list[Any] = [found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)]
KEYS = {"authorization", "x-api-key"}
A_FEW = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def _takes_anything(operation: Any) -> bool:
    """Tell whether there is anything about the operation that could be wrong."""
    return bool(list(operation.iter_parameters()) or operation.body)


@pytest.fixture(scope="module")
async def fuzzed(office: Office) -> httpx2.AsyncClient:
    """A client whose answers are checked, but do not count as tried by a test."""
    workspace = await office.workspace(name="Fuzz")
    return client_of(office.app, Checker(load()), key=await office.key(workspace))


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
@A_FEW
@given(data=st.data())
async def test_what_the_contract_allows_gets_a_documented_answer(
    data: st.DataObject, operation: Any, fuzzed: httpx2.AsyncClient
) -> None:
    case = data.draw(operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
    await _try(fuzzed, case)


@pytest.mark.parametrize("operation", list(filter(_takes_anything, OPERATIONS)), ids=lambda operation: operation.label)
@A_FEW
@given(data=st.data())
async def test_what_the_contract_forbids_gets_a_documented_answer(
    data: st.DataObject, operation: Any, fuzzed: httpx2.AsyncClient
) -> None:
    case = data.draw(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    await _try(fuzzed, case)


async def _try(client: httpx2.AsyncClient, case: Any) -> None:
    """Send a case and hold the answer against the contract; what is said not to be offered is no failure of ours."""
    answer = await _send(client, case)
    checks = [check for check in CHECKS if check is not not_a_server_error or answer.status_code != NOT_OFFERED]
    case.validate_response(answer, checks=checks)


async def _send(client: httpx2.AsyncClient, case: Any) -> httpx2.Response:
    """Send the very bytes that Schemathesis would send."""
    wanted: Any = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
    headers = {name: value for name, value in wanted.headers.items() if name.lower() not in KEYS}
    return await client.request(wanted.method, wanted.url, headers=headers, content=wanted.body)
