"""Model, batch and item: passports of all three levels of one product, each from its creation to what others see."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import pytest
import zxingcpp
from PIL import Image
from tests.api.tracing import make_lot
from tests.conftest import RESOLVER, Make

PASSPORTS, EPCIS = "/api/v1/passports", "/api/v1/epcis"
LOT, SERIAL = "L-2026-03", "BP-48V-1"
LEVELS: dict[str, tuple[dict[str, str], str]] = {
    "model": ({}, ""),
    "batch": ({"lot": LOT}, f"/10/{LOT}"),
    "item": ({"lot": LOT, "serialNumber": SERIAL}, f"/21/{SERIAL}"),
}


def event(**what: Any) -> dict[str, Any]:
    """An event of its own about some things."""
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid4()}",
        "eventTime": "2026-03-05T12:00:00.000Z",
        "eventTimeZoneOffset": "+01:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        **what,
    }


async def capture(client: httpx2.AsyncClient, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """Capture events; return the warnings."""
    document = {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-05T12:00:00.000Z",
        "epcisBody": {"eventList": list(events)},
    }
    answer = await client.post(f"{EPCIS}/capture", json=document)
    job = (await client.get(f"{EPCIS}/capture/{answer.json()['captureJobId']}")).json()
    assert job["success"], job
    return list(job["warnings"])


async def history(client: httpx2.AsyncClient, passport: dict[str, Any]) -> set[str]:
    """The ids of the events that the history of a passport has."""
    answer = await client.get(f"{PASSPORTS}/{passport['_id']}/epcis")
    assert answer.status_code == 200, answer.text
    return {found["eventID"] for found in answer.json()["epcisBody"]["eventList"]}


@pytest.fixture
async def passports(
    client: httpx2.AsyncClient, gtin: str, make_product: Make, make_passport: Make
) -> dict[str, dict[str, Any]]:
    """A published passport of each level, of one product and GTIN."""
    product = (await make_product(client))["_id"]
    await make_lot(client, product, LOT)
    made = {}
    for level, (gs1, _) in LEVELS.items():
        made[level] = await make_passport(client, published=True, productId=product, gs1={"gtin": gtin, **gs1})
    return made


async def test_each_level_stands_under_its_own_key(passports: dict[str, dict[str, Any]], gtin: str) -> None:
    for level, passport in passports.items():
        assert passport["granularity"] == level
        assert passport["gs1"]["digitalLinkUri"] == f"{RESOLVER}/p/01/{gtin}{LEVELS[level][1]}"


async def test_each_code_leads_to_its_own_passport(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, passports: dict[str, dict[str, Any]]
) -> None:
    for level, passport in passports.items():
        picture = await client.get(f"{PASSPORTS}/{passport['_id']}/qr", params={"format": "png"})
        (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture.content)).convert("L"))
        assert found.text == passport["gs1"]["digitalLinkUri"]
        path = urlsplit(found.text).path
        data = json.loads((await anonymous.get(path, headers={"Accept": "application/ld+json"})).text)
        assert (data["@id"], data["granularity"]) == (found.text, level)
        page = await anonymous.get(path, headers={"Accept": "text/html"})
        words = {"model": "the product model", "batch": "one production batch", "item": "this single item"}
        assert words[level] in page.text
        resolved = await anonymous.get(path.removeprefix("/p"))
        assert (resolved.status_code, urlsplit(resolved.headers["location"]).path) == (307, path)


async def test_only_the_passport_of_the_batch_names_the_lot(
    client: httpx2.AsyncClient, passports: dict[str, dict[str, Any]]
) -> None:
    for level, passport in passports.items():
        read = (await client.get(f"{PASSPORTS}/{passport['_id']}")).json()
        assert ("lotId" in read) == (level == "batch")
    lot = (await client.get(f"/api/v1/lots/{(await lots(client))[0]}")).json()
    assert lot["passports"] == [passports["batch"]["_id"]]


async def lots(client: httpx2.AsyncClient) -> list[str]:
    """The ids of all lots."""
    return [lot["id"] for lot in (await client.get("/api/v1/lots")).json()["data"]["items"]]


async def test_events_of_a_class_belong_to_the_batch_and_those_of_an_instance_to_the_item(
    client: httpx2.AsyncClient, passports: dict[str, dict[str, Any]], gtin: str
) -> None:
    prefix, reference = gtin[1:8], gtin[0] + gtin[8:13]
    of_class = event(quantityList=[{"epcClass": f"urn:epc:class:lgtin:{prefix}.{reference}.{LOT}", "quantity": 200}])
    by_link = event(quantityList=[{"epcClass": f"https://id.gs1.org/01/{gtin}/10/{LOT}", "quantity": 200}])
    of_item = event(epcList=[f"urn:epc:id:sgtin:{prefix}.{reference}.{SERIAL}"])
    of_other_batch = event(quantityList=[{"epcClass": f"https://id.gs1.org/01/{gtin}/10/OTHER", "quantity": 1}])
    # The passport of the model is about every batch, so no product is unknown.
    assert await capture(client, of_class, by_link, of_item, of_other_batch) == []
    told = {one["eventID"] for one in (of_class, by_link, of_item, of_other_batch)}
    in_batch = {of_class["eventID"], by_link["eventID"]}
    assert await history(client, passports["batch"]) & told == in_batch
    assert of_item["eventID"] in await history(client, passports["item"])
    assert of_other_batch["eventID"] not in await history(client, passports["item"])


async def test_the_level_of_a_published_passport_stays(
    client: httpx2.AsyncClient, passports: dict[str, dict[str, Any]]
) -> None:
    for level, passport in passports.items():
        answer = await client.get(PASSPORTS, params={"granularity": level})
        assert [found["_id"] for found in answer.json()["data"]["items"]] == [passport["_id"]]
