"""Every address that a code can carry answers in every state of its passport."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.conftest import Office, new_gtin
from tests.contract.checker import Checker, Operation
from tests.contract.requests import Requests

from tracepass.contract import load

SCANS = [operation for operation in Checker(load()).operations if operation.id.startswith("scan")]
DATA, JSON = {"Accept": "application/ld+json"}, {"Accept": "application/json"}


class Scanned:
    """A published passport, and the requests that its code leads to."""

    def __init__(self, operation: Operation, client: httpx2.AsyncClient, passport: Any, requests: Requests) -> None:
        self._operation = operation
        self._client = client
        self._requests = requests
        self._address = f"/api/v1/passports/{passport['_id']}"

    async def scan(self, client: httpx2.AsyncClient, **headers: str) -> httpx2.Response:
        return await self._requests.send(client, self._operation, headers=headers)

    async def move(self, move: str, **body: Any) -> None:
        assert (await self._client.post(f"{self._address}/{move}", json=body)).status_code == 200


@pytest.fixture(params=SCANS, ids=lambda operation: operation.id)
async def scanned(request: pytest.FixtureRequest, office: Office, contract: Checker, make_passport: Any) -> Scanned:
    operation: Operation = request.param
    workspace = await office.workspace()
    client = await office.client(workspace, environment="test" if "Test" in operation.id else "live")
    gs1 = {"gtin": new_gtin()}
    if "{serial}" in operation.path:
        gs1["serialNumber"] = "S/1 ü"
    if "{lot}" in operation.path:
        gs1["lot"] = "L-7"
    passport = await make_passport(client, published=True, gs1=gs1)
    places = {"gtin": gs1["gtin"], "workspace": workspace.slug, "serial": "S/1 ü", "lot": "L-7"}
    return Scanned(operation, client, passport, Requests(contract).at(**places))


async def test_a_published_passport_is_a_page_and_data(scanned: Scanned, anonymous: httpx2.AsyncClient) -> None:
    page, data, json = [await scanned.scan(anonymous, **headers) for headers in ({}, DATA, JSON)]
    assert [answer.status_code for answer in (page, data, json)] == [200, 200, 200]
    assert page.headers["content-type"].startswith("text/html")
    assert data.headers["content-type"] == "application/ld+json"
    assert data.json() == json.json()


async def test_an_unchanged_passport_is_not_sent_again(scanned: Scanned, anonymous: httpx2.AsyncClient) -> None:
    first = await scanned.scan(anonymous)
    again = await scanned.scan(anonymous, **{"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_suspended_passport_is_locked_until_it_is_republished(
    scanned: Scanned, anonymous: httpx2.AsyncClient
) -> None:
    await scanned.move("suspend", reason="Recall of lot L-7.")
    page, refusal = await scanned.scan(anonymous), await scanned.scan(anonymous, **JSON)
    assert (page.status_code, refusal.status_code, refusal.json()["error"]) == (423, 423, "locked")
    assert refusal.json()["details"]["reason"] == "Recall of lot L-7."
    await scanned.move("republish")
    assert (await scanned.scan(anonymous)).status_code == 200


async def test_an_archived_passport_is_gone(scanned: Scanned, anonymous: httpx2.AsyncClient) -> None:
    await scanned.move("archive")
    page, refusal = await scanned.scan(anonymous), await scanned.scan(anonymous, **JSON)
    assert (page.status_code, refusal.status_code, refusal.json()["error"]) == (410, 410, "gone")
