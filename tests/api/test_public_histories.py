"""What a scan tells of the life of a product: on the page and as data, and nothing that was not meant for all."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from pyld import jsonld
from tests.api.test_passport_histories import captured, link_of, observed
from tests.conftest import MovableClock, Office

from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace
from tracepass.settings import Settings
from tracepass.worker import work_once

PASSPORTS = "/api/v1/passports"
ORIGIN = "https://id.example.test"
WORKSHOP = {
    "legalName": "Radwerk Service GmbH",
    "gln": "4012345000009",
    "country": "DE",
    "url": "https://radwerk.example",
}
REPAIR = {
    "kind": "repair",
    "at": "2026-01-05T10:00:00Z",
    "performedBy": WORKSHOP,
    "description": "Connector replaced.",
    "sourceLocale": "en",
    "parts": [{"name": "Connector", "serialNumber": "SECRET-1"}],
    "reference": "SECRET-2",
    "documents": [{"url": "https://radwerk.example/report.pdf"}],
    "public": True,
}
PRIVATE = {"type": "private", "reference": "SECRET-3"}
SALE = {
    "kind": "sale",
    "at": "2026-01-03T10:00:00Z",
    "from": {"type": "company", **WORKSHOP},
    "to": PRIVATE,
    "public": True,
}


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Any) -> dict[str, Any]:
    """A published passport of an item."""
    return dict(await make_passport(client, published=True))


async def entered(client: httpx2.AsyncClient, passport: dict[str, Any], tail: str, body: dict[str, Any]) -> str:
    answer = await client.post(f"{PASSPORTS}/{passport['_id']}/{tail}", json=body)
    assert answer.status_code == 201, answer.text
    return f"{PASSPORTS}/{passport['_id']}/{tail}/{answer.json()['_id']}"


async def page_of(anonymous: httpx2.AsyncClient, passport: dict[str, Any]) -> str:
    path = passport["gs1"]["digitalLinkUri"].removeprefix(ORIGIN)
    answer = await anonymous.get(path, headers={"Accept": "text/html", "Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    return answer.text


async def data_of(anonymous: httpx2.AsyncClient, passport: dict[str, Any]) -> dict[str, Any]:
    path = passport["gs1"]["digitalLinkUri"].removeprefix(ORIGIN)
    answer = await anonymous.get(path, headers={"Accept": "application/ld+json"})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_page_tells_what_is_public_at_once_and_nothing_else(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, passport: dict[str, Any]
) -> None:
    assert 'id="history"' not in await page_of(anonymous, passport)
    await entered(client, passport, "service-events", REPAIR | {"kind": "inspection", "public": False})
    assert 'id="history"' not in await page_of(anonymous, passport)
    await entered(client, passport, "service-events", REPAIR)
    await entered(client, passport, "ownership-transfers", SALE)
    page = await page_of(anonymous, passport)
    history = page.partition('id="history"')[2].partition("</section>")[0]
    assert "Radwerk Service GmbH, Germany" in history
    assert "Private owner" in history
    assert "Inspection" not in history
    assert "SECRET" not in page
    assert "SECRET" not in str(await data_of(anonymous, passport))


async def test_what_is_hidden_or_declared_wrong_goes_from_the_page(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, passport: dict[str, Any]
) -> None:
    repair = await entered(client, passport, "service-events", REPAIR)
    sale = await entered(client, passport, "ownership-transfers", SALE)
    await client.patch(repair, json={"public": False})
    assert "Repair" not in (await page_of(anonymous, passport)).partition('id="history"')[2]
    await client.patch(sale, json={"errorDeclaration": {"reason": "did_not_occur"}})
    assert 'id="history"' not in await page_of(anonymous, passport)
    assert "history" not in await data_of(anonymous, passport)


async def test_what_was_written_of_a_draft_is_there_when_it_is_published(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, make_passport: Any
) -> None:
    draft = await make_passport(client)
    await entered(client, draft, "service-events", REPAIR)
    published = await client.post(f"{PASSPORTS}/{draft['_id']}/publish", json={"acknowledgeGaps": True})
    assert 'id="history"' in await page_of(anonymous, published.json())
    await client.patch(f"{PASSPORTS}/{draft['_id']}/fields/battery_mass", json={"value": 3})
    assert 'id="history"' in await page_of(anonymous, published.json())


async def test_entries_that_are_written_at_once_are_all_shown(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, passport: dict[str, Any]
) -> None:
    bodies = [REPAIR | {"at": f"2026-01-{day:02}T10:00:00Z"} for day in range(1, 13)]
    await asyncio.gather(*(entered(client, passport, "service-events", body) for body in bodies))
    entries = (await data_of(anonymous, passport))["history"]["entries"]
    assert [entry["at"][8:10] for entry in entries] == [f"{day:02}" for day in range(12, 0, -1)]


async def test_a_page_has_another_tag_when_its_history_has_changed(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, passport: dict[str, Any]
) -> None:
    path = passport["gs1"]["digitalLinkUri"].removeprefix(ORIGIN)
    for accept in ("text/html", "application/ld+json"):
        tag = (await anonymous.get(path, headers={"Accept": accept})).headers["etag"]
        await entered(client, passport, "service-events", REPAIR)
        again = await anonymous.get(path, headers={"Accept": accept, "If-None-Match": tag})
        assert again.status_code == 200
        same = await anonymous.get(path, headers={"Accept": accept, "If-None-Match": again.headers["etag"]})
        assert same.status_code == 304


async def test_data_tell_the_same_in_terms_that_are_described(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, passport: dict[str, Any]
) -> None:
    file = (await client.post("/api/v1/files", files={"file": ("r.csv", b"a,b\n1,2\n", "text/csv")})).json()
    place = {"name": "Workshop", "country": "DE", "gln": "4012345000009"}
    documents = [{"fileId": file["_id"]}]
    await entered(client, passport, "service-events", REPAIR | {"place": place, "documents": documents})
    await entered(client, passport, "ownership-transfers", SALE)
    data = await data_of(anonymous, passport)
    repair, sale = data["history"]["entries"]
    assert repair["documents"][0]["contentUrl"] == f"{ORIGIN}/api/v1/files/{file['_id']}"
    assert repair["place"] == {"name": "Workshop", "country": "DE"}
    assert sale["toOwner"] == {"ownerType": "private"}
    described = {
        node["@id"] for node in jsonld.flatten((await anonymous.get("/vocab/passport")).json()) if "@id" in node
    }
    graph = jsonld.flatten(data)
    used = {term for node in graph for term in node if "/vocab/passport#" in term}
    assert used - described == set()
    times = [node[term] for node in graph for term in node if term.endswith("/vocab/passport#at")]
    assert {time[0]["@type"] for time in times} == {"http://www.w3.org/2001/XMLSchema#dateTime"}
    assert [entry["kind"] for entry in data["history"]["entries"]] == ["repair", "sale"]


async def test_captured_events_of_public_steps_join_the_page(
    client: httpx2.AsyncClient,
    anonymous: httpx2.AsyncClient,
    passport: dict[str, Any],
    database: Database,
    settings: Settings,
    clock: MovableClock,
) -> None:
    place: dict[str, Any] = {"readPoint": {"id": "https://id.gs1.org/414/4012345000009"}}
    await captured(
        client, observed(epcList=[link_of(passport)], **place), observed(bizStep="packing", epcList=[link_of(passport)])
    )
    await client.put("/api/v1/epcis/visibility", json={"publicBizSteps": ["shipping"]})
    while await work_once(database, settings, clock):
        pass
    page, data = await page_of(anonymous, passport), await data_of(anonymous, passport)
    history = page.partition('id="history"')[2].partition("</section>")[0]
    assert "Shipped" in history
    assert "Packed" not in history
    assert "4012345000009" not in history
    assert data["history"]["entries"] == [
        {"entryType": "event", "at": "2026-02-01T12:00:00.000Z", "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"}
    ]


async def test_a_test_passport_has_a_history_of_its_own(
    office: Office,
    workspace: Workspace,
    anonymous: httpx2.AsyncClient,
    make_passport: Any,
    database: Database,
    settings: Settings,
    clock: MovableClock,
) -> None:
    client = await office.client(workspace, environment="test")
    passport = await make_passport(client, published=True)
    await entered(client, passport, "service-events", REPAIR)
    await client.put("/api/v1/epcis/visibility", json={"publicBizSteps": ["shipping"]})
    clock.move(seconds=6)
    await captured(client, observed(epcList=[link_of(passport)]))
    while await work_once(database, settings, clock):
        pass
    entries = (await data_of(anonymous, passport))["history"]["entries"]
    assert [entry["entryType"] for entry in entries] == ["event", "service"]
