"""Lists of passports: filters, orders, search, pages and cursors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from tests.conftest import MovableClock, Office, new_gtin

PASSPORTS = "/api/v1/passports"


async def ids(client: httpx2.AsyncClient, **params: Any) -> list[str]:
    answer = await client.get(PASSPORTS, params=params)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert data["total"] == len(data["items"]) or "page" in params or "limit" in params or "cursor" in params
    return [item["_id"] for item in data["items"]]


async def test_items_carry_the_listed_members_only(client: httpx2.AsyncClient, make_passport: Any) -> None:
    published = await make_passport(client, published=True)
    draft = await make_passport(client)
    items = (await client.get(PASSPORTS)).json()["data"]["items"]
    members = {"_id", "productId", "gs1", "granularity", "status", "completionPercentage"}
    assert [set(item) for item in items] == [members, members | {"publishedAt"}]
    assert [item["_id"] for item in items] == [draft["_id"], published["_id"]]


async def test_an_empty_list_is_a_list(client: httpx2.AsyncClient) -> None:
    data = (await client.get(PASSPORTS)).json()["data"]
    assert data == {"items": [], "total": 0, "page": 1, "limit": 20, "totalPages": 0}


async def test_filters_narrow_and_combine(client: httpx2.AsyncClient, make_product: Any, make_passport: Any) -> None:
    product = await make_product(client)
    item = await make_passport(client, productId=product["_id"])
    model = await make_passport(client, productId=product["_id"], gs1={"gtin": new_gtin()})
    other = await make_passport(client, published=True)

    assert await ids(client, productId=product["_id"]) == [model["_id"], item["_id"]]
    assert await ids(client, status="published") == [other["_id"]]
    assert await ids(client, granularity="model") == [model["_id"]]
    assert await ids(client, productId=product["_id"], granularity="item", status="draft") == [item["_id"]]
    assert await ids(client, category="batteries") == [other["_id"], model["_id"], item["_id"]]
    assert await ids(client, productId="0" * 24) == []
    assert await ids(client, search=other["gs1"]["gtin"], status="draft") == []


@pytest.mark.parametrize(
    "params",
    [
        {"status": "sold"},
        {"granularity": "pallet"},
        {"category": "spaceships"},
        {"productId": "x"},
        {"sort": "name"},
        {"page": 0},
        {"page": "two"},
        {"limit": 0},
        {"limit": 101},
        {"updatedSince": "yesterday"},
        {"updatedSince": "2027-01-01T00:00:00"},
        {"cursor": "nonsense"},
        {"cursor": "é"},
        {"cursor": "WyIiLCAiMTIiXQ"},
        {"search": ""},
        {"search": "x" * 115},
        {"colour": "red"},
    ],
)
async def test_a_bad_parameter_is_named(client: httpx2.AsyncClient, params: dict[str, Any]) -> None:
    answer = await client.get(PASSPORTS, params=params)
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fieldErrors"]) == list(params)


async def test_sorts_go_both_ways(client: httpx2.AsyncClient, make_passport: Any, clock: MovableClock) -> None:
    made = []
    for _ in range(3):
        made.append((await make_passport(client))["_id"])
        clock.move(seconds=1)
    touched = {"value": "changed", "sourceLocale": "en"}
    assert (await client.patch(f"{PASSPORTS}/{made[0]}/fields/product_name", json=touched)).status_code == 200

    assert await ids(client) == made[::-1]
    assert await ids(client, sort="-createdAt") == made[::-1]
    assert await ids(client, sort="createdAt") == made
    assert await ids(client, sort="-updatedAt") == [made[0], made[2], made[1]]
    assert await ids(client, sort="updatedAt") == [made[1], made[2], made[0]]


async def test_updated_since_includes_its_moment(
    client: httpx2.AsyncClient, make_passport: Any, clock: MovableClock
) -> None:
    await make_passport(client)
    clock.move(minutes=1)
    later = await make_passport(client)
    assert await ids(client, updatedSince=later["updatedAt"]) == [later["_id"]]
    shifted = datetime.fromisoformat(later["updatedAt"]).astimezone(UTC).isoformat()
    assert await ids(client, updatedSince=shifted, sort="updatedAt") == [later["_id"]]
    clock.move(minutes=1)
    assert await ids(client, updatedSince=clock().isoformat()) == []


class TestSearch:
    @pytest.fixture
    async def passport(self, client: httpx2.AsyncClient, make_passport: Any) -> Any:
        await make_passport(client, gs1={"gtin": "09501101530003", "serialNumber": "ZZ-1"})
        return await make_passport(
            client, gs1={"gtin": "04012345000016", "serialNumber": "BP-48v/Ä.*$x", "lot": "Lot9"}
        )

    @pytest.fixture
    async def client(self, office: Office) -> httpx2.AsyncClient:
        return await office.client(environment="test")

    @pytest.mark.parametrize(
        "text",
        [
            "B", "b", "bp", "0", "04", "4", "40", "BP-48V/Ä.*$X", "48v", "8V/ä", ".*$", ".*$x", "/ä.", "04012345000016",
            "4012345000016", "12345", "000016", "L", "lo", "ot9", "p-4",
        ],
    )  # fmt: skip
    async def test_finds_by_beginning_or_by_part(self, client: httpx2.AsyncClient, passport: Any, text: str) -> None:
        assert passport["_id"] in await ids(client, search=text)

    @pytest.mark.parametrize(
        "text", ["P", "p-", "8v", ".*", ".", "$", "^", "^BP", "BP.*x", "[0-9]", "(?i)bp", "BP 48", "16", "x", "\\", "%"]
    )
    async def test_takes_no_text_for_a_pattern(self, client: httpx2.AsyncClient, passport: Any, text: str) -> None:
        assert passport["_id"] not in await ids(client, search=text)

    async def test_works_with_each_order_and_page(self, client: httpx2.AsyncClient, passport: Any) -> None:
        for sort in ("createdAt", "-createdAt", "updatedAt", "-updatedAt"):
            assert await ids(client, search="48v", sort=sort) == [passport["_id"]]
        first = (await client.get(PASSPORTS, params={"search": "0", "limit": 1, "sort": "updatedAt"})).json()["data"]
        assert first["total"] == 2
        rest = await ids(client, search="0", limit=1, sort="updatedAt", cursor=first["nextCursor"])
        assert len({first["items"][0]["_id"], *rest}) == 2


class TestPages:
    async def test_numbers_cover_everything_once(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        made = [(await make_passport(client))["_id"] for _ in range(5)]
        pages = [await ids(client, limit=2, page=page) for page in (1, 2, 3, 4)]
        assert pages == [made[4:2:-1], made[2:0:-1], made[:1], []]
        data = (await client.get(PASSPORTS, params={"limit": 2, "page": 3})).json()["data"]
        assert (data["total"], data["page"], data["limit"], data["totalPages"]) == (5, 3, 2, 3)
        assert "nextCursor" not in data

    @pytest.mark.parametrize("path", ["", "/{id}/history", "/{id}/snapshots"])
    async def test_beyond_a_hundred_thousand_the_way_is_the_cursor(
        self, client: httpx2.AsyncClient, make_passport: Any, path: str
    ) -> None:
        address = PASSPORTS + path.format(id=(await make_passport(client))["_id"])
        reachable = await client.get(address, params={"page": 1000, "limit": 100})
        beyond = await client.get(address, params={"page": 1001, "limit": 100})
        assert reachable.status_code == 200
        assert beyond.status_code == 400
        assert "cursor" in beyond.json()["details"]["fieldErrors"]["page"][0] or path

    @pytest.mark.parametrize("sort", ["createdAt", "-createdAt", "updatedAt", "-updatedAt"])
    async def test_cursors_miss_and_repeat_nothing_while_others_write(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any, sort: str
    ) -> None:
        product = (await make_product(client))["_id"]
        made = {(await make_passport(client, productId=product))["_id"] for _ in range(6)}
        seen: list[str] = []
        params: dict[str, Any] = {"limit": 2, "sort": sort}
        while True:
            data = (await client.get(PASSPORTS, params=params)).json()["data"]
            seen += [item["_id"] for item in data["items"]]
            if "nextCursor" not in data or len(seen) > 40:
                break
            params["cursor"] = data["nextCursor"]
            if len(seen) <= 4:
                await make_passport(client, productId=product)
                assert (await client.delete(f"{PASSPORTS}/{seen[0]}")).status_code in {200, 404}
        assert len(seen) == len(set(seen))
        assert made <= set(seen)

    async def test_a_cursor_of_another_order_is_refused(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        for _ in range(2):
            await make_passport(client)
        for one, other in (("createdAt", "updatedAt"), ("updatedAt", "-createdAt")):
            data = (await client.get(PASSPORTS, params={"limit": 1, "sort": one})).json()["data"]
            answer = await client.get(PASSPORTS, params={"sort": other, "cursor": data["nextCursor"]})
            assert answer.status_code == 400
            assert list(answer.json()["details"]["fieldErrors"]) == ["cursor"]
