"""Passports of a real export, with lives and measurements, taken into another workspace: as they were."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import orjson
import pytest
from tests.api.moving import Move
from tests.api.town import KINDS, PARTY, PASSPORTS, Town, filled, town
from tests.conftest import MovableClock, Office, new_gtin
from tests.queries_plugin import A_TEST_LOOKS
from tests.values_factory import value_of

from tracepass.assembly import packaged_templates
from tracepass.core.tenancy import Tenancy
from tracepass.core.verification import ChainCheck
from tracepass.templates.categories import CATEGORIES
from tracepass.worker import work_once

__all__ = ["town"]
LD = {"Accept": "application/ld+json"}


@pytest.fixture
async def full(town: Town, clock: MovableClock) -> Town:
    """The first workspace has one of everything."""
    return await filled(town, clock)


async def refuse_differences(town: Town, move: Move) -> None:
    """Fail unless an export of the second workspace tells what that of the first one told."""
    for kind in KINDS:
        here, there = await town.lines(town.home, kind), await town.lines(town.away, kind)
        assert [orjson.loads(move.back(line)) for line in there] == [orjson.loads(line) for line in here]
        assert [move.back(line) for line in there] == here


async def scanned(town: Town, client: httpx2.AsyncClient, link: str) -> tuple[int, bytes]:
    """What everybody gets under a link."""
    answer = await client.get(urlsplit(link).path, headers=LD)
    return answer.status_code, town.told(answer.content)


async def refuse_other_scans(town: Town, move: Move, client: httpx2.AsyncClient) -> list[int]:
    """Fail unless scans of both workspaces are answered alike; return how."""
    found = []
    for line in await town.lines(town.home, "Passport"):
        link = orjson.loads(line)["gs1"]["digitalLinkUri"]
        old = link.replace("/p/", f"/test/{town.here.slug}/p/")
        here, there = [await scanned(town, client, one) for one in (old, link)]
        assert (there[0], move.back(there[1]).replace(b'"live"', b'"test"')) == here
        page = await client.get(urlsplit(link).path, headers={"Accept": "text/html"})
        assert page.status_code == here[0]
        found.append(here[0])
    return found


async def stored(town: Town, name: str, tenancy: Tenancy) -> list[dict[str, Any]]:
    found = town.database.collection(name).find(tenancy.fields, comment=A_TEST_LOOKS).sort("_id")
    return await found.to_list()


async def test_arrive_as_they_were(full: Town, anonymous: httpx2.AsyncClient) -> None:
    move = await full.taken()
    states = {record["status"] for record in move.of("Passport")}
    assert states == {"draft", "in_review", "approved", "published", "suspended", "expired", "archived"}
    await refuse_differences(full, move)
    codes = await refuse_other_scans(full, move, anonymous)
    assert {200, 404, 410} <= set(codes)
    await _kept_beside_is_equal(full, move)
    await _histories_begin_here(full, move)


async def _kept_beside_is_equal(town: Town, move: Move) -> None:
    names = ("complianceKey", "search", "measuredFields", "measuredOn", "fileRefs", "publicFileRefs", "dynamic")
    here = {str(one["_id"]): one for one in await stored(town, "passports", Tenancy(town.here.id, "test"))}
    for one in await stored(town, "passports", town.tenancy):
        other = here[move.back(str(one["_id"]).encode()).decode()]
        told = [orjson.dumps({name: each.get(name) for name in names}, default=str) for each in (one, other)]
        assert orjson.loads(move.back(told[0])) == orjson.loads(told[1])
    jobs = [(one["kind"], one["dueAt"]) for one in await stored(town, "jobs", town.tenancy)]
    assert jobs == [("expire_passport", "2199-01-01T00:00:00.000Z")]


async def _histories_begin_here(town: Town, move: Move) -> None:
    changes = [one for one in await stored(town, "changes", town.tenancy) if "version" in one]
    begun = [one for one in changes if one["entity"]["type"] not in {"product", "file"}]
    assert {(one["action"], one["prevHash"], one["eventType"]) for one in begun} == {("import", None, None)}
    assert len(begun) == len(move.of("Passport")) + len(move.of("LifeEntry"))
    check = ChainCheck(town.database, town.tenancy)
    assert [fault async for fault in check.faults(await check.state())] == []
    passport = move.ids[town.named["rich"]]
    path = f"{PASSPORTS}/{passport}"
    now = (await town.away.get(path)).json()
    [entry] = (await town.away.get(f"{path}/history")).json()["data"]["items"]
    assert (entry["action"], entry["version"], entry["changes"]) == ("import", now["version"], [])
    snapshot = (await town.away.get(f"{path}/snapshots/{now['version']}")).json()
    assert (snapshot["hashValid"], snapshot["passport"]["fields"].keys() <= now["fields"].keys()) == (True, True)
    at = f"{path}/snapshots"
    assert (await town.away.get(at, params={"at": "2999-01-01T00:00:00Z"})).json()["version"] == now["version"]
    assert (await town.away.get(at, params={"at": now["publishedAt"]})).status_code == 404
    changed = await town.away.patch(f"{path}/fields/warranty_period", json={"value": "2 Jahre"})
    assert changed.json()["version"] == now["version"] + 1
    later = (await town.away.get(f"{at}/{now['version'] + 1}")).json()
    assert (later["hashValid"], later["prevHash"]) == (True, snapshot["stateHash"])


async def test_hold_what_they_stand_under(full: Town, office: Office, anonymous: httpx2.AsyncClient) -> None:
    """Keys and GTINs are theirs, and battery passports go on having successors and readings."""
    move = await full.taken(at_once=50)
    firm = {one["gtin"]: one["firm"] for one in await stored(full, "gtins", full.tenancy)}
    published = {one["gs1"]["gtin"]: False for one in move.of("Passport")}
    published |= {one["gs1"]["gtin"]: True for one in move.of("Passport") if "publishedAt" in one}
    assert firm == published
    gs1 = next(one["gs1"] for one in move.of("Passport") if one["status"] == "published")
    product = next(iter(full.known.values()))
    other = await office.client()
    elsewhere = (await other.post("/api/v1/products", json={"name": "P", "model": "P", "category": "battery"})).json()
    key = {"gtin": gs1["gtin"], "serialNumber": "S"}
    for by, which, code in ((other, elsewhere["_id"], "gtin_registered_elsewhere"), (full.away, product, None)):
        answer = await by.post(PASSPORTS, json={"productId": which, "gs1": key})
        assert answer.json().get("error") == code
    key["serialNumber"] = gs1["serialNumber"]
    again = await full.away.post(PASSPORTS, json={"productId": product, "gs1": key})
    assert again.json()["error"] == "duplicate_serial"
    await _go_on(full, move, product)
    plain = urlsplit(gs1["digitalLinkUri"]).path.split("/p", 1)[1]
    linkset = await anonymous.get(plain, params={"linkType": "linkset"})
    assert linkset.status_code == 200


async def _go_on(town: Town, move: Move, product: str) -> None:
    third, used = move.ids[town.named["third"]], move.ids[town.named["used"]]
    lineage = {"kind": "repurposing", "predecessors": [{"passportId": third}]}
    body = {"productId": product, "gs1": {"gtin": new_gtin(), "serialNumber": "4"}, "lineage": lineage}
    fourth = (await town.away.post(PASSPORTS, json=body)).json()
    lineage = (await town.away.get(f"{PASSPORTS}/{third}")).json()["lineage"]
    assert lineage["successors"][0]["passportId"] == fourth["_id"]
    refused = await town.away.delete(f"{PASSPORTS}/{third}")
    assert refused.json()["error"] == "passport_has_successors"
    assert (await town.away.delete(f"{PASSPORTS}/{fourth['_id']}")).status_code == 200
    assert (await town.away.delete(f"{PASSPORTS}/{third}")).status_code == 200
    reading = {"field": "soce", "value": 97.5, "measuredAt": "2026-02-01T00:00:00Z"}
    readings = [reading | {"measuredAt": "2025-02-01T00:00:00Z"}, reading | {"source": "gateway", "externalId": "g-1"}]
    told = await town.away.post(f"{PASSPORTS}/{used}/measurements", json={"measurements": readings})
    assert told.json()["summary"] == {"created": 1, "repeated": 1, "failed": 0}
    latest = (await town.away.get(f"{PASSPORTS}/{used}/measurements/latest")).json()["dynamic"]
    assert latest["soce"]["value"] == 95.5


async def test_are_taken_away_again_whatever_became_of_them(full: Town) -> None:
    move = await full.taken(at_once=7)
    draft, used = (f"{PASSPORTS}/{move.ids[full.named[name]]}" for name in ("draft", "used"))
    assert (await full.away.post(f"{draft}/publish", json={"acknowledgeGaps": True})).status_code == 200
    assert (await full.away.patch(f"{used}/fields/warranty_period", json={"value": "2 Jahre"})).status_code == 200
    service = {"kind": "other", "at": "2026-01-05T09:00:00Z", "public": True}
    assert (await full.away.post(f"{used}/service-events", json=service)).status_code == 201
    before = await full.lines(full.home, "Passport")
    for kind, restorer in reversed(full.restorers):
        await move.take_away(restorer, kind)
    for name in ("passports", "identifiers", "passportLife", "measurements", "jobs", "gtins", "scans"):
        assert (name, await stored(full, name, full.tenancy)) == (name, [])
    check = ChainCheck(full.database, full.tenancy)
    assert [fault async for fault in check.faults(await check.state())] == []
    assert await full.lines(full.home, "Passport") == before


@pytest.mark.parametrize("moves", [("publish",), ()])
async def test_a_claim_is_afterwards_as_firm_as_it_was_before(town: Town, moves: tuple[str, ...]) -> None:
    product, gtin = await town.product(), new_gtin()
    for serial in ("1", "2"):
        await town.passport(serial, product, "publish", gs1={"gtin": gtin, "serialNumber": serial})
    there = {"productId": town.known[product], "gs1": {"gtin": gtin, "serialNumber": "own"}}
    own = (await town.away.post(PASSPORTS, json=there)).json()
    for one in moves:
        await town.away.post(f"{PASSPORTS}/{own['_id']}/{one}", json={"acknowledgeGaps": True})
    before = await stored(town, "gtins", town.tenancy)
    move = await town.move()
    await move.take(town.passports, "Passport")
    assert [one["firm"] for one in await stored(town, "gtins", town.tenancy)] == [True]
    await move.take_away(town.passports, "Passport")
    assert await stored(town, "gtins", town.tenancy) == before


async def test_expire_on_their_day(town: Town, clock: MovableClock) -> None:
    soon = (clock() + timedelta(hours=1)).isoformat()
    await town.passport("due", await town.product(), "publish", expiresAt=soon)
    move = await town.taken()
    clock.move(hours=2)
    path = f"{PASSPORTS}/{move.ids[town.named['due']]}"
    while (await town.away.get(path)).json()["status"] == "published":
        assert await work_once(town.database, town.settings, clock)
    assert (await town.away.get(path)).json()["status"] == "expired"


async def test_every_category_arrives_as_it_was(town: Town, anonymous: httpx2.AsyncClient) -> None:
    templates = packaged_templates()
    for category in CATEGORIES:
        template = templates.get(category)
        product = await town.product(category=category)
        fields = {
            key: {"value": value_of(field), "source": ("manual", "supplier", "ai_suggested")[place % 3]}
            for place, (key, field) in enumerate(template.fields.items())
            if field.filled_by != "system"
        }
        await town.passport(category, product, "publish", fields=fields, parties={"manufacturer": {**PARTY}})
    move = await town.move()
    await move.take(town.passports, "Passport", at_once=9)
    await refuse_differences(town, move)
    assert set(await refuse_other_scans(town, move, anonymous)) == {200}
