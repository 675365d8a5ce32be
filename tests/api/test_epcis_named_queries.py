"""Named queries: kept, checked at once, asked again and again."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.api.capturing import EPCIS, listed
from tests.api.test_epcis_queries import SHELF, capture, event
from tests.conftest import Office
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.core.ids import new_id
from tracepass.core.mongo import Database
from tracepass.epcis.namedqueriesrepository import QUERIES as COLLECTION
from tracepass.identity.models import Workspace

QUERIES = f"{EPCIS}/queries"


async def name_query(client: httpx2.AsyncClient, name: str = "mine", **query: Any) -> httpx2.Response:
    return await client.post(QUERIES, json={"name": name, "query": query})


async def ids(client: httpx2.AsyncClient, name: str = "mine", **query: Any) -> list[str]:
    return [one["eventID"] for one in listed(await client.get(f"{QUERIES}/{name}/events", params=query))]


async def test_a_query_is_given_back_as_it_was_given(client: httpx2.AsyncClient) -> None:
    query = {"eventType": ["ObjectEvent"], "EQ_bizStep": ["shipping", "urn:epcglobal:cbv:bizstep:receiving"]}
    made = await name_query(client, "Shipped goods/today", **query)
    assert made.status_code == 201
    assert made.headers["location"] == f"{QUERIES}/Shipped%20goods%2Ftoday"
    shown = await client.get(made.headers["location"])
    assert shown.json() == made.json()
    assert (shown.json()["name"], shown.json()["query"]) == ("Shipped goods/today", query)
    assert (await client.get(QUERIES)).json() == [made.json()]


async def test_its_events_are_those_that_the_parameters_ask_for(client: httpx2.AsyncClient) -> None:
    shipped = event(bizStep="shipping", readPoint={"id": SHELF}, **{"ex:weight": 12})
    heavy = event(bizStep="shipping", **{"ex:weight": 30})
    other = event(bizStep="receiving")
    await capture(client, shipped, heavy, other)
    await name_query(client, "steps", EQ_bizStep=["shipping"], orderBy="eventTime", orderDirection="ASC")
    await name_query(client, "heavy", **{"GT_ex:weight": 20})
    await name_query(client, "weighed", **{"EXISTS_ex:weight": None, "EQ_action": ["OBSERVE", "ADD"]})
    await name_query(client, "well", EXISTS_errorDeclaration=0)
    assert sorted(await ids(client, "steps")) == sorted([shipped["eventID"], heavy["eventID"]])
    assert await ids(client, "heavy") == [heavy["eventID"]]
    assert len(await ids(client, "weighed")) == 2
    assert len(await ids(client, "well")) == 3
    answer = await client.get(f"{QUERIES}/heavy/events")
    assert answer.json()["epcisBody"]["queryResults"]["queryName"] == "heavy"


async def test_its_events_come_in_pages(client: httpx2.AsyncClient) -> None:
    events = [event() for _ in range(5)]
    await capture(client, *events)
    await name_query(client)
    found: list[str] = []
    answer = await client.get(f"{QUERIES}/mine/events", params={"perPage": 2})
    while True:
        found += [one["eventID"] for one in listed(answer)]
        if "link" not in answer.headers:
            break
        link = answer.headers["link"]
        answer = await client.get(link[1 : link.index(">")])
    assert sorted(found) == sorted(one["eventID"] for one in events)


@pytest.mark.parametrize("how", ["context", "header"])
async def test_a_query_declares_the_prefixes_of_its_extensions(client: httpx2.AsyncClient, how: str) -> None:
    mine = event(**{"ex:weight": 12})
    await capture(client, mine, event())
    query: dict[str, Any] = {"EQ_own:weight": "12"}
    declared = {"own": "http://ns.example.com/"}
    if how == "context":
        query["@context"] = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", declared]
    headers = {"GS1-Extensions": "own=http://ns.example.com/"} if how == "header" else {}
    made = await client.post(QUERIES, json={"name": "mine", "query": query}, headers=headers)
    assert made.status_code == 201, made.text
    assert await ids(client) == [mine["eventID"]]


@pytest.mark.parametrize(
    ("query", "faulty"),
    [
        ({"EQ_color": ["red"]}, "query.EQ_color"),
        ({"GE_eventTime": "noon"}, "query.GE_eventTime"),
        ({"EQ_action": []}, "query.EQ_action"),
        ({"EQ_action": [["ADD"]]}, "query.EQ_action"),
        ({"EQ_action": {"in": "ADD"}}, "query.EQ_action"),
        ({"EQ_action": None}, "query.EQ_action"),
        ({"GT_quantity": [1, 2]}, "query.GT_quantity"),
        ({"eventCountLimit": 3}, "query.eventCountLimit"),
        ({"EQ_zz:field": "1"}, "query.EQ_zz:field"),
        ({"perPage": 10}, "query.perPage"),
        ({"nextPageToken": "x"}, "query.nextPageToken"),
        ({"EQ_stringValue": "a\x00b"}, "query.EQ_stringValue"),
    ],
)
async def test_wrong_names_and_values_are_refused_by_their_names(
    client: httpx2.AsyncClient, query: dict[str, Any], faulty: str
) -> None:
    answer = await name_query(client, **query)
    assert answer.status_code == 400
    assert list(answer.json()["details"]["fieldErrors"]) == [faulty]
    assert (await client.get(QUERIES)).json() == []


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "a"}, {"name": "", "query": {}}, {"name": " ", "query": {}}, {"name": "a\nb", "query": {}},
     {"name": "a" * 101, "query": {}}, {"name": "..", "query": {}},
     {"name": "a", "query": {"EQ_stringValue": ["x" * 70_000]}},
     {"name": "a", "query": []}, {"name": "a", "query": {}, "more": 1}],
)  # fmt: skip
async def test_what_is_no_query_with_a_name_is_refused(client: httpx2.AsyncClient, body: dict[str, Any]) -> None:
    assert (await client.post(QUERIES, json=body)).status_code == 400


async def test_a_name_is_taken_once_in_a_workspace_and_environment(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, office: Office, workspace: Workspace
) -> None:
    assert (await name_query(client)).status_code == 201
    again = await name_query(client, EQ_action=["ADD"])
    assert (again.status_code, again.json()["error"]) == (409, "duplicate_query")
    for other in (stranger, await office.client(workspace, environment="test")):
        assert (await client.get(f"{QUERIES}/mine")).status_code == 200
        assert (await other.get(f"{QUERIES}/mine")).status_code == 404
        assert (await name_query(other)).status_code == 201


async def test_a_workspace_has_at_most_500(
    client: httpx2.AsyncClient, database: Database, workspace: Workspace
) -> None:
    tenancy = {"workspaceId": workspace.id, "environment": "live"}
    many = [{"_id": new_id(), "name": f"q{number:03d}", **tenancy} for number in range(500)]
    await database.collection(COLLECTION).insert_many(many)
    answer = await name_query(client)
    assert (answer.status_code, answer.json()["error"]) == (409, "too_many_queries")


async def test_queries_are_listed_by_name_in_pages(client: httpx2.AsyncClient) -> None:
    for name in ("d", "b", "a", "c", "ä"):
        await name_query(client, name)
    found: list[str] = []
    answer = await client.get(QUERIES, params={"perPage": 2})
    while True:
        found += [one["name"] for one in answer.json()]
        if "link" not in answer.headers:
            break
        link = answer.headers["link"]
        answer = await client.get(link[1 : link.index(">")])
    assert found == ["a", "b", "c", "d", "ä"]


async def test_a_deleted_query_is_gone_and_its_name_free(client: httpx2.AsyncClient, database: Database) -> None:
    await name_query(client)
    gone = await client.delete(f"{QUERIES}/mine")
    assert (gone.status_code, gone.content) == (204, b"")
    for answer in (
        await client.get(f"{QUERIES}/mine"),
        await client.delete(f"{QUERIES}/mine"),
        await client.get(f"{QUERIES}/mine/events"),
        await client.get(f"{QUERIES}/mine/subscriptions"),
    ):
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert (await name_query(client)).status_code == 201
    actions = [
        record["action"]
        async for record in database.collection("changes").find(
            {"entity.type": "epcis_query"}, {"action": 1}, comment=A_TEST_LOOKS
        )
    ]
    assert {"epcis_query.created", "epcis_query.deleted"} <= set(actions)


async def test_a_query_that_finds_too_much_is_refused(client: httpx2.AsyncClient) -> None:
    await capture(client, event(), event())
    await name_query(client, maxEventCount=1)
    answer = await client.get(f"{QUERIES}/mine/events")
    assert (answer.status_code, answer.json()["error"]) == (413, "query_too_large")


@pytest.mark.parametrize(
    ("params", "headers"),
    [
        ({"stream": "true"}, {}),
        ({"minute": "5", "hour": "1"}, {}),
        ({}, {"Upgrade": "websocket", "Connection": "Upgrade"}),
    ],
)
async def test_a_subscription_by_websocket_is_not_offered(
    client: httpx2.AsyncClient, params: dict[str, str], headers: dict[str, str]
) -> None:
    await name_query(client)
    answer = await client.get(f"{QUERIES}/mine/events", params=params, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (501, "not_implemented")


async def test_what_a_query_asks_is_in_the_query_and_not_in_the_address(client: httpx2.AsyncClient) -> None:
    await name_query(client)
    answer = await client.get(f"{QUERIES}/mine/events", params={"EQ_action": "ADD"})
    assert list(answer.json()["details"]["fieldErrors"]) == ["EQ_action"]
