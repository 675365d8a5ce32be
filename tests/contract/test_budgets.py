"""What budgets and repetitions answer, for every operation that documents them: generated from the contract."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from tests.conftest import Office
from tests.contract.checker import Checker, Operation
from tests.contract.requests import Requests, png

from tracepass.contract import load
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.idempotency.models import Request
from tracepass.idempotency.service import Claims
from tracepass.identity.models import Workspace

CONTRACT = Checker(load())
METERED = [operation for operation in CONTRACT.operations if "x-budget" in operation.definition]
REPEATABLE = [
    operation
    for operation in CONTRACT.operations
    if any(parameter["name"] == "Idempotency-Key" for parameter in operation.parameters)
]
SPENT = {"writes": 100, "passportReads": 1000}

metered = pytest.mark.parametrize("operation", METERED, ids=lambda operation: operation.id)
repeatable = pytest.mark.parametrize("operation", REPEATABLE, ids=lambda operation: operation.id)


@pytest.fixture(scope="module")
def requests(contract: Checker) -> Requests:
    return Requests(contract)


@pytest.fixture(scope="module")
async def spent(office: Office, database: Database) -> httpx2.AsyncClient:
    """A client of a free workspace that has used up its day."""
    workspace = await office.workspace(plan="free")
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    counters = database.collection("quotaCounters")
    for budget, used in SPENT.items():
        await counters.insert_one({"_id": f"{workspace.id}/live/{budget}/{today}", "used": used})
    return await office.client(workspace)


@pytest.fixture(scope="module")
async def home(office: Office) -> Workspace:
    return await office.workspace()


@pytest.fixture(scope="module")
async def owner(office: Office, home: Workspace) -> httpx2.AsyncClient:
    return await office.client(home)


@metered
async def test_a_spent_day_refuses_until_midnight(
    operation: Operation, requests: Requests, spent: httpx2.AsyncClient
) -> None:
    answer = await requests.send(spent, operation)
    limit = SPENT["writes" if operation.definition["x-budget"] == "writes" else "passportReads"]
    assert (answer.status_code, answer.json()["error"]) == (429, "rate_limited")
    assert answer.json()["details"] == {"window": "day", "limit": limit}
    assert 0 < int(answer.headers["retry-after"]) <= 86_400
    assert answer.headers["ratelimit-policy"] == f'"day";q={limit};w=86400'
    assert answer.headers["ratelimit"] == f'"day";r=0;t={answer.headers["retry-after"]}'


@repeatable
async def test_a_key_of_another_request_is_refused(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient, home: Workspace, app: FastAPI
) -> None:
    key = uuid4().hex
    await _claimed(app, _request(home, operation, requests, key, digest="of another body"))
    answer = await requests.send(owner, operation, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["error"]) == (422, "idempotency_key_reuse")


@repeatable
async def test_a_repetition_while_the_first_runs_is_told_to_wait(
    operation: Operation, requests: Requests, owner: httpx2.AsyncClient, home: Workspace, app: FastAPI
) -> None:
    key = uuid4().hex
    digest = _digest(operation, requests, owner)
    await _claimed(app, _request(home, operation, requests, key, digest=digest))
    answer = await requests.send(owner, operation, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["error"]) == (409, "idempotency_in_flight")
    assert answer.headers["retry-after"] == "1"


def _request(home: Workspace, operation: Operation, requests: Requests, key: str, *, digest: str) -> Request:
    return Request(Tenancy(home.id, "live"), operation.method.upper(), requests.path(operation), key, digest)


async def _claimed(app: FastAPI, request: Request) -> Any:
    """Let a request run, as far as anybody can see."""
    return await app.state.services[Claims].begin(request)


def _digest(operation: Operation, requests: Requests, client: httpx2.AsyncClient) -> str:
    """Return the digest of what the sample request sends: query, then body or the parts of the form."""
    options = requests.body(operation)
    if "files" in options:
        parts = [b"", b"file", b"picture.png image/png", png()]
    else:
        options |= requests.query(operation)
        made = client.build_request(operation.method, requests.path(operation), **options)
        sent = made.content
        parts = [made.url.query, sent or (b"{}" if "requestBody" in operation.definition else b"")]
    return hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()
