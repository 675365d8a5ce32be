"""Imports whose worker is killed: another goes on, and no passport is lost or made twice."""

from __future__ import annotations

import asyncio
import signal
import sys

import httpx2
import pytest
from tests.conftest import Make, MovableClock, new_gtin
from tests.faults.installation import environment

from tracepass.core.mongo import Database
from tracepass.settings import Settings
from tracepass.worker import work_once

ROWS = 230
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

    assert await run_to_death(settings, calls) == -signal.SIGKILL
    assert (await client.get(where["location"])).json()["phase"] == "write"
    clock.move(seconds=61)
    while await work_once(database, settings, clock):
        pass

    found = (await client.get(where["location"])).json()
    assert (found["status"], found["progress"]["created"]) == ("done", ROWS)
    made = [one async for one in database.collection("passports").find({"gs1.gtin": gtin}, {"gs1": 1}, comment=LOOK)]
    assert {one["gs1"]["serialNumber"] for one in made} == {f"S{number}" for number in range(ROWS)}
    assert len(made) == ROWS


async def run_to_death(settings: Settings, calls: int) -> int:
    assert settings.mongodb_uri is not None
    assert settings.secret_key is not None
    told = (settings.mongodb_uri.get_secret_value(), settings.database, settings.secret_key.get_secret_value())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.importing", *told, str(calls), env=environment()
    )
    return await asyncio.wait_for(process.wait(), 60)
