"""Places for passports: exact, sold beyond the plan where one agrees to the price, repaired after a crash."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.conftest import MovableClock, Office, client_of, new_gtin, running
from tests.contract.checker import Checker

from tracepass.app import create_app
from tracepass.core.clock import parse_timestamp
from tracepass.core.ids import find_id
from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace
from tracepass.settings import Settings

PASSPORTS = "/api/v1/passports"


@pytest.fixture(scope="module")
async def second(app: FastAPI, settings: Settings) -> AsyncIterator[FastAPI]:  # noqa: ARG001 - it makes the indexes
    """Another application over the same database."""
    async with running(create_app(settings)) as other:
        yield other


class Shelf:
    """Makes passports of one product under one GTIN."""

    def __init__(self, client: httpx2.AsyncClient, product: str) -> None:
        self.client = client
        self.product = product
        self.gtin = new_gtin()

    def body(self, serial: int | str, **members: Any) -> dict[str, Any]:
        return {"productId": self.product, "gs1": {"gtin": self.gtin, "serialNumber": str(serial)}, **members}

    async def make(self, serial: int | str, **members: Any) -> httpx2.Response:
        return await self.client.post(PASSPORTS, json=self.body(serial, **members))

    async def batch(self, count: int, *, item: dict[str, Any] | None = None, **members: Any) -> httpx2.Response:
        items = [self.body(f"batch-{number}", **(item or {})) for number in range(count)]
        return await self.client.post(f"{PASSPORTS}/batch", json={"passports": items, **members})


async def _shelf(client: httpx2.AsyncClient, make_product: Any) -> Shelf:
    return Shelf(client, (await make_product(client))["_id"])


@pytest.fixture
async def free(office: Office, make_product: Any) -> Shelf:
    return await _shelf(await office.client(plan="free"), make_product)


@pytest.fixture
async def basic_home(office: Office) -> Workspace:
    return await office.workspace(plan="basic")


@pytest.fixture
async def basic(office: Office, basic_home: Workspace, make_product: Any) -> Shelf:
    return await _shelf(await office.client(basic_home), make_product)


class TestPlaces:
    async def test_the_free_plan_sells_no_more(self, free: Shelf) -> None:
        for serial in range(3):
            assert (await free.make(serial)).status_code == 201
        for confirm in (False, True):
            refused = await free.make(4, confirmOverage=confirm)
            assert (refused.status_code, refused.json()["error"]) == (402, "overage_required")
            expected = {"limit": 3, "used": 3, "overageCents": None, "currency": "EUR"}
            assert refused.json()["details"] == expected

    async def test_others_sell_one_more_for_a_price(
        self, basic: Shelf, basic_home: Workspace, database: Database
    ) -> None:
        assert (await basic.batch(25)).status_code == 207
        refused = await basic.make(1)
        expected = {"limit": 25, "used": 25, "overageCents": 300, "currency": "EUR"}
        assert (refused.status_code, refused.json()["details"]) == (402, expected)
        bought = await basic.make(1, confirmOverage=True)
        assert bought.status_code == 201
        query = {"workspaceId": basic_home.id, "environment": "live"}
        records = database.collection("changes").find(query, sort=[("_id", -1)])
        found = [record async for record in records if record["action"] == "overage.confirmed"]
        assert [(str(record["entity"]["id"]), record["details"]) for record in found] == [
            (
                bought.json()["_id"],
                {"budget": "passports", "limit": 25, "used": 26, "overageCents": 300, "currency": "EUR"},
            )
        ]

    async def test_a_hundred_at_once_over_two_applications_give_25(
        self, basic: Shelf, second: FastAPI, basic_home: Workspace, office: Office, contract: Checker
    ) -> None:
        assert (await basic.make("first")).status_code == 201
        key = await office.key(basic_home)
        other = Shelf(client_of(second, contract, key=key), basic.product)
        other.gtin = basic.gtin
        answers = await asyncio.gather(*((basic, other)[number % 2].make(number) for number in range(100)))
        assert Counter(answer.status_code for answer in answers) == {201: 24, 402: 76}

    async def test_a_refused_passport_takes_no_place(self, free: Shelf) -> None:
        await free.make("same")
        for _ in range(5):
            assert (await free.make("same")).status_code == 409
        assert [(await free.make(serial)).status_code for serial in range(3)] == [201, 201, 402]

    async def test_a_deleted_draft_gives_its_place_back(self, free: Shelf) -> None:
        made = [(await free.make(serial)).json()["_id"] for serial in range(3)]
        assert (await free.client.delete(f"{PASSPORTS}/{made[0]}")).status_code == 200
        assert [(await free.make(serial)).status_code for serial in (3, 4)] == [201, 402]

    async def test_an_archived_passport_keeps_its_place(self, free: Shelf) -> None:
        made = [(await free.make(serial)).json()["_id"] for serial in range(3)]
        assert (await free.client.post(f"{PASSPORTS}/{made[0]}/archive")).status_code == 200
        assert (await free.make(3)).status_code == 402

    async def test_test_passports_need_none(self, office: Office, make_product: Any) -> None:
        workspace = await office.workspace(plan="free")
        shelf = await _shelf(await office.client(workspace, environment="test"), make_product)
        assert [(await shelf.make(serial)).status_code for serial in range(5)] == [201] * 5

    async def test_a_refused_passport_leaves_its_gtin_to_others(
        self, free: Shelf, stranger: httpx2.AsyncClient, make_product: Any
    ) -> None:
        for serial in range(3):
            await free.make(serial)
        for passport in (await free.client.get(PASSPORTS)).json()["data"]["items"]:
            await free.client.post(f"{PASSPORTS}/{passport['_id']}/publish", json={"acknowledgeGaps": True})
        free.gtin = new_gtin()
        assert (await free.make("new")).status_code == 402
        other = await _shelf(stranger, make_product)
        other.gtin = free.gtin
        assert (await other.make("new")).status_code == 201


class TestBatches:
    async def test_a_batch_beyond_the_plan_is_refused_as_a_whole(self, basic: Shelf) -> None:
        refused = await basic.batch(26)
        expected = {"limit": 25, "used": 0, "overageCents": 300, "currency": "EUR"}
        assert (refused.status_code, refused.json()["details"]) == (402, expected)
        assert (await basic.client.get(PASSPORTS)).json()["data"]["total"] == 0

    async def test_the_flag_stands_at_the_top_or_in_every_item(self, basic: Shelf) -> None:
        items = [basic.body(number, confirmOverage=number != 3) for number in range(26)]
        refused = await basic.client.post(f"{PASSPORTS}/batch", json={"passports": items})
        assert refused.status_code == 402
        items[3]["confirmOverage"] = True
        made = await basic.client.post(f"{PASSPORTS}/batch", json={"passports": items})
        assert (made.status_code, made.json()["summary"]) == (207, {"created": 26, "failed": 0})
        more = await basic.batch(2, confirmOverage=True)
        assert more.json()["summary"] == {"created": 2, "failed": 0}


class TestRepair:
    async def test_what_a_crash_left_behind_is_counted_anew_before_anybody_is_refused(
        self, free: Shelf, database: Database, clock: MovableClock
    ) -> None:
        passport = (await free.make(0)).json()
        counters = database.collection("quotaCounters")
        home = await database.collection("passports").find_one({"_id": find_id(passport["_id"])}, {"workspaceId": 1})
        assert home is not None
        counter = f"{home['workspaceId']}/live/passports"
        await counters.update_one({"_id": counter}, {"$set": {"used": 3}})
        assert (await free.make(1)).status_code == 402, "what may be under way is not counted yet"
        clock.move(minutes=3)
        assert [(await free.make(serial)).status_code for serial in (1, 2, 3)] == [201, 201, 402]


class TestPublishing:
    async def test_free_passports_expire_after_thirty_days(self, free: Shelf, clock: MovableClock) -> None:
        path = f"{PASSPORTS}/{(await free.make(1)).json()['_id']}"
        before = clock()
        published = (await free.client.post(f"{path}/publish", json={"acknowledgeGaps": True})).json()
        days = parse_timestamp(published["expiresAt"]) - before
        assert 29.99 < days.total_seconds() / 86_400 < 30.01

    async def test_a_sooner_day_stays_and_a_later_one_does_not(self, free: Shelf) -> None:
        asked = {"sooner": "2026-12-01T00:00:00.000Z", "later": "2036-12-01T00:00:00.000Z"}
        found = {}
        for name, day in asked.items():
            path = f"{PASSPORTS}/{(await free.make(name, expiresAt=day)).json()['_id']}"
            body = {"acknowledgeGaps": True, "expiresAt": day}
            found[name] = (await free.client.post(f"{path}/publish", json=body)).json()["expiresAt"]
        assert found["sooner"] == asked["sooner"]
        assert found["later"] < asked["later"]

    async def test_free_publishes_in_english_only(self, free: Shelf) -> None:
        fields = {"product_name": {"value": "Akku", "sourceLocale": "de"}}
        path = f"{PASSPORTS}/{(await free.make(1, fields=fields)).json()['_id']}"
        refused = await free.client.post(f"{path}/publish", json={"acknowledgeGaps": True})
        assert (refused.status_code, refused.json()["error"]) == (403, "plan_required")
        assert refused.json()["details"] == {"plan": "free", "limit": 1, "languages": ["de", "en"]}
        english = {"value": "Battery", "sourceLocale": "en"}
        assert (await free.client.patch(f"{path}/fields/product_name", json=english)).status_code == 200
        assert (await free.client.post(f"{path}/publish", json={"acknowledgeGaps": True})).status_code == 200

    async def test_a_language_more_is_refused_once_published(self, basic: Shelf) -> None:
        fields = {"product_name": {"value": "Akku", "sourceLocale": "de"}}
        path = f"{PASSPORTS}/{(await basic.make(1, fields=fields)).json()['_id']}"
        assert (await basic.client.post(f"{path}/publish", json={"acknowledgeGaps": True})).status_code == 200
        texts = f"{path}/fields/product_name/translations"
        refused = await basic.client.put(f"{texts}/fr", json={"value": "Batterie"})
        assert (refused.status_code, refused.json()["error"]) == (403, "plan_required")
        assert (await basic.client.put(f"{texts}/en", json={"value": "Battery"})).status_code == 200
