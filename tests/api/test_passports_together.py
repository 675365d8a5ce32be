"""Many passports made at the same time: each hears what its own request comes to, whoever shares its transaction."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from bson import ObjectId
from tests.conftest import Office, new_gtin

from tracepass.core.canonical import state_hash
from tracepass.core.mongo import Database
from tracepass.passports.wire import entity

PASSPORTS = "/api/v1/passports"
BURST = 40


def body(product: dict[str, Any], gtin: str, serial: str, **fields: Any) -> dict[str, Any]:
    """A passport of one item."""
    values = {key: {"value": value} for key, value in fields.items()}
    return {"productId": product["_id"], "gs1": {"gtin": gtin, "serialNumber": serial}, "fields": values}


async def burst(requests: list[tuple[httpx2.AsyncClient, dict[str, Any]]], *, keyed: bool = False) -> list[Any]:
    """Send all at once, and give status and word of each answer."""

    async def send(client: httpx2.AsyncClient, request: dict[str, Any]) -> httpx2.Response:
        headers = {"Idempotency-Key": uuid4().hex} if keyed else {}
        return await client.post(PASSPORTS, json=request, headers=headers)

    answers = await asyncio.gather(*(send(*one) for one in requests))
    return [(answer.status_code, answer.json()) for answer in answers]


async def total(client: httpx2.AsyncClient) -> int:
    """How many passports there are."""
    return int((await client.get(PASSPORTS)).json()["data"]["total"])


async def test_of_a_burst_with_duplicates_each_hears_its_own_answer(
    client: httpx2.AsyncClient, make_product: Any
) -> None:
    product, gtin = await make_product(client), new_gtin()
    assert (await client.post(PASSPORTS, json=body(product, gtin, "S-0"))).status_code == 201
    sent = [body(product, gtin, f"S-{number % 25}") for number in range(BURST)]
    sent[7]["fields"] = {"battery_mass": {"value": "heavy"}}
    sent[9]["productId"] = "0" * 24
    told = await burst([(client, one) for one in sent], keyed=True)
    words = Counter((status, answer.get("error")) for status, answer in told)
    assert words == {(201, None): 24, (400, "validation_error"): 2, (409, "duplicate_serial"): BURST - 26}
    for request, (status, answer) in zip(sent, told, strict=True):
        if status == 201:
            assert answer["gs1"]["serialNumber"] == request["gs1"]["serialNumber"]
        elif status == 409:
            assert answer["details"]["serialNumber"] == request["gs1"]["serialNumber"]
    assert await total(client) == 25


async def test_a_burst_leaves_one_record_one_key_and_one_passport_each(
    client: httpx2.AsyncClient, make_product: Any, database: Database
) -> None:
    product, gtin = await make_product(client), new_gtin()
    told = await burst([(client, body(product, gtin, f"S-{number}")) for number in range(BURST)])
    for status, made in told:
        assert status == 201
        path = f"{PASSPORTS}/{made['_id']}"
        assert (await client.get(path)).json() == made
        [record] = (await client.get(f"{path}/history")).json()["data"]["items"]
        assert (record["version"], record["action"]) == (1, "create")
        claim = await database.find_one("identifiers", {"_id": f"01/{gtin}/21/{made['gs1']['serialNumber']}"})
        assert claim is not None
        assert str(claim["passportId"]) == made["_id"]


async def test_workspaces_that_write_at_the_same_time_hear_nothing_of_each_other(
    office: Office, make_product: Any
) -> None:
    clients = [await office.client() for _ in range(3)]
    products = [await make_product(one) for one in clients]
    gtins = [new_gtin() for _ in clients]
    first = await clients[0].post(PASSPORTS, json=body(products[0], gtins[0], "S-1"))
    assert first.status_code == 201
    sent = [
        (clients[number], body(products[number], gtins[number], f"S-{serial}"))
        for serial in range(12)
        for number in range(3)
    ]
    # The second writes under the first one's number, and with its product.
    sent += [(clients[1], body(products[1], gtins[0], "S-20")), (clients[1], body(products[0], gtins[1], "S-21"))]
    told = await burst(sent)
    assert [status for status, _ in told] == [409 if n == 3 else 201 for n in range(36)] + [409, 400]
    assert told[3][1]["error"] == "duplicate_serial"
    assert told[36][1]["error"] == "gtin_registered_elsewhere"
    assert told[37][1]["error"] == "validation_error"
    assert [await total(one) for one in clients] == [12, 12, 12]
    for number, (_, answer) in enumerate(told[:36]):
        assert number == 3 or answer["productId"] == products[number % 3]["_id"]


async def test_a_burst_costs_what_it_makes(office: Office, make_product: Any) -> None:
    client = await office.client(plan="basic")
    product, gtin = await make_product(client), new_gtin()
    before = (await client.get("/api/v1/me")).json()["quotas"]
    told = await burst([(client, body(product, gtin, f"S-{number % 12}")) for number in range(24)], keyed=True)
    assert Counter(status for status, _ in told) == {201: 12, 409: 12}
    after = (await client.get("/api/v1/me")).json()["quotas"]
    used = {name: after[name]["used"] - before[name]["used"] for name in ("writes", "passports")}
    assert used == {"writes": 12, "passports": 12}


async def test_a_product_that_changes_among_a_burst_is_seen_as_it_is(
    client: httpx2.AsyncClient, make_product: Any
) -> None:
    product, gtin = await make_product(client), new_gtin()
    path = f"/api/v1/products/{product['_id']}"

    async def change() -> list[int]:
        values = ({"defaultFieldValues": {"battery_mass": 10.0 + number}} for number in range(5))
        return [(await client.patch(path, json=one)).status_code for one in values]

    requests = [(client, body(product, gtin, f"S-{number}")) for number in range(BURST)]
    told, changed = await asyncio.gather(burst(requests), change())
    assert changed == [200] * 5
    for status, made in told:
        assert status == 201
        field = made["fields"].get("battery_mass")
        seen = 1 if field is None else field["inheritedFrom"]["version"]
        assert field is None or field["value"] == 10 + seen - 2


@pytest.mark.parametrize("number", [3.0, 1e-9, 0.1, -0.0, 2.5e-6])
async def test_the_hash_of_a_new_passport_holds_with_any_number(
    client: httpx2.AsyncClient, make_product: Any, database: Database, number: float
) -> None:
    product = await make_product(client)
    rows = [{"name": "Lithium", "concentration": abs(number)}]
    new = body(product, new_gtin(), "S-1", battery_mass=abs(number), critical_raw_materials=rows)
    made = (await client.post(PASSPORTS, json=new)).json()
    stored = await database.find_one("passports", {"_id": ObjectId(made["_id"])})
    assert stored is not None
    assert state_hash(entity(stored)) == stored["stateHash"]
    assert stored["fields"]["battery_mass"]["value"] == abs(number)


async def test_repeated_bursts_make_nothing_twice(client: httpx2.AsyncClient, make_product: Any) -> None:
    product, gtin = await make_product(client), new_gtin()
    keys = [uuid4().hex for _ in range(BURST)]

    async def send(number: int) -> httpx2.Response:
        request = body(product, gtin, f"S-{number}")
        return await client.post(PASSPORTS, json=request, headers={"Idempotency-Key": keys[number]})

    first = await asyncio.gather(*(send(number) for number in range(BURST)))
    again = await asyncio.gather(*(send(number) for number in range(BURST)))
    assert {answer.status_code for answer in (*first, *again)} == {201}
    assert [one.content for one in first] == [one.content for one in again]
    assert await total(client) == BURST
