"""The installation that is measured: 2,000 passports of batteries, 64 of them published, made through our own API.

Also what the floors imitate: the documents that our own writes left in the database.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
from pymongo import MongoClient

from benchmarks.floors import COPY
from tracepass.assembly import INDEXES
from tracepass.core.clock import system_clock
from tracepass.core.mongo import connected
from tracepass.gs1.checkdigit import check_digit
from tracepass.identity.service import ApiKeys, Workspaces
from tracepass.passports.repository import LISTED

Document = dict[str, Any]
PASSPORTS: Final = 2000
PUBLISHED: Final = 64
BATCH: Final = 100
DATABASE: Final = "tracepass"
PATCHED: Final = "facility_ids"
"""The field that is written again and again: a plain text."""

BATTERY: Final[Document] = json.loads(Path(__file__).with_name("battery.json").read_text("utf-8"))
BROWSER: Final = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "de-DE,de;q=0.9,en;q=0.7",
    "Accept-Encoding": "gzip, deflate, br",
    "User-Agent": "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0 Mobile Safari/537.36",
}


@dataclass(frozen=True, slots=True)
class Stock:
    """What the requests name: keys of workspaces, passports, claims, and the bodies of new passports."""

    key: str
    maker_key: str
    drafts: list[str]
    published: list[str]
    claims: list[str]
    new_passport: Document
    capped_key: str
    capped: list[str]
    new_capped: Document


async def open_workspace(uri: str, name: str, *, plan: str = "enterprise") -> str:
    """Make a workspace, and return a key to it."""
    async with connected(uri, name=DATABASE) as database:
        await database.create_indexes(INDEXES)
        workspace = await Workspaces(database, clock=system_clock).create(name, plan, default_locale="de")
        made = await ApiKeys(database, clock=system_clock).create(workspace, "benchmark")
        return made.secret


async def index_copy(uri: str) -> None:
    """Give the floors' collections the indexes of ours."""
    async with connected(uri, name=COPY) as database:
        await database.create_indexes(INDEXES)


def gtin_of(number: int) -> str:
    """Return a GTIN-14 of the range that is kept for examples."""
    body = f"{9_520_000_000_000 // 10 + number:013d}"
    return body + check_digit(body)


def client_of(origin: str, key: str) -> httpx2.Client:
    """Return a client of our API that raises on every refusal."""

    def refuse(answer: httpx2.Response) -> None:
        if answer.is_error:
            answer.read()
            raise RuntimeError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")

    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.Client(base_url=f"{origin}/api/v1", headers=headers, timeout=60, event_hooks={"response": [refuse]})


def fill(origin: str, *, key: str, maker_key: str, capped_key: str) -> Stock:
    """Make all passports, publish some, and return how to ask for them."""
    with client_of(origin, key) as client:
        product_id = _product(client)
        passports = [passport for first in range(0, PASSPORTS, BATCH) for passport in _batch(client, product_id, first)]
        published = passports[:PUBLISHED]
        for passport in published:
            _publish(client, passport["_id"])
    with client_of(origin, maker_key) as maker:
        new = _body(_product(maker), gtin=gtin_of(2), serial="NW-@@")
    with client_of(origin, capped_key) as client:
        product_id = _product(client)
        capped = _batch(client, product_id, 0, gtin=gtin_of(3))
    return Stock(
        key=key,
        maker_key=maker_key,
        drafts=[passport["_id"] for passport in passports[PUBLISHED:]],
        published=[passport["_id"] for passport in published],
        claims=[f"01/{passport['gs1']['gtin']}/21/{passport['gs1']['serialNumber']}" for passport in published],
        new_passport=new,
        capped_key=capped_key,
        capped=[passport["_id"] for passport in capped],
        new_capped=_body(product_id, gtin=gtin_of(3), serial="NW-@@"),
    )


def _product(client: httpx2.Client) -> str:
    return str(client.post("/products", json=BATTERY["product"]).json()["_id"])


