"""Asking for events over HTTP: pages, order, identifiers in either notation, units, prefixes, master data."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.api import capturing
from tests.api.capturing import CONTEXT, EPCIS, Event, ids, listed
from tests.conftest import Office
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.core.mongo import Database

SHOP, SHELF = "urn:epc:id:sgln:0614141.07346.0", "urn:epc:id:sgln:0614141.07346.7"


def event(**members: Any) -> Event:
    return capturing.event(**{"bizStep": None, "epcList": ["urn:epc:id:sgtin:0614141.107346.2017"]} | members)


async def capture(client: httpx2.AsyncClient, *events: Event, header: Event | None = None) -> None:
    around = {} if header is None else {"epcisHeader": header}
    job = await capturing.capture(client, capturing.document(*events, **around))
    assert job["status"] == "success", job


@pytest.fixture
async def asker(office: Office) -> httpx2.AsyncClient:
    return await office.client(await office.workspace())


async def test_events_come_newest_first_or_as_is_asked(asker: httpx2.AsyncClient) -> None:
    events = [event(eventTime=f"2026-06-0{day}T12:00:00.000Z") for day in (2, 1, 3)]
    second, first, third = (one["eventID"] for one in events)
    await capture(asker, *events)
    assert await ids(asker) == [third, second, first]
    assert await ids(asker, orderBy="eventTime", orderDirection="ASC") == [first, second, third]
    assert await ids(asker, orderBy="recordTime", orderDirection="ASC") == [second, first, third]
    assert await ids(asker, orderBy="eventTime", eventCountLimit="2") == [third, second]
    assert await ids(asker, GE_eventTime="2026-06-02T14:00:00+02:00", LT_eventTime="2026-06-03T00:00:00Z") == [second]


@pytest.mark.parametrize("query", [{}, {"orderBy": "recordTime"}, {"EQ_action": "OBSERVE"}])
async def test_pages_stay_right_while_others_write(asker: httpx2.AsyncClient, query: dict[str, str]) -> None:
    events = [event() for _ in range(5)]
    await capture(asker, *events)
    found: list[str] = []
    answer = await asker.get(f"{EPCIS}/events", params={**query, "perPage": 2})
    while True:
        found += [one["eventID"] for one in listed(answer)]
        if "link" not in answer.headers:
            break
        await capture(asker, event(eventTime="2027-01-01T00:00:00Z"))
        link = answer.headers["link"]
        answer = await asker.get(link[1 : link.index(">")])
    assert sorted(found) == sorted(one["eventID"] for one in events)


async def test_a_limit_holds_over_all_pages(asker: httpx2.AsyncClient) -> None:
    await capture(asker, *(event() for _ in range(5)))
    first = await asker.get(f"{EPCIS}/events", params={"orderBy": "eventTime", "eventCountLimit": "3", "perPage": "2"})
    link = first.headers["link"]
    rest = await asker.get(link[1 : link.index(">")])
    assert (len(listed(first)), len(listed(rest)), "link" in rest.headers) == (2, 1, False)


async def test_a_token_is_of_its_query(asker: httpx2.AsyncClient) -> None:
    await capture(asker, event(), event())
    link = (await asker.get(f"{EPCIS}/events", params={"perPage": 1})).headers["link"]
    token = link[: link.index(">")].partition("nextPageToken=")[2]
    for query in ({"EQ_action": "ADD", "nextPageToken": token}, {"nextPageToken": "x"}):
        answer = await asker.get(f"{EPCIS}/events", params=query)
        assert list(answer.json()["details"]["fieldErrors"]) == ["nextPageToken"]


async def test_a_query_that_finds_too_much_is_refused(asker: httpx2.AsyncClient) -> None:
    await capture(asker, event(), event())
    assert len(await ids(asker, maxEventCount="2")) == 2
    answer = await asker.get(f"{EPCIS}/events", params={"maxEventCount": "1"})
    assert (answer.status_code, answer.json()["error"]) == (413, "query_too_large")


@pytest.mark.parametrize(
    ("value", "is_found"),
    [
        ("urn:epc:id:sgtin:0614141.107346.2017", True),
        ("https://id.gs1.org/01/10614141073464/21/2017", True),
        ("https://shop.example/some/01/10614141073464/10/L/21/2017?17=271231", True),
        ("urn:epc:idpat:sgtin:0614141.107346.*", True),
        ("urn:epc:idpat:sgtin:0614141.*.*", True),
        ("urn:epc:id:sgtin:0614141.107346.2018", False),
        ("urn:epc:idpat:sgtin:0614142.*.*", False),
        ("urn:epc:id:sgtin:0614141.107346.2018|urn:epc:idpat:sgtin:0614141.107346.*", True),
    ],
)
async def test_a_thing_is_found_in_any_notation(asker: httpx2.AsyncClient, value: str, is_found: bool) -> None:  # noqa: FBT001 - a column
    await capture(asker, event())
    for name in ("MATCH_epc", "MATCH_anyEPC"):
        assert bool(await ids(asker, **{name: value})) is is_found


async def test_units_are_converted(asker: httpx2.AsyncClient) -> None:
    report = {"type": "Temperature", "value": 300.15, "uom": "KEL"}
    await capture(asker, event(sensorElementList=[{"sensorReport": [report]}]))
    assert await ids(asker, EQ_value_CEL="27")
    assert await ids(asker, GT_value_FAH="80", EQ_type="Temperature")
    assert not await ids(asker, GT_value_CEL="28")
    assert not await ids(asker, EQ_value_MTR="300.15")


async def test_fields_are_asked_for_by_prefix_by_namespace_or_by_ones_own_prefix(asker: httpx2.AsyncClient) -> None:
    await capture(asker, event(**{"ex:colour": "red", "ex:size": {"ex:width": 7}}))
    assert await ids(asker, **{"EQ_ex:colour": "red"})
    assert await ids(asker, **{"EQ_http://ns.example.com/#colour": "red|blue"})
    assert await ids(asker, **{"GE_INNER_ex:width": "7"})
    assert await ids(asker, **{"EXISTS_ex:size": ""})
    assert not await ids(asker, **{"EQ_ex:colour": "blue"})
    refused = await asker.get(f"{EPCIS}/events", params={"EQ_my:colour": "red"})
    assert list(refused.json()["details"]["fieldErrors"]) == ["EQ_my:colour"]
    said = {"GS1-Extensions": "my=http://ns.example.com/, other=http://other.example/"}
    assert listed(await asker.get(f"{EPCIS}/events", params={"EQ_my:colour": "red"}, headers=said))
    wrong = await asker.get(f"{EPCIS}/events", headers={"GS1-Extensions": "my"})
    assert wrong.status_code == 400


async def test_events_come_in_the_order_of_a_field(asker: httpx2.AsyncClient) -> None:
    values: list[Any] = [10, 9, "10.5", "2026-01-01", "2025-12-31T23:00:00Z", "b", "a", "\u00e4", None]
    events = [event() if value is None else event(**{"ex:f": value}) for value in values]
    await capture(asker, *events)
    in_order = [events[index]["eventID"] for index in (1, 0, 2, 4, 3, 6, 5, 7)]
    up, down = ({"orderBy": "ex:f", "orderDirection": direction} for direction in ("ASC", "DESC"))
    assert await ids(asker, **up) == [*in_order, events[8]["eventID"]]
    assert await ids(asker, **down) == [*in_order[::-1], events[8]["eventID"]]
    assert await ids(asker, **up | {"orderBy": "http://ns.example.com/f"}) == [*in_order, events[8]["eventID"]]
    assert await ids(asker, **up, **{"GT_ex:f": "9", "eventCountLimit": "1"}) == [events[0]["eventID"]]
    assert await ids(asker, **up, EQ_eventID="urn:uuid:none") == []


async def test_pages_in_the_order_of_a_field_stay_right_while_others_write(asker: httpx2.AsyncClient) -> None:
    events = [event(**{"ex:f": number}) for number in (1, 3, 3, 5)]
    await capture(asker, *events)
    query = {"orderBy": "ex:f", "orderDirection": "ASC", "perPage": "2"}
    page = await asker.get(f"{EPCIS}/events", params=query)
    await capture(asker, event(**{"ex:f": 0}), later := event(**{"ex:f": 4}))
    found = [one["eventID"] for one in listed(page)]
    while "link" in page.headers:
        page = await asker.get(page.headers["link"].partition("<")[2].partition(">")[0])
        found += [one["eventID"] for one in listed(page)]
    assert found[-1] == events[3]["eventID"]
    assert sorted(found) == sorted(one["eventID"] for one in [*events, later])


async def test_a_page_after_what_is_gone_begins_nowhere(asker: httpx2.AsyncClient, database: Database) -> None:
    await capture(asker, *[event(**{"ex:f": number}) for number in range(3)])
    page = await asker.get(f"{EPCIS}/events", params={"orderBy": "ex:f", "perPage": "1"})
    await database.collection("epcisEvents").delete_one({"eventID": listed(page)[0]["eventID"]}, comment=A_TEST_LOOKS)
    answer = await asker.get(page.headers["link"].partition("<")[2].partition(">")[0])
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["nextPageToken"])


async def test_only_so_many_events_are_ordered_by_a_field(
    asker: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracepass.epcis.fieldorder.MOST_ORDERED", 2)
    events = [event(**{"ex:f": number}) for number in range(3)]
    await capture(asker, *events)
    answer = await asker.get(f"{EPCIS}/events", params={"orderBy": "ex:f"})
    assert (answer.status_code, answer.json()["error"]) == (413, "query_too_large")
    assert await ids(asker, **{"orderBy": "ex:f", "GE_ex:f": "1"}) == [events[2]["eventID"], events[1]["eventID"]]


async def test_an_order_by_an_unknown_prefix_is_refused(asker: httpx2.AsyncClient) -> None:
    answer = await asker.get(f"{EPCIS}/events", params={"orderBy": "none:f"})
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["orderBy"])


async def test_one_prefix_for_two_namespaces_stays_apart(asker: httpx2.AsyncClient) -> None:
    await capture(asker, event(**{"ex:f": "1"}))
    other = event(**{"ex:f": "2", "@context": [CONTEXT[0], {"ex": "http://other.example/"}]})
    assert (await asker.post(f"{EPCIS}/events", json=other)).status_code == 201
    answer = await asker.get(f"{EPCIS}/events")
    found = listed(answer)
    # What one of them declares must not reach the other.
    assert answer.json()["@context"] == [CONTEXT[0]]
    assert {one["ex:f"]: one["@context"] for one in found} == {
        "1": [CONTEXT[1]],
        "2": [{"ex": "http://other.example/"}],
    }
    assert [one["eventID"] for one in found if one["ex:f"] == "2"] == await ids(
        asker, **{"EQ_http://other.example/f": "2"}
    )


async def test_master_data_says_what_lies_below_and_what_has_an_attribute(asker: httpx2.AsyncClient) -> None:
    shop = {
        "id": SHOP,
        "attributes": [{"id": "urn:epcglobal:cbv:mda#city", "attribute": "Berlin"}],
        "children": [SHELF],
    }
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [shop]}
    header = {"epcisMasterData": {"vocabularyList": [vocabulary]}}
    on_shelf, in_shop = event(bizLocation={"id": SHELF}), event(bizLocation={"id": SHOP})
    await capture(asker, on_shelf, in_shop, header=header)
    assert set(await ids(asker, WD_bizLocation=SHOP)) == {on_shelf["eventID"], in_shop["eventID"]}
    assert await ids(asker, EQ_bizLocation=SHOP) == [in_shop["eventID"]]
    assert await ids(asker, HASATTR_bizLocation="urn:epcglobal:cbv:mda#city") == [in_shop["eventID"]]
    city = "EQATTR_bizLocation_urn:epcglobal:cbv:mda#city"
    assert await ids(asker, **{city: "Berlin"}) == [in_shop["eventID"]]
    assert await ids(asker, **{city: "Bonn"}) == []


async def test_wrong_parameters_are_all_named(asker: httpx2.AsyncClient) -> None:
    answer = await asker.get(f"{EPCIS}/events", params={"EQ_action": "MOVE", "MATCH_EPC": "x", "GE_eventTime": "now"})
    assert answer.status_code == 400
    assert set(answer.json()["details"]["fieldErrors"]) == {"EQ_action", "MATCH_EPC", "GE_eventTime"}


async def test_an_id_that_is_no_text_is_refused(asker: httpx2.AsyncClient) -> None:
    answer = await asker.get(f"{EPCIS}/events/%FF")
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["eventId"])


async def test_a_hash_as_id_is_addressable(asker: httpx2.AsyncClient) -> None:
    nameless = event()
    del nameless["eventID"]
    await capture(asker, nameless)
    (found,) = await ids(asker)
    path = found.replace("/", "%2F").replace("?", "%3F").replace(";", "%3B")
    assert [one["eventID"] for one in listed(await asker.get(f"{EPCIS}/events/{path}"))] == [found]
