"""What scanners see follows the product, by a job of the worker."""

from __future__ import annotations

from typing import Any

import httpx2
from tests.conftest import MovableClock

from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import Workspace
from tracepass.settings import Settings
from tracepass.worker import work_once

HTML = {"Accept": "text/html"}


async def _work_all(database: Database, settings: Settings, clock: MovableClock) -> int:
    done = 0
    while await work_once(database, settings, clock):
        done += 1
    return done


async def _scan(client: httpx2.AsyncClient, passport: dict[str, Any], accept: str) -> httpx2.Response:
    path = passport["gs1"]["digitalLinkUri"].removeprefix("https://id.example.test")
    return await client.get(path, headers={"Accept": accept})


async def test_a_renamed_product_is_renamed_on_the_pages_of_its_passports(
    client: httpx2.AsyncClient,
    make_passport: Any,
    database: Database,
    settings: Settings,
    clock: MovableClock,
) -> None:
    passport = await make_passport(client, published=True)
    before = await _scan(client, passport, "text/html")

    await client.patch(f"/api/v1/products/{passport['productId']}", json={"name": "Renamed pack"})
    assert await _work_all(database, settings, clock) >= 1

    page = await _scan(client, passport, "text/html")
    data = await _scan(client, passport, "application/ld+json")
    assert "Renamed pack" not in before.text
    assert "Renamed pack" in page.text
    assert page.headers["etag"] != before.headers["etag"]
    assert data.json()["name"] == "Renamed pack"


async def test_a_change_that_no_scanner_sees_asks_for_no_job(
    client: httpx2.AsyncClient, make_product: Any, database: Database, settings: Settings, clock: MovableClock
) -> None:
    await _work_all(database, settings, clock)
    product = await make_product(client)

    await client.patch(f"/api/v1/products/{product['_id']}", json={"defaultFieldValues": {"battery_mass": 3}})

    assert await _work_all(database, settings, clock) == 0


async def test_a_job_of_a_lost_worker_is_done_by_another_where_the_first_stopped(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    jobs = Jobs(database, clock=clock)

    async def enqueue(session: Any) -> None:
        await jobs.enqueue("count", str(workspace.id), Tenancy(workspace.id, "live"), {"to": 3}, session=session)

    await database.transact(enqueue)
    first = await jobs.lease()
    assert first is not None
    await jobs.renew(first, "halfway")
    assert await jobs.lease() is None

    clock.move(seconds=61)
    second = await jobs.lease()

    assert second is not None
    assert (second.id, second.progress, second.payload) == (first.id, "halfway", {"to": 3})
    await jobs.finish(second)


async def test_a_job_asked_for_again_while_it_runs_starts_over(
    database: Database, workspace: Workspace, clock: MovableClock
) -> None:
    jobs = Jobs(database, clock=clock)

    async def enqueue(session: Any) -> None:
        await jobs.enqueue("count", str(workspace.id), Tenancy(workspace.id, "live"), {}, session=session)

    await database.transact(enqueue)
    running = await jobs.lease()
    assert running is not None
    await database.transact(enqueue)

    assert not await jobs.renew(running, "too late")
    await jobs.finish(running)
    again = await jobs.lease()

    assert again is not None
    assert again.progress is None
    await jobs.finish(again)
