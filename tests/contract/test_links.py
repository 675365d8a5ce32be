"""Every address of a Digital Link leads to what is registered, whatever key it has and however it is written."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import Office, new_gtin
from tests.contract.checker import Checker, Operation
from tests.contract.requests import Requests

from tracepass.contract import load
from tracepass.gs1.checkdigit import check_digit
from tracepass.gs1.compression import compress
from tracepass.gs1.elements import parse_bracketed

OPERATIONS = [operation for operation in Checker(load()).operations if operation.id.startswith(("scan", "resolve"))]
SHOP = "https://shop.example"


class Linked:
    """An identifier with links, and the requests that lead to it."""

    def __init__(self, operation: Operation, client: httpx2.AsyncClient, requests: Requests, anchor: str) -> None:
        self._operation = operation
        self._client = client
        self._requests = requests
        self._anchor = anchor

    async def register(self, link_type: str, target: str, **members: Any) -> None:
        body = {"anchor": self._anchor, "linkType": link_type, "href": f"{SHOP}/{target}"} | members
        answer = await self._client.post("/api/v1/links", json=body)
        assert answer.status_code == 201, answer.text

    async def ask(self, client: httpx2.AsyncClient, headers: Any = None, **query: str) -> httpx2.Response:
        return await self._requests.send(client, self._operation, params=query, headers=headers or {})


@pytest.fixture(params=OPERATIONS, ids=lambda operation: operation.id)
async def linked(request: pytest.FixtureRequest, office: Office, contract: Checker, make_passport: Any) -> Linked:
    operation: Operation = request.param
    workspace = await office.workspace()
    client = await office.client(workspace, environment="test" if "Test" in operation.id else "live")
    gtin, unique = new_gtin(), uuid4().hex[:8]
    places = {"gtin": gtin, "workspace": workspace.slug, "serial": "S1", "lot": "L1", "primaryKey": "414"}
    gs1 = {"gtin": gtin} | {name: places[name] for name in ("lot",) if "{lot}" in operation.path}
    if "{serial}" in operation.path:
        gs1["serialNumber"] = "S1"
    if "{value}" in operation.path:
        gln = f"{int(unique, 16) % 10**12:012d}"
        places |= {"value": gln + check_digit(gln), "qualifierValue": "D1"}
        anchor = f"/414/{places['value']}"
    else:
        anchor = f"/01/{gtin}"
        await make_passport(client, published=True, gs1=gs1)
    places["compressed"] = compress(parse_bracketed(f"(01){gtin}")).rpartition("/")[2]
    linked = Linked(operation, client, Requests(contract).at(**places), anchor)
    await linked.register("gs1:pip", "page", title="Page")
    return linked


async def test_a_type_of_link_is_led_to(linked: Linked, anonymous: httpx2.AsyncClient) -> None:
    answer = await linked.ask(anonymous, linkType="gs1:pip", x="1")
    assert answer.status_code == 307
    assert answer.headers["location"].replace("%3A", ":") == f"{SHOP}/page?linkType=gs1:pip&x=1"


async def test_several_links_that_answer_alike_are_a_choice(linked: Linked, anonymous: httpx2.AsyncClient) -> None:
    for number in (1, 2):
        await linked.register("gs1:faqs", f"faqs/{number}")
    answer = await linked.ask(anonymous, linkType="gs1:faqs")
    assert answer.status_code == 300
    (entry,) = answer.json()["linkset"]
    assert [link["href"] for link in entry["https://ref.gs1.org/voc/faqs"]] == [f"{SHOP}/faqs/1", f"{SHOP}/faqs/2"]


async def test_all_links_are_a_linkset(linked: Linked, anonymous: httpx2.AsyncClient) -> None:
    answer = await linked.ask(anonymous, linkType="linkset")
    again = await linked.ask(anonymous, {"If-None-Match": answer.headers["etag"]}, linkType="linkset")
    assert (answer.status_code, again.status_code, again.content) == (200, 304, b"")
    assert answer.headers["content-type"] == "application/linkset+json"
    assert answer.json()["linkset"][-1]["https://ref.gs1.org/voc/pip"] == [{"href": f"{SHOP}/page", "title": "Page"}]


async def test_a_type_that_nobody_registered_is_not_found(linked: Linked, anonymous: httpx2.AsyncClient) -> None:
    answer = await linked.ask(anonymous, {"Accept": "application/json"}, linkType="gs1:nosuchlt")
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
