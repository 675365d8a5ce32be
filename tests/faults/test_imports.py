"""Imports whose worker is killed: another goes on, and no passport is lost or made twice."""

from __future__ import annotations

import asyncio
import signal
import sys

import httpx2
import orjson
import pytest
from tests.conftest import Make, MovableClock, new_gtin
from tests.faults.installation import environment

from tracepass.core.ids import Id
from tracepass.core.mongo import Database
from tracepass.settings import Settings
from tracepass.worker import work_once

ROWS, PRODUCTS = 230, 500
LOOK = "a test looks"


@pytest.mark.parametrize("calls", [0, 7, 150])
async def test_an_import_whose_worker_is_killed_is_ended_by_another(
    client: httpx2.AsyncClient,
    make_product: Make,
    database: Database,
    settings: Settings,
    clock: MovableClock,
    calls: int,
) -> None:
    product, gtin = await make_product(client, category="textile"), new_gtin()
    body = "gs1.gtin,gs1.serialNumber\n" + "".join(f"{gtin},S{number}\n" for number in range(ROWS))
    query = {"category": "textile", "productId": product["_id"], "dryRun": "false"}
    headers = {"Content-Type": "text/csv"}
    where = (await client.post("/api/v1/imports", params=query, content=body.encode(), headers=headers)).headers

    assert await run_to_death(settings, "create", calls) == -signal.SIGKILL
    assert (await client.get(where["location"])).json()["phase"] == "write"
    clock.move(seconds=61)
    while await work_once(database, settings, clock):
        pass

    found = (await client.get(where["location"])).json()
    assert (found["status"], found["progress"]["created"]) == ("done", ROWS)
    made = [one async for one in database.collection("passports").find({"gs1.gtin": gtin}, {"gs1": 1}, comment=LOOK)]
    assert {one["gs1"]["serialNumber"] for one in made} == {f"S{number}" for number in range(ROWS)}
    assert len(made) == ROWS


@pytest.fixture
async def export(stranger: httpx2.AsyncClient) -> bytes:
    """The export of a workspace with products, of which three chunks are written."""
    for start in range(0, PRODUCTS, 100):
        names = [f"P-{start + number}" for number in range(100)]
        products = [{"name": name, "model": name, "category": "textile"} for name in names]
        answer = await stranger.post("/api/v1/products/batch", json={"products": products})
        assert answer.json()["summary"]["failed"] == 0
    return (await stranger.get("/api/v1/exports/tenant")).content


async def sent(client: httpx2.AsyncClient, export: bytes) -> str:
    """Have an export imported, and return where to follow it."""
    headers = {"Content-Type": "application/ld+json"}
    answer = await client.post("/api/v1/imports", params={"dryRun": "false"}, content=export, headers=headers)
    return str(answer.headers["location"])


async def test_an_import_of_an_export_is_ended_by_another_worker(
    client: httpx2.AsyncClient,
    export: bytes,
    database: Database,
    settings: Settings,
    clock: MovableClock,
) -> None:
    where = await sent(client, export)
    assert await run_to_death(settings, "add", 1) == -signal.SIGKILL
    assert (await client.get(where)).json()["phase"] == "write"
    clock.move(seconds=61)
    while await work_once(database, settings, clock):
        pass

    found = (await client.get(where)).json()
    assert (found["status"], found["progress"]["created"]) == ("done", PRODUCTS), found
    told = (await client.get("/api/v1/exports/tenant")).json()["products"]
    assert [one["model"] for one in told] == [one["model"] for one in orjson.loads(export)["products"]]
    history = await database.collection("changes").distinct("entity.id", {"action": "import"}, comment=LOOK)
    assert {Id(one["_id"]) for one in told} <= set(history)


async def test_what_a_stopped_import_made_is_taken_back_by_another_worker(
    client: httpx2.AsyncClient, export: bytes, database: Database, settings: Settings, clock: MovableClock
) -> None:
    where = await sent(client, export)
    assert await run_to_death(settings, "write", 2) == -signal.SIGKILL
    assert (await client.delete(where)).status_code == 200
    clock.move(seconds=61)
    assert await run_to_death(settings, "remove", 1, ahead=61) == -signal.SIGKILL
    assert (await client.get(where)).json()["phase"] == "undo"
    clock.move(seconds=61)
    while await work_once(database, settings, clock):
        pass
    assert (await client.get(where)).json()["status"] == "cancelled"
    assert (await client.get("/api/v1/exports/tenant")).json()["products"] == []


async def run_to_death(settings: Settings, moment: str, calls: int, *, ahead: int = 0) -> int:
    assert settings.mongodb_uri is not None
    assert settings.secret_key is not None
    told = (settings.mongodb_uri.get_secret_value(), settings.database, settings.secret_key.get_secret_value())
    arguments = (*told, moment, str(calls), str(ahead))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.importing", *arguments, env=environment()
    )
    return await asyncio.wait_for(process.wait(), 60)
