"""The top-level resources of EPCIS: what there is, what can be done with one, and its events."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from tests.api.capturing import EPCIS, listed
from tests.api.test_epcis_queries import SHELF, SHOP, capture, event
from tests.conftest import Office

from tracepass.identity.models import Workspace

ITEM, LINK = "urn:epc:id:sgtin:0614141.107346.2017", "https://id.gs1.org/01/10614141073464/21/2017"
PALLET = "urn:epc:id:sscc:0614141.1234567890"
STEP = "https://ns.example.com/steps/polishing"


async def members(client: httpx2.AsyncClient, resource: str, **query: Any) -> list[str]:
    """Return all values of a resource, page by page."""
    found: list[str] = []
    answer = await client.get(f"{EPCIS}/{resource}", params=query)
    while True:
        assert answer.status_code == 200, answer.text
        assert answer.json()["type"] == "Collection"
        found += answer.json()["member"]
        if "link" not in answer.headers:
            return found
        link = answer.headers["link"]
        answer = await client.get(link[1 : link.index(">")])


async def get(client: httpx2.AsyncClient, resource: str, value: str, rest: str = "", **query: str) -> httpx2.Response:
    return await client.get(f"{EPCIS}/{resource}/{quote(value, safe='')}{rest}", params=query)


async def test_what_the_standard_names_is_there_before_any_event(client: httpx2.AsyncClient) -> None:
    types = ["AggregationEvent", "AssociationEvent", "ObjectEvent", "TransactionEvent", "TransformationEvent"]
    assert await members(client, "eventTypes") == types
    assert "shipping" in await members(client, "bizSteps", perPage=7)
    assert "in_transit" in await members(client, "dispositions")
    for resource in ("epcs", "bizLocations", "readPoints"):
        assert await members(client, resource) == []
    assert (await get(client, "eventTypes", "ObjectEvent")).json()["member"] == ["events"]
    assert (await get(client, "bizSteps", "urn:epcglobal:cbv:bizstep:shipping")).json()["member"] == ["events"]
    assert listed(await get(client, "dispositions", "in_transit", "/events")) == []


async def test_values_of_events_are_listed_once_and_in_one_notation(client: httpx2.AsyncClient) -> None:
    packed = event(type="AggregationEvent", parentID=PALLET, childEPCs=[ITEM])
    del packed["epcList"]
    await capture(
        client,
        event(epcList=[ITEM], bizStep=STEP, readPoint={"id": SHELF}, bizLocation={"id": SHOP}),
        event(epcList=[LINK], disposition="https://ns.example.com/shiny"),
        packed,
    )
    assert await members(client, "epcs") == ["https://id.gs1.org/00/106141412345678908", LINK]
    assert await members(client, "bizLocations") == ["https://id.gs1.org/414/0614141073467"]
    assert await members(client, "readPoints") == ["https://id.gs1.org/414/0614141073467/254/7"]
    assert STEP in await members(client, "bizSteps", perPage=5)
    assert "https://ns.example.com/shiny" in await members(client, "dispositions")


async def test_pages_of_values_follow_each_other_while_others_write(client: httpx2.AsyncClient) -> None:
    things = [f"urn:uuid:00000000-0000-0000-0000-{number:012d}" for number in range(25)]
    await capture(client, *(event(epcList=things[start : start + 7]) for start in range(0, 25, 3)))
    assert await members(client, "epcs", perPage=4) == things
    first = await client.get(f"{EPCIS}/epcs", params={"perPage": 4})
    await capture(client, event(epcList=["urn:uuid:00000000"]))
    link = first.headers["link"]
    assert (await client.get(link[1 : link.index(">")])).json()["member"] == things[4:8]


async def test_values_are_written_with_the_prefixes_that_a_caller_declares(client: httpx2.AsyncClient) -> None:
    await capture(client, event(bizStep=STEP))
    answer = await client.get(
        f"{EPCIS}/bizSteps",
        params={"perPage": 1000},
        headers={"GS1-Extensions": "steps=https://ns.example.com/steps/"},
    )
    assert "steps:polishing" in answer.json()["member"]
    assert {"steps": "https://ns.example.com/steps/"} in answer.json()["@context"]


@pytest.mark.parametrize("notation", [ITEM, LINK, "https://example.com/01/10614141073464/21/2017?x=1"])
async def test_events_of_a_thing_are_found_under_all_its_names(client: httpx2.AsyncClient, notation: str) -> None:
    mine, other = event(epcList=[ITEM]), event(epcList=[PALLET])
    await capture(client, mine, other)
    assert (await get(client, "epcs", notation)).json()["member"] == ["events"]
    found = listed(await get(client, "epcs", notation, "/events"))
    assert [one["eventID"] for one in found] == [mine["eventID"]]


async def test_the_whole_query_language_narrows_the_events_of_a_value(client: httpx2.AsyncClient) -> None:
    early = event(bizStep="shipping", eventTime="2026-06-01T00:00:00Z")
    late = event(bizStep="shipping", eventTime="2026-06-02T00:00:00Z", disposition="in_transit")
    elsewhere = event(bizStep="receiving", disposition="in_transit")
    await capture(client, early, late, elsewhere)

    async def found(value: str, **query: str) -> list[str]:
        return [one["eventID"] for one in listed(await get(client, "bizSteps", value, "/events", **query))]

    assert await found("shipping") == [late["eventID"], early["eventID"]]
    assert await found("shipping", EQ_disposition="in_transit") == [late["eventID"]]
    assert await found("https://ref.gs1.org/cbv/BizStep-shipping", LT_eventTime="2026-06-02T00:00:00Z") == [
        early["eventID"]
    ]
    assert await found("shipping", EQ_bizStep="receiving") == []
    assert await found("shipping", orderBy="eventTime", orderDirection="ASC", eventCountLimit="1") == [early["eventID"]]
    wrong = await get(client, "bizSteps", "shipping", "/events", EQ_color="red", GE_eventTime="noon")
    assert sorted(wrong.json()["details"]["fieldErrors"]) == ["EQ_color", "GE_eventTime"]


async def test_a_page_of_one_value_is_no_page_of_another(client: httpx2.AsyncClient) -> None:
    await capture(client, *(event(bizStep=step) for step in ("shipping", "receiving") for _ in range(2)))
    first = await get(client, "bizSteps", "shipping", "/events", perPage="1")
    link = first.headers["link"]
    second = await client.get(link[1 : link.index(">")])
    assert [one["bizStep"] for one in listed(second)] == ["shipping"]
    assert "link" not in second.headers
    wrong = await client.get(link[1 : link.index(">")].replace("shipping", "receiving"))
    assert wrong.json()["details"]["fieldErrors"] == {"nextPageToken": ["belongs to another query"]}


@pytest.mark.parametrize("resource", ["eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions"])
async def test_what_is_no_value_is_refused_and_what_nobody_has_is_not_found(
    client: httpx2.AsyncClient, resource: str
) -> None:
    for rest in ("", "/events"):
        for wrong in ("two words", "a|b"):
            answer = await get(client, resource, wrong, rest)
            assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [resource[:-1]])
        broken = await client.get(f"{EPCIS}/{resource}/%zz{rest}")
        assert broken.status_code == 400
        assert (await get(client, resource, "urn:example:nobody", rest)).status_code == 404


@pytest.mark.parametrize(
    ("resource", "value"),
    [
        ("eventTypes", "ObjectEvent"),
        ("epcs", ITEM),
        ("bizSteps", "shipping"),
        ("bizLocations", SHOP),
        ("readPoints", SHELF),
        ("dispositions", "in_transit"),
    ],
)
async def test_events_of_each_kind_of_value_are_found_and_may_be_too_many(
    client: httpx2.AsyncClient, resource: str, value: str
) -> None:
    members = {"bizStep": "shipping", "disposition": "in_transit"}
    places = {"bizLocation": {"id": SHOP}, "readPoint": {"id": SHELF}}
    await capture(client, *(event(**members, **places) for _ in range(2)))
    assert len(listed(await get(client, resource, value, "/events", maxEventCount="2"))) == 2
    answer = await get(client, resource, value, "/events", maxEventCount="1")
    assert (answer.status_code, answer.json()["error"]) == (413, "query_too_large")


@pytest.mark.parametrize("token", ["%%%", "AAAA", "", "c2hp*"])
async def test_a_token_that_no_page_gave_is_refused(client: httpx2.AsyncClient, token: str) -> None:
    answer = await client.get(f"{EPCIS}/epcs", params={"nextPageToken": token})
    assert answer.json()["details"]["fieldErrors"] == {"nextPageToken": ["is not a token that a page gave"]}


async def test_values_of_one_environment_are_unknown_in_the_other(office: Office, workspace: Workspace) -> None:
    live, test = await office.client(workspace), await office.client(workspace, environment="test")
    await capture(live, event(epcList=[ITEM]))
    assert await members(live, "epcs") == [LINK]
    assert await members(test, "epcs") == []
    assert (await get(test, "epcs", ITEM)).status_code == 404
