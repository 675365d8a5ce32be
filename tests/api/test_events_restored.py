"""EPCIS events of a real export, taken into another workspace: found, shown and told of as before, or not at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2
import orjson
import pytest
from tests.api.capturing import EPCIS, PROCEED, STANDARD, alone, capture, document, event, listed
from tests.api.moving import Move, Record, lines_of, told
from tests.api.test_epcis_examples import EXAMPLES, XML, bytes_of, read
from tests.conftest import ORIGIN, Make, MovableClock, Office
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.core.clock import system_clock
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.repository import CAPTURES, EVENTS, FEED, NAMESPACES
from tracepass.epcis.restoring import EventRestorer
from tracepass.epcis.restoringbeside import MasterDataRestorer, VisibilityRestorer
from tracepass.settings import Settings
from tracepass.worker import work_once

COLLECTIONS = (EVENTS, CAPTURES, NAMESPACES)


@dataclass
class Dock:
    """A workspace with events, another without, and the way between them; both in the test environment."""

    home: httpx2.AsyncClient
    away: httpx2.AsyncClient
    events: EventRestorer
    tenancy: Tenancy
    database: Database

    async def move(self) -> Move:
        return Move(await lines_of(self.home), self.tenancy)

    async def told(self, client: httpx2.AsyncClient, move: Move | None = None) -> list[Record]:
        """The events of an export; jobs and events are numbered instead of named."""
        lines = [line for line in await lines_of(client) if b'"@type":"EpcisEvent"' in line]
        found = [orjson.loads(line if move is None else move.back(line)) for line in lines]
        jobs = list(dict.fromkeys(record["captureId"] for record in found))
        return [{**record, "captureId": jobs.index(record["captureId"])} for record in found]

    async def count(self) -> list[int]:
        """How much there is of this workspace in the collections that events are kept in."""
        return [
            await self.database.collection(name).count_documents(self.tenancy.fields, comment=A_TEST_LOOKS)
            for name in COLLECTIONS
        ]


@pytest.fixture
async def dock(office: Office, database: Database) -> Dock:
    """Two workspaces."""
    here, there = await office.workspace(), await office.workspace()
    return Dock(
        home=await office.client(here, environment="test"),
        away=await office.client(there, environment="test"),
        events=EventRestorer(database, clock=system_clock),
        tenancy=Tenancy(there.id, "test"),
        database=database,
    )


async def shipped(dock: Dock) -> None:
    """Some events: of several jobs, with and without ids, one declared wrong, with contexts of all kinds."""
    wrong = event(bizStep="receiving")
    declared = {"declarationTime": "2026-06-02T12:00:00.000Z", "reason": "incorrect_data"}
    await capture(dock.home, document(wrong, event(**{"ex:temperature": 21.5}), event(epcList=[])))
    await capture(dock.home, document(wrong | {"errorDeclaration": declared}))
    nameless = alone()
    del nameless["eventID"]
    await capture(dock.home, nameless)
    term = {"ex": "http://ns.example.com/", "ex:day": {"@id": "ex:day", "@type": "@id"}}
    await capture(dock.home, event(**{"@context": [STANDARD, term], "ex:day": "https://example.com/d"}))


async def answers(client: httpx2.AsyncClient) -> list[Any]:
    """What a workspace answers when it is asked for its events."""
    found: list[Any] = []
    for query in (
        {"EQ_bizStep": "shipping"},
        {"EQ_ex:temperature": "21.5"},
        {"GE_eventTime": "2020-01-01T00:00:00Z", "orderBy": "recordTime", "orderDirection": "ASC"},
        {"EXISTS_errorDeclaration": ""},
    ):
        answer = await client.get(f"{EPCIS}/events", params={**query, "perPage": 1000})
        assert answer.status_code == 200, answer.text
        body = answer.json()
        found.append((body["@context"], body["epcisBody"]["queryResults"]["resultsBody"]["eventList"]))
    values = [await client.get(f"{EPCIS}/{name}", params={"perPage": 1000}) for name in ("epcs", "bizSteps")]
    return [*found, *(answer.json() for answer in values)]


async def test_every_published_example_arrives_as_it_was(dock: Dock) -> None:
    if not EXAMPLES:
        pytest.skip("the published examples are not there")
    for path in EXAMPLES:
        await capture(dock.home, read(path), headers=PROCEED)
    for path in XML[::3]:
        headers = {"Content-Type": "application/xml", **PROCEED}
        await dock.home.post(f"{EPCIS}/capture", content=bytes_of(path), headers=headers)
    move = await dock.move()
    assert len(move.of("EpcisEvent")) > 60
    assert sum("context" in record for record in move.of("EpcisEvent")) > 1
    await move.take(dock.events, "EpcisEvent", at_once=40)
    assert await dock.told(dock.away, move) == await dock.told(dock.home)
    assert await answers(dock.away) == await answers(dock.home)


async def test_events_of_all_kinds_arrive_as_they_were(dock: Dock) -> None:
    await shipped(dock)
    move = await dock.move()
    await move.take(dock.events, "EpcisEvent", at_once=2)
    assert await dock.told(dock.away, move) == await dock.told(dock.home)
    assert await answers(dock.away) == await answers(dock.home)
    jobs = [(await client.get(f"{EPCIS}/capture")).json() for client in (dock.away, dock.home)]
    seen = [sorted((job["capturedCount"], job["status"], job["createdAt"]) for job in told) for told in jobs]
    assert seen[0] == seen[1]
    assert not {job["captureID"] for job in jobs[0]} & {job["captureID"] for job in jobs[1]}
    repeated = move.of("EpcisEvent")[0]["event"]
    answer = await capture(dock.away, document(repeated))
    assert (answer["repeatedCount"], answer["capturedCount"]) == (1, 0)


async def test_nobody_is_told_of_them(dock: Dock) -> None:
    await shipped(dock)
    move = await dock.move()
    await move.take(dock.events, "EpcisEvent")
    of_mine = dock.tenancy.fields
    assert await dock.database.collection(FEED).count_documents(of_mine, comment=A_TEST_LOOKS) == 0
    for_hooks = {**of_mine, "outbox": True}
    assert await dock.database.collection("changes").count_documents(for_hooks, comment=A_TEST_LOOKS) == 0


async def test_they_are_taken_away_again(dock: Dock) -> None:
    await shipped(dock)
    await capture(dock.away, document(event()))
    before, seen = await dock.count(), await answers(dock.away)
    move = await dock.move()
    await move.take(dock.events, "EpcisEvent")
    assert await dock.count() != before
    ids = [record["_id"] for record in move.of("EpcisEvent")]
    await dock.events.remove(move.arrival, ids[:2])
    await move.take_away(dock.events, "EpcisEvent")
    assert await dock.count() == before
    assert listed(await dock.away.get(f"{EPCIS}/events", params={"EQ_bizStep": "shipping"})) == seen[0][1]


def hashed(record: Record, **members: Any) -> Record:
    """A record whose event says something else, and whose hash says so too."""
    changed = {name: value for name, value in {**record["event"], **members}.items() if value is not None}
    return {**record, "event": changed, "hash": event_hash(changed, record["namespaces"])}


async def test_events_that_could_not_be_are_refused(dock: Dock) -> None:
    await shipped(dock)
    move = await dock.move()
    first, *_, last = move.of("EpcisEvent")
    record = next(one for one in move.of("EpcisEvent") if "ex:temperature" in one["event"])
    deep: Any = 1
    for _ in range(900):
        deep = {"ex:in": deep}
    faulty: list[tuple[Record, str]] = [
        (record | {"hash": first["hash"]}, "hash"),
        (record | {"eventID": first["eventID"]}, "eventID"),
        (record | {"recordTime": "2999-01-01T00:00:00.000Z"}, "recordTime"),
        (record | {"recordTime": 1}, "recordTime"),
        (record | {"captureId": "urn:x"}, "captureId"),
        (record | {"_id": {"$gt": ""}}, "_id"),
        (record | {"terms": ["passport=1"]}, "terms"),
        (record | {"event": []}, "event"),
        (record | {"event": {}}, "event"),
        (record | {"event": record["event"] | {"ex:in": deep}}, "event"),
        (hashed(record, action=None), "event"),
        (hashed(record, eventTime="yesterday") | {"hash": ""}, "event.eventTime"),
        (record | {"namespaces": {}}, "event.ex:temperature"),
        (record | {"namespaces": {"ex": 1}}, "namespaces.ex"),
        (record | {"namespaces": record["namespaces"] | {"@base": "https://x.example/"}}, "namespaces"),
        (record | {"namespaces": record["namespaces"] | {STANDARD: STANDARD}}, "namespaces"),
        (record | {"namespaces": record["namespaces"] | {"https://x.example/": "y"}}, "namespaces"),
        (record | {"namespaces": record["namespaces"] | {"x" * 2**20: "y"}}, "namespaces"),
        (record | {"context": [STANDARD]}, "context"),
        (record | {"context": [{"ex": "http://ns.example.com/"}]}, "context"),
        (last | {"context": [{"ex": "http://other.example.com/", "ex:day": {"@id": "ex:day"}}]}, "context"),
    ]
    for one, member in faulty:
        found = told(await move.look(dock.events, [first, one]))
        assert {(index, name) for index, _, name in found} == {(1, member)}, one
    together = await move.look(dock.events, [one for one, _ in faulty])
    assert sorted({fault.index for fault in together}) == list(range(len(faulty)))
    with pytest.raises(Refusal):
        await dock.events.write(move.arrival, [first, faulty[0][0]])
    assert await dock.count() == [0, 0, 0]


async def test_an_event_id_is_given_once(dock: Dock) -> None:
    await shipped(dock)
    move = await dock.move()
    first, second, *_ = move.of("EpcisEvent")
    twin = second | {name: first[name] for name in ("eventID", "event", "hash")}
    assert told(await move.look(dock.events, [first, twin])) == [(1, "event_id_taken", "eventID")]
    other = {name: first["event"][name] for name in ("eventID",)}
    await capture(dock.away, document(event(**other)))
    assert told(await move.look(dock.events, [second, first])) == [(1, "event_id_taken", "eventID")]
    with pytest.raises(Refusal) as refused:
        await dock.events.write(move.arrival, [second, first])
    assert refused.value.code == "event_id_taken"
    assert await dock.count() == [1, 1, 1]


async def test_passports_have_their_histories_and_pages_theirs(
    dock: Dock, make_passport: Make, settings: Settings, clock: MovableClock
) -> None:
    passport = await make_passport(dock.away, published=True)
    gs1 = passport["gs1"]
    link = f"https://id.gs1.org/01/{gs1['gtin']}/21/{gs1['serialNumber']}"
    await capture(dock.home, document(event(epcList=[link], bizStep="shipping"), event()))
    await dock.away.put(f"{EPCIS}/visibility", json={"publicBizSteps": ["shipping"]})
    while await work_once(dock.database, settings, clock):
        pass
    dock.events = EventRestorer(dock.database, clock=clock)
    move = await dock.move()
    assert await move.look(dock.events, move.of("EpcisEvent")) == []
    await asyncio.gather(*(dock.events.write(move.arrival, move.of("EpcisEvent")) for _ in range(3)))
    assert (await dock.count())[0] == 2
    history = (await dock.away.get(f"/api/v1/passports/{passport['_id']}/epcis")).json()["epcisBody"]["eventList"]
    assert {one["bizStep"] for one in history} == {"commissioning", "shipping"}
    assert len(listed(await dock.away.get(f"{EPCIS}/events", params={"MATCH_epc": link}))) == 1
    clock.move(minutes=1)
    while await work_once(dock.database, settings, clock):
        pass
    key = f"test/{dock.tenancy.workspace_id}/01/{gs1['gtin']}/21/{gs1['serialNumber']}"
    claim = await dock.database.collection("identifiers").find_one({"_id": key}, comment=A_TEST_LOOKS)
    assert claim is not None
    entries = orjson.loads(claim["timeline"]["captured"]["entries"])
    assert [entry["bizStep"] for entry in entries] == ["shipping"]


PLACE, ROOM = "https://id.gs1.org/414/4012345000009", "https://id.gs1.org/414/4012345000009/254/7"


def headed(name: str) -> dict[str, Any]:
    """A document that says something of places."""
    attribute = "urn:epcglobal:cbv:mda#name"
    elements = [
        {"id": PLACE, "attributes": [{"id": attribute, "attribute": name}], "children": [ROOM]},
        {"id": ROOM, "attributes": [{"id": attribute, "attribute": "Room"}]},
    ]
    vocabulary = {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": elements}
    shipped_there = event(bizLocation={"id": ROOM})
    return document(shipped_there, epcisHeader={"epcisMasterData": {"vocabularyList": [vocabulary]}})


async def found_below(client: httpx2.AsyncClient) -> int:
    return len(listed(await client.get(f"{EPCIS}/events", params={"WD_bizLocation": PLACE})))


async def test_master_data_comes_along(dock: Dock) -> None:
    await capture(dock.home, headed("Dock"))
    known = MasterDataRestorer(dock.database)
    move = await dock.move()
    await move.take(dock.events, "EpcisEvent")
    assert (await found_below(dock.home), await found_below(dock.away)) == (1, 0)
    await move.take(known, "EpcisMasterData", at_once=1)
    assert await found_below(dock.away) == 1
    told_there = [move.back(line) for line in await lines_of(dock.away) if b"EpcisMasterData" in line]
    assert told_there == [line for line in await lines_of(dock.home) if b"EpcisMasterData" in line] != []
    again = await dock.move()
    assert await again.look(known, again.of("EpcisMasterData")) == []
    await known.write(again.arrival, again.of("EpcisMasterData"))
    await again.take_away(known, "EpcisMasterData")
    assert await found_below(dock.away) == 1
    await move.take_away(known, "EpcisMasterData")
    assert await found_below(dock.away) == 0


async def test_master_data_that_could_not_be_is_refused(dock: Dock) -> None:
    await capture(dock.home, headed("Dock"))
    known = MasterDataRestorer(dock.database)
    move = await dock.move()
    place, room = move.of("EpcisMasterData")
    for record, member in (
        (place | {"thing": "urn:epc:id:sgln:4012345.00000.0"}, "thing"),
        (place | {"thing": room["thing"]}, "thing"),
        (place | {"below": ["urn:epc:id:sgln:4012345.00000.0"]}, "below"),
        (place | {"attributes": ["a", "b=c"]}, "attributes"),
        (place | {"attributes": ["a"]}, "attributes"),
        (place | {"attributes": [{"$gt": ""}]}, "attributes[0]"),
        (place | {"updatedAt": "2999-01-01T00:00:00.000Z"}, "updatedAt"),
        (place | {"workspaceId": place["_id"]}, "workspaceId"),
    ):
        assert [name for _, _, name in told(await move.look(known, [room, record]))] == [member], record
    await capture(dock.away, headed("Another"))
    assert told(await move.look(known, [place, room])) == [(0, "conflict", "thing")]
    with pytest.raises(Refusal, match="known of this thing"):
        await known.write(move.arrival, [place, room])


async def test_what_everybody_may_see_comes_along_unless_it_was_chosen(dock: Dock) -> None:
    await dock.home.put(f"{EPCIS}/visibility", json={"publicBizSteps": ["shipping", "receiving"]})
    choice = VisibilityRestorer(dock.database, clock=system_clock)
    move = await dock.move()
    (record,) = move.of("EpcisVisibility")

    async def chosen() -> list[str]:
        return list((await dock.away.get(f"{EPCIS}/visibility")).json()["publicBizSteps"])

    await move.take(choice, "EpcisVisibility")
    assert await chosen() == ["receiving", "shipping"]
    (line,) = await lines_of(dock.away)
    mine = {"_id": str(dock.tenancy.workspace_id), "@id": f"{ORIGIN}{EPCIS}/visibility/{dock.tenancy.workspace_id}"}
    assert orjson.loads(line) == record | mine
    await move.take_away(choice, "EpcisVisibility")
    assert await chosen() == []
    await dock.away.put(f"{EPCIS}/visibility", json={"publicBizSteps": ["packing"]})
    fresh = (await dock.move()).arrival
    assert (await choice.look(fresh, [record])).notes == {"visibilityKept": 1}
    await choice.write(fresh, [record])
    assert await chosen() == ["packing"]
    for members, member in (
        ({"publicBizSteps": ["made up"]}, "publicBizSteps[0]"),
        ({"publicBizSteps": ["shipping", "receiving"]}, "publicBizSteps"),
        ({"publicBizSteps": "shipping"}, "publicBizSteps"),
        ({"broughtAs": record["_id"]}, "broughtAs"),
    ):
        assert [name for _, _, name in told(await move.look(choice, [record | members]))] == [member]
    assert told(await move.look(choice, [record, record])) == [(1, "conflict", "")]
