"""Budgets over HTTP: exact across processes, given back for what came to nothing, told in headers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.conftest import MovableClock, Office, client_of, new_gtin, running
from tests.contract.checker import Checker

from tracepass.app import create_app
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Actor
from tracepass.identity.models import Caller, Workspace
from tracepass.quotas.models import RateLimited
from tracepass.quotas.service import Quotas
from tracepass.settings import Settings

PRODUCT = {"name": "Pack", "category": "battery"}


@pytest.fixture(autouse=True)
def _one_day(clock: MovableClock) -> None:
    """No midnight in the middle of a test."""
    clock.stop()


@pytest.fixture(scope="module")
async def apps(app: FastAPI, settings: Settings) -> AsyncIterator[list[FastAPI]]:
    """Three applications over one database."""
    async with AsyncExitStack() as stack:
        others = [await stack.enter_async_context(running(create_app(settings))) for _ in range(2)]
        yield [app, *others]


async def _clients(
    apps: list[FastAPI], office: Office, contract: Checker, workspace: Workspace
) -> list[httpx2.AsyncClient]:
    key = await office.key(workspace)
    return [client_of(app, contract, key=key) for app in apps]


async def _product(client: httpx2.AsyncClient, number: int, **headers: str) -> httpx2.Response:
    return await client.post("/api/v1/products", json={**PRODUCT, "model": f"M-{number}"}, headers=headers)


async def _remaining(client: httpx2.AsyncClient, path: str) -> int:
    answer = await client.get(path)
    return int(answer.headers["ratelimit"].split(";")[1].removeprefix("r="))


class TestWrites:
    async def test_500_at_once_over_three_applications_give_100(
        self, apps: list[FastAPI], office: Office, contract: Checker
    ) -> None:
        clients = await _clients(apps, office, contract, await office.workspace(plan="free"))
        answers = await asyncio.gather(*(_product(clients[number % 3], number) for number in range(500)))
        assert Counter(answer.status_code for answer in answers) == {201: 100, 429: 400}
        assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"day";q=100;w=86400'}

    async def test_a_refused_request_gives_its_unit_back(self, office: Office) -> None:
        client = await office.client(plan="free")
        assert (await _product(client, 1)).headers["ratelimit"].startswith('"day";r=99;t=')
        refused = await _product(client, 1)
        assert (refused.status_code, refused.headers["ratelimit"].split(";")[1]) == (409, "r=99")
        assert (await _product(client, 2)).headers["ratelimit"].startswith('"day";r=98;t=')

    async def test_units_come_back_at_most_as_often_as_the_cap(self, office: Office) -> None:
        client = await office.client(plan="free")
        await _product(client, 1)
        refused = [await _product(client, 1) for _ in range(201)]
        assert Counter(answer.status_code for answer in refused) == {409: 199, 429: 2}

    async def test_a_batch_is_all_or_nothing(self, office: Office) -> None:
        client = await office.client(plan="free")
        await _product(client, 1)
        batch = {"products": [{**PRODUCT, "model": f"B-{number}"} for number in range(100)]}
        refused = await client.post("/api/v1/products/batch", json=batch)
        assert (refused.status_code, refused.json()["details"]) == (429, {"window": "day", "limit": 100})
        assert refused.headers["ratelimit"].startswith('"day";r=99;')
        batch["products"].pop()
        assert (await client.post("/api/v1/products/batch", json=batch)).headers["ratelimit"].startswith('"day";r=0;')

    async def test_a_new_day_starts_anew(self, office: Office, clock: MovableClock) -> None:
        workspace = await office.workspace(plan="free")
        client = await office.client(workspace)
        batch = {"products": [{**PRODUCT, "model": f"B-{number}"} for number in range(100)]}
        assert (await client.post("/api/v1/products/batch", json=batch)).status_code == 207
        assert (await _product(client, 1)).status_code == 429
        clock.move(days=1)
        assert (await _product(client, 1)).headers["ratelimit"].startswith('"day";r=99;')

    async def test_test_keys_count_apart(self, office: Office) -> None:
        workspace = await office.workspace(plan="free")
        live, test = await office.client(workspace), await office.client(workspace, environment="test")
        await _product(live, 1)
        assert (await _product(test, 1)).headers["ratelimit"].startswith('"day";r=99;')

    async def test_a_validation_error_costs_nothing(self, office: Office) -> None:
        client = await office.client(plan="free")
        assert (await client.post("/api/v1/products", json={})).status_code == 400
        assert (await _product(client, 1)).headers["ratelimit"].startswith('"day";r=99;')

    async def test_an_unlimited_plan_is_told_nothing(self, client: httpx2.AsyncClient) -> None:
        answer = await _product(client, 1)
        assert answer.status_code == 201
        assert not {"ratelimit", "ratelimit-policy"} & answer.headers.keys()


class TestReads:
    async def test_applications_share_a_day_in_blocks(
        self, apps: list[FastAPI], office: Office, contract: Checker
    ) -> None:
        clients = await _clients(apps, office, contract, await office.workspace(plan="free"))
        answers = await asyncio.gather(*(clients[number % 3].get("/api/v1/products") for number in range(1100)))
        found = Counter(answer.status_code for answer in answers)
        # Whoever is through with their own requests first may be left with a part of their last block.
        assert 1000 - 2 * 9 <= found[200] <= 1000
        for client in clients:
            while (await client.get("/api/v1/products")).status_code == 200:
                found[200] += 1
        assert found[200] == 1000

    async def test_a_read_is_not_refused_while_its_block_is_emptied_by_others(
        self, app: FastAPI, office: Office, database: Database
    ) -> None:
        """Whoever fetches a block writes the notice at four fifths; those who come meanwhile take of the block."""
        quotas, holder = app.state.services[Quotas], _holder(await office.workspace(plan="free"))
        await asyncio.gather(*(quotas.take_read(holder) for _ in range(790)))
        coming = []
        for _ in range(21):
            coming += [asyncio.create_task(quotas.take_read(holder)) for _ in range(10)]
            await database.collection("quotaCounters").find_one({"_id": "time for a trip"})
        assert len(await asyncio.gather(*coming)) == 210
        with pytest.raises(RateLimited):
            await quotas.take_read(holder)

    async def test_a_read_of_nothing_costs_nothing(self, office: Office) -> None:
        client = await office.client(plan="free")
        before = await _remaining(client, "/api/v1/products")
        assert await _remaining(client, "/api/v1/products/0123456789abcdef01234567") == before
        assert await _remaining(client, "/api/v1/products") == before - 1

    async def test_templates_cost_nothing(self, office: Office) -> None:
        client = await office.client(plan="free")
        assert "ratelimit" not in (await client.get("/api/v1/templates")).headers

    async def test_what_a_process_holds_ahead_it_gives_back_at_its_end(
        self, settings: Settings, office: Office, contract: Checker
    ) -> None:
        workspace = await office.workspace(plan="free")
        async with running(create_app(settings)) as ending:
            client = client_of(ending, contract, key=await office.key(workspace))
            assert await _remaining(client, "/api/v1/products") == 999
        assert await _remaining(await office.client(workspace), "/api/v1/products") == 998


class TestWarnings:
    async def test_four_fifths_are_told_once_a_day(
        self, office: Office, database: Database, clock: MovableClock
    ) -> None:
        workspace = await office.workspace(plan="free")
        client = await office.client(workspace)

        async def warned() -> list[dict[str, Any]]:
            query = {"workspaceId": workspace.id, "environment": "live"}
            found = database.collection("changes").find(query, sort=[("_id", -1)])
            return [record["details"] async for record in found if record["action"] == "quota.warning"]

        for number in range(79):
            await _product(client, number)
        assert await warned() == []
        for number in range(78, 85):
            await _product(client, number)
        today = f"{clock():%Y-%m-%d}"
        assert await warned() == [{"budget": "writes", "limit": 100, "used": 80, "day": today}]

    async def test_places_for_passports_are_told_of_too(
        self, office: Office, database: Database, make_passport: Any
    ) -> None:
        workspace = await office.workspace(plan="basic")
        client = await office.client(workspace)
        product = (await _product(client, 1)).json()["_id"]
        for number in range(21):
            gs1 = {"gtin": new_gtin(), "serialNumber": str(number)}
            await make_passport(client, productId=product, gs1=gs1)
        query = {"workspaceId": workspace.id, "environment": "live"}
        found = [record async for record in database.collection("changes").find(query, sort=[("_id", -1)])]
        details = [record["details"] for record in found if record["action"] == "quota.warning"]
        assert [(one["budget"], one["used"]) for one in details] == [("passports", 20)]


class TestOverview:
    async def test_it_tells_how_every_budget_stands(self, app: FastAPI, office: Office, make_passport: Any) -> None:
        workspace = await office.workspace(plan="basic")
        client = await office.client(workspace)
        await make_passport(client)
        await client.get("/api/v1/products")
        quotas: Quotas = app.state.services[Quotas]
        overview = await quotas.overview(_holder(workspace))
        assert overview.quota == {"perMinute": 60, "perDay": 200, "usedToday": 2}
        assert {name: (one["limit"], one["used"]) for name, one in overview.quotas.items()} == {
            "writes": (200, 2),
            "passportReads": (2000, 20),
            "perMinute": (60, 0),
            "passports": (25, 1),
            "epcisEventsPerMonth": (1000, 0),
        }
        assert overview.quotas["writes"]["resetsAt"].endswith("T00:00:00.000Z")
        assert overview.quotas["passports"]["resetsAt"] is None

    async def test_what_is_unlimited_is_null(self, app: FastAPI, workspace: Workspace) -> None:
        quotas: Quotas = app.state.services[Quotas]
        overview = await quotas.overview(_holder(workspace))
        assert overview.quota == {"perMinute": None, "perDay": None, "usedToday": None}
        assert all(set(one.values()) == {None} for one in overview.quotas.values())


def _holder(workspace: Workspace) -> Any:
    return Caller(
        workspace=workspace, environment="live", role="admin", scopes=frozenset(), actor=Actor("user", None, "Tests")
    )
