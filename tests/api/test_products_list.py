"""Products: read and listed."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.conftest import Office

PATH = "/api/v1/products"


async def listed(client: httpx2.AsyncClient, **query: Any) -> dict[str, Any]:
    answer = await client.get(PATH, params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


def models(data: dict[str, Any]) -> list[str]:
    return [item["model"] for item in data["items"]]


@pytest.fixture
async def seven(client: httpx2.AsyncClient, make_product: Any) -> list[str]:
    """The models of seven products, newest first."""
    return [(await make_product(client))["model"] for _ in range(7)][::-1]


async def test_an_empty_catalogue_has_no_pages(client: httpx2.AsyncClient) -> None:
    assert await listed(client) == {"items": [], "total": 0, "page": 1, "limit": 20, "totalPages": 0}


async def test_the_newest_comes_first(client: httpx2.AsyncClient, seven: list[str]) -> None:
    data = await listed(client)
    assert models(data) == seven
    assert (data["total"], data["page"], data["limit"], data["totalPages"]) == (7, 1, 20, 1)
    assert "nextCursor" not in data


async def test_an_item_is_what_its_own_address_shows(client: httpx2.AsyncClient, make_passport: Any) -> None:
    passport = await make_passport(client)
    (item,) = (await listed(client))["items"]
    assert item == (await client.get(f"{PATH}/{passport['productId']}")).json()
    assert item["passportCount"] == 1


async def test_pages_part_the_list(client: httpx2.AsyncClient, seven: list[str]) -> None:
    pages = [await listed(client, page=page, limit=3) for page in (1, 2, 3, 4)]
    assert [models(data) for data in pages] == [seven[:3], seven[3:6], seven[6:], []]
    assert {data["totalPages"] for data in pages} == {3}


async def test_a_cursor_is_not_moved_by_what_is_written_meanwhile(
    client: httpx2.AsyncClient, make_product: Any, seven: list[str]
) -> None:
    data = await listed(client, limit=3)
    seen = models(data)
    while "nextCursor" in data:
        await make_product(client)
        data = await listed(client, limit=3, cursor=data["nextCursor"])
        seen += models(data)
    assert seen == seven


async def test_archived_products_are_shown_on_request(client: httpx2.AsyncClient, make_product: Any) -> None:
    kept, archived = await make_product(client), await make_product(client)
    await client.post(f"{PATH}/{archived['_id']}/archive")
    assert models(await listed(client)) == [kept["model"]]
    assert models(await listed(client, status="active")) == [kept["model"]]
    assert models(await listed(client, status="active", showArchived="true")) == [kept["model"]]
    assert models(await listed(client, status="archived")) == [archived["model"]]
    assert models(await listed(client, showArchived="true")) == [archived["model"], kept["model"]]


async def test_filters_narrow_the_list_together(client: httpx2.AsyncClient, make_product: Any) -> None:
    await make_product(client, model="ALPHA-1", name="Pack")
    await make_product(client, model="ALPHA-2", name="Pack")
    assert models(await listed(client, category="batteries", search="alpha-2", status="active")) == ["ALPHA-2"]
    assert models(await listed(client, category="battery")) == ["ALPHA-2", "ALPHA-1"]
    assert (await listed(client, category="battery", search="beta"))["total"] == 0


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("B", True), ("bp", True), ("BP-4", True), ("p-48", True), ("48X", True), ("x", False), ("8X", False),
        ("grö", True), ("GRÖSSE", True), ("größe", True), ("pack gr", True), ("BP-49", False), (".*", False),
        ("$ne", False), ("^BP", False), ("\\", False), ("pack L", False),
    ],
)  # fmt: skip
async def test_search_finds_beginnings_and_parts_of_name_and_model(
    client: httpx2.AsyncClient, make_product: Any, search: str, *, found: bool
) -> None:
    await make_product(client, model="BP-48X", name="Pack Größe L")
    assert ((await listed(client, search=search))["total"] == 1) is found


async def test_search_does_not_join_parts_from_different_places(client: httpx2.AsyncClient, make_product: Any) -> None:
    await make_product(client, model="100-000", name="Pack")
    assert (await listed(client, search="1000"))["total"] == 0
    assert (await listed(client, search="100-000"))["total"] == 1


async def test_a_change_is_found_by_what_it_says_now(client: httpx2.AsyncClient, make_product: Any) -> None:
    product = await make_product(client, name="Before")
    await client.patch(f"{PATH}/{product['_id']}", json={"name": "Afterwards"})
    assert (await listed(client, search="before"))["total"] == 0
    assert (await listed(client, search="afterw"))["total"] == 1


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"}, {"page": "-1"}, {"page": "x"}, {"page": "1.5"}, {"limit": "0"}, {"limit": "101"},
        {"limit": ""}, {"status": "gone"}, {"category": "spaceship"}, {"category": ""}, {"search": ""},
        {"search": "x" * 101}, {"showArchived": "maybe"}, {"cursor": "x"}, {"cursor": "!!!"},
        {"cursor": "WzEsMl0"}, {"cursor": "é"}, {"sort": "name"}, {"show_archived": "true"}, {"": "1"},
        {"page": "9" * 30}, {"$where": "1"}, {"search": "a\x00b"}, {"page": "5001"},
    ],
)  # fmt: skip
async def test_a_query_that_does_not_fit_is_refused_by_its_name(
    client: httpx2.AsyncClient, query: dict[str, str]
) -> None:
    answer = await client.get(PATH, params=query)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error"), answer.text
    assert list(answer.json()["details"]["fieldErrors"]) == list(query)


async def test_a_page_too_deep_points_to_the_cursor(client: httpx2.AsyncClient) -> None:
    answer = await client.get(PATH, params={"page": 1001, "limit": 100})
    assert "cursor" in answer.json()["details"]["fieldErrors"]["page"][0]
    assert (await client.get(PATH, params={"page": 1000, "limit": 100})).status_code == 200


async def test_a_catalogue_is_seen_by_its_workspace_and_environment_alone(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, office: Office, workspace: Any, make_product: Any
) -> None:
    product = await make_product(client)
    path = f"{PATH}/{product['_id']}"
    for other in (stranger, await office.client(workspace, environment="test")):
        assert (await listed(other, showArchived="true"))["total"] == 0
        for answer in (
            await other.get(path),
            await other.patch(path, json={"name": "Mine"}),
            await other.post(f"{path}/archive"),
            await other.delete(f"{path}/images/0"),
            await other.delete(path),
        ):
            assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert (await client.get(path)).json() == product


@pytest.mark.parametrize("identifier", ["x", "0123456789abcdef0123456", "%2e%2e", "0123456789abcdef0123456%20"])
async def test_an_id_that_is_none_is_refused(client: httpx2.AsyncClient, identifier: str) -> None:
    answer = await client.get(f"{PATH}/{identifier}")
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["id"])