def _body(product_id: str, *, gtin: str, serial: str) -> Document:
    gs1 = {"gtin": gtin, "serialNumber": serial}
    return {"productId": product_id, "gs1": gs1, "parties": BATTERY["parties"], "fields": BATTERY["fields"]}


def _batch(client: httpx2.Client, product_id: str, first: int, *, gtin: str = "") -> list[Document]:
    serials = (f"NW-2026-{number:06d}" for number in range(first, first + BATCH))
    bodies = [_body(product_id, gtin=gtin or gtin_of(1), serial=serial) for serial in serials]
    results = client.post("/passports/batch", json={"passports": bodies}).json()["results"]
    return [result["data"] for result in results]


def _publish(client: httpx2.Client, passport_id: str) -> None:
    for key, texts in BATTERY["translations"].items():
        for locale, text in texts.items():
            client.put(f"/passports/{passport_id}/fields/{key}/translations/{locale}", json={"value": text})
    client.post(f"/passports/{passport_id}/publish", json={"acknowledgeGaps": True})


def imitate(uri: str, origin: str, stock: Stock) -> None:
    """Write down, from one real write of each kind, what the floors write; then copy the collections for them."""
    with MongoClient[Document](uri) as mongo, client_of(origin, stock.key) as client:
        ours, copy = mongo[DATABASE], mongo[COPY]
        samples = [_list_sample(ours["passports"].find_one() or {})]
        for name, passport_id in (("patch", stock.drafts[0]), ("patch-published", stock.published[0])):
            for text in ("first", "second"):
                answer = client.patch(f"/passports/{passport_id}/fields/{PATCHED}", json={"value": text}).json()
            samples.append({"_id": name, "answer": answer, **_patch_sample(ours, passport_id)})
        samples.append(_create_sample(ours, origin, stock))
        copy["samples"].insert_many(samples)
        for name in ("passports", "changes", "identifiers"):
            ours[name].aggregate([{"$out": {"db": COPY, "coll": name}}])
        copy["identifiers"].insert_many(
            [{"_id": f"page/{claim}", "page": _page(origin, claim)} for claim in stock.claims]
        )


def _tenancy(document: Mapping[str, Any]) -> Document:
    return {name: document[name] for name in ("workspaceId", "environment")}


def _list_sample(passport: Document) -> Document:
    hint = "workspaceId_1_environment_1__id_-1"
    return {"_id": "list", "query": _tenancy(passport), "projection": dict.fromkeys(LISTED, 1), "hint": hint}


def _patch_sample(database: Any, passport_id: str) -> Document:
    passport = next(found for found in database["passports"].find() if str(found["_id"]) == passport_id)
    change = database["changes"].find_one({"entity.id": passport["_id"]}, sort=[("version", -1)])
    claim = database["identifiers"].find_one({"passportId": passport["_id"]})
    kept = {"passportId", "workspaceId", "environment", "workspaceSlug", "gtin", "_id"}
    view = {name: value for name, value in claim.items() if name not in kept}
    return {"change": change, "tenancy": _tenancy(passport), "view": view}


def _create_sample(database: Any, origin: str, stock: Stock) -> Document:
    body = json.loads(json.dumps(stock.new_passport).replace("@@", "sample"))
    with client_of(origin, stock.maker_key) as maker:
        passport_id = maker.post("/passports", json=body).json()["_id"]
    passport = next(found for found in database["passports"].find().sort("_id", -1) if str(found["_id"]) == passport_id)
    change = database["changes"].find_one({"entity.id": passport["_id"]})
    claim = database["identifiers"].find_one({"passportId": passport["_id"]})
    return {"_id": "create", "passport": passport, "change": change, "claim": claim}


def _page(origin: str, claim: str) -> bytes:
    """Return the bytes of a page as a browser gets them on the wire."""
    with httpx2.stream("GET", f"{origin}/p/{claim}", headers=BROWSER) as answer:
        return b"".join(answer.iter_raw())
