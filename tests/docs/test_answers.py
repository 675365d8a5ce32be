"""What guides show of bodies and headers is what the application says, and its samples of requests are taken."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx2
from tests.api.tenants import furnish
from tests.conftest import Make, Office, new_gtin
from tests.docs.recipes import blocks

from tracepass.core.clock import system_clock
from tracepass.core.mongo import Database
from tracepass.core.sealer import Sealer
from tracepass.passports.lifecycle import MOVES

DOCS = Path(__file__).parents[2] / "docs"
TOKEN = re.compile(r"\b[a-z_]{4,}\b")


def only(page: str, language: str) -> str:
    """Return the one block of a language that a page has."""
    (found,) = [block.text for block in blocks((DOCS / f"{page}.md").read_text("utf-8")) if block.language == language]
    return found


async def test_an_error_is_the_one_that_is_shown(client: httpx2.AsyncClient, make_product: Make) -> None:
    product = (await make_product(client))["_id"]
    body = {"productId": product, "gs1": {"gtin": "04012345000015", "serialNumber": "1"}}
    assert (await client.post("/api/v1/passports", json=body)).json() == json.loads(only("errors", "json"))


async def test_the_order_of_labels_is_taken(
    client: httpx2.AsyncClient, make_product: Make, make_passport: Make
) -> None:
    order = json.loads(only("carriers", "json"))
    product, gtin = (await make_product(client))["_id"], new_gtin()
    for serial in order["serials"]:
        await make_passport(client, published=True, productId=product, gs1={"gtin": gtin, **serial})
    answer = await client.post("/api/v1/passports/labels", json=order)
    assert answer.content.startswith(b"%PDF-")


async def test_the_budget_of_a_day_is_told_as_shown(office: Office) -> None:
    shown = dict(line.split(": ") for line in only("limits", "text").splitlines())
    client = await office.client(plan="free")
    answer = await client.post("/api/v1/products", json={"name": "A", "model": "A", "category": "battery"})
    assert answer.headers["RateLimit-Policy"] == shown["RateLimit-Policy"]
    assert re.sub(r"\d+", "n", answer.headers["RateLimit"]) == re.sub(r"\d+", "n", shown["RateLimit"])


async def test_a_passport_beyond_the_plan_is_refused_as_shown(office: Office, make_product: Make) -> None:
    shown = json.loads(only("limits", "json"))
    client = await office.client(plan="basic")
    product, gtin = (await make_product(client))["_id"], new_gtin()
    items = [
        {"productId": product, "gs1": {"gtin": gtin, "serialNumber": str(number)}}
        for number in range(shown["details"]["limit"])
    ]
    assert (await client.post("/api/v1/passports/batch", json={"passports": items})).json()["summary"]["failed"] == 0
    one_more = {"productId": product, "gs1": {"gtin": gtin, "serialNumber": "one more"}}
    answer = await client.post("/api/v1/passports", json=one_more)
    assert answer.json() | {"message": "..."} == shown


async def test_an_export_has_the_shape_that_is_shown(client: httpx2.AsyncClient, make_product: Make) -> None:
    await furnish(client, make_product)
    found = (await client.get("/api/v1/exports/tenant")).json()
    for block in blocks((DOCS / "exports.md").read_text("utf-8")):
        if block.language == "json" and "TenantExport" in block.text:
            shown = json.loads(block.text)
            assert shown.keys() <= found.keys()
            assert shown["company"].keys() <= found["company"].keys()
            assert shown["products"][0].keys() <= found["products"][0].keys()


async def test_an_entry_looks_as_shown_and_the_page_checks_the_chain(
    client: httpx2.AsyncClient, make_passport: Make, database: Database
) -> None:
    await make_passport(client, published=True)
    sealer = Sealer(database, clock=system_clock)
    while await sealer.seal_once():
        pass
    await sealer.lease.release()
    entries = (await client.get("/api/v1/audit-log")).json()["data"]["items"][::-1]
    assert entries[-1].keys() == json.loads(only("audit", "json")).keys()
    program: dict[str, Any] = {}
    exec(only("audit", "python"), program)  # noqa: S102 - our own page
    assert program["is_whole"](entries)
    assert not program["is_whole"]([*entries[:1], *entries[2:]])
    assert not program["is_whole"]([*entries[:-1], entries[-1] | {"recordHash": "0" * 64}])


def test_the_picture_of_states_names_states_and_moves() -> None:
    named = set(TOKEN.findall(only("passports", "text"))) - {"also", "starts", "from", "every", "state", "final"}
    states = {move.target for move in MOVES.values()}.union(*(move.origins for move in MOVES.values()))
    assert named - {"edit"} <= states | MOVES.keys()
