"""Whoever asks with another key gets nothing, learns nothing and changes nothing: every operation on what readers see.

The operations come from the contract, so that a new one is tried without anybody thinking of it; that those on anything
else answer 404 is tried in `tests/contract/test_refusals.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import Office, new_gtin
from tests.contract.checker import Checker, Operation
from tests.contract.requests import Requests, png
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.contract import load
from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace

API = "/api/v1"
SERIAL = "OURS/1"
ABSENT = "0" * 24
OURS = tuple(f"{API}/{collection}/" for collection in ("products", "passports", "files", "links", "domains"))
NAMED = [
    operation
    for operation in Checker(load()).operations
    if operation.path.startswith(OURS) and ("{id}" in operation.path or "{serial}" in operation.path)
]
USED_BY_READING = {"apiKeys"}


@dataclass(frozen=True)
class Estate:
    """What one workspace has, and those who shall not get at it."""

    workspace: Workspace
    places: dict[str, list[str]]
    callers: dict[str, httpx2.AsyncClient]

    def owned(self, operation: Operation) -> list[str]:
        """Return the ids that the operation could mean."""
        return self.places[operation.path.removeprefix(f"{API}/").partition("/")[0]]


@pytest.fixture(scope="module")
async def estate(office: Office) -> Estate:
    workspace = await office.workspace(name="Ours")
    owner = await office.client(workspace)
    product = await made(owner, "/products", json={"name": "P", "model": "M", "category": "battery"})
    await made(owner, f"/products/{product}/images", files={"file": ("a.png", png(), "image/png")})
    file_id = await made(owner, "/files", files={"file": ("a.png", png(), "image/png")})
    fields = {"product_name": {"value": "Pack", "sourceLocale": "en"}, "product_image": {"value": {"fileId": file_id}}}
    parties = {"manufacturer": {"legalName": "V", "gln": "4012345000009"}}
    members = {"productId": product, "fields": fields, "parties": parties}
    draft = await made(owner, "/passports", json={**members, "gs1": {"gtin": new_gtin()}})
    gs1 = {"gtin": new_gtin(), "serialNumber": SERIAL}
    in_review = await made(owner, "/passports", json={**members, "gs1": gs1})
    assert (await owner.post(f"{API}/passports/{in_review}/submit")).status_code == 200
    link = {"anchor": f"/8004/4012345{uuid4().hex[:20]}", "linkType": "gs1:pip", "href": "https://shop.example/a"}
    links = [await made(owner, "/links", json=link)]
    domains = [await made(owner, "/domains", json={"name": f"{uuid4().hex}.example"})]
    return Estate(
        workspace,
        {
            "products": [product],
            "passports": [draft, in_review],
            "files": [file_id],
            "links": links,
            "domains": domains,
        },
        {
            "another workspace": await office.client(),
            "its own test key": await office.client(workspace, environment="test"),
            "a test key of another workspace": await office.client(environment="test"),
        },
    )


async def made(client: httpx2.AsyncClient, path: str, **request: Any) -> str:
    answer = await client.post(API + path, **request)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["_id"])


async def everything(database: Database, workspace: Workspace) -> dict[str, Any]:
    """Return every document of a workspace, whatever it is kept in."""
    whose = {"$or": [{"workspaceId": workspace.id}, {"metadata.workspaceId": workspace.id}]}
    names = set(await database.files.list_collection_names()) - USED_BY_READING
    found = {
        name: await database.collection(name).find(whose, sort=[("_id", 1)], comment=A_TEST_LOOKS).to_list()
        for name in sorted(names)
    }
    # That a key was used is noted a while after its use.
    found["changes"] = [record for record in found["changes"] if record["action"] != "api_key.used_from_new_address"]
    return found


@pytest.mark.parametrize("who", ["another workspace", "its own test key", "a test key of another workspace"])
@pytest.mark.parametrize("operation", NAMED, ids=lambda operation: operation.id)
async def test_what_belongs_to_others_does_not_exist(
    estate: Estate, contract: Checker, database: Database, operation: Operation, who: str
) -> None:
    caller, requests = estate.callers[who], Requests(contract).at(index="0", snapshotId="2", key="product_name")
    before = await everything(database, estate.workspace)
    absent = await requests.at(id=ABSENT, serial="nobody's").send(caller, operation)
    assert (absent.status_code, absent.json()["error"]) == (404, "not_found")

    for identifier in estate.owned(operation):
        for headers in ({}, {"If-Match": '"1"', "If-None-Match": "*"}):
            answer = await requests.at(id=identifier, serial=SERIAL).send(caller, operation, headers=headers)
            assert (answer.status_code, answer.content) == (404, absent.content)

    assert await everything(database, estate.workspace) == before


@pytest.mark.parametrize("who", ["another workspace", "its own test key", "a test key of another workspace"])
@pytest.mark.parametrize("collection", ["passports", "products"])
async def test_lists_hold_nothing_of_others(estate: Estate, collection: str, who: str) -> None:
    product = estate.places["products"][0]
    queries: list[dict[str, Any]] = [
        {},
        {"search": "OURS"},
        {"status": "draft"},
        {"status": "active"},
        {"search": "Pa"},
    ]
    queries += [{"productId": product}, {"sort": "updatedAt"}]
    for query in queries:
        answer = await estate.callers[who].get(f"{API}/{collection}", params=query)
        if answer.status_code == 200:
            assert answer.json()["data"]["total"] == 0


async def test_files_of_others_cannot_be_referred_to(estate: Estate) -> None:
    stranger = estate.callers["another workspace"]
    product = await made(stranger, "/products", json={"name": "P", "model": "M", "category": "battery"})
    passport = await made(stranger, "/passports", json={"productId": product, "gs1": {"gtin": new_gtin()}})
    for file_id in (estate.places["files"][0], ABSENT):
        value = {"value": {"fileId": file_id}}
        answer = await stranger.patch(f"{API}/passports/{passport}/fields/product_image", json=value)
        assert answer.status_code == 400
        assert answer.json()["details"]["fieldErrors"] == {"fileId": [f"{file_id} is no file of this workspace"]}
