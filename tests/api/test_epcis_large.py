"""Documents that are too large for memory: spooled, read as a stream, and captured by a worker."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from tests.api import capturing
from tests.api.capturing import CONTEXT, PROCEED, Event, listed
from tests.conftest import MovableClock, Office
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.core.mongo import Database
from tracepass.core.spool import NoRoom, Spool
from tracepass.epcis import receiving, service
from tracepass.epcis.xml import write_xml
from tracepass.settings import Settings
from tracepass.worker import work_once

CAPTURE = "/api/v1/epcis/capture"
LIMIT = 128 * 1024 * 1024
XML = {"Content-Type": "application/xml"}
JSON = {"Content-Type": "application/json"}
PADDING = "x" * 2000
Work = Callable[[], Awaitable[None]]


def event(number: int, **members: Any) -> Event:
    """Return an event of two kilobytes."""
    usual = {"epcList": [f"urn:epc:id:sscc:0614141.{number:010d}"], "ex:note": PADDING}
    return capturing.event(**usual | members)


def document(*events: Event, **members: Any) -> bytes:
    """Return a document whose context stands behind its events: nobody says that it comes first."""
    whole = capturing.document(*events, **members)
    whole["@context"] = whole.pop("@context")
    return orjson.dumps(whole)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few events be a large document."""
    monkeypatch.setattr(service, "WHOLE_BYTES", 20_000)
    monkeypatch.setattr("tracepass.epcis.largedocuments.PART_EVENTS", 7)


@pytest.fixture
def work(app: FastAPI, settings: Settings, clock: MovableClock) -> Work:
    async def work() -> None:
        while await work_once(app.state.services[Database], settings, clock):
            pass

    return work


async def captured(client: httpx2.AsyncClient, body: bytes, work: Work, **headers: str) -> Event:
    """Capture a document to its end; return the job."""
    answer = await client.post(CAPTURE, content=body, headers={**JSON, **headers})
    assert answer.status_code == 202, answer.text
    assert answer.json()["status"] == "running"
    await work()
    return dict((await client.get(answer.headers["location"])).json())


def counts(job: Event) -> tuple[str, int, int, int]:
    return job["status"], job["eventCount"], job["capturedCount"], job["errorCount"]


async def found(client: httpx2.AsyncClient) -> list[Event]:
    return listed(await client.get("/api/v1/epcis/events", params={"perPage": 1000}))


async def refused(client: httpx2.AsyncClient, body: Any, **headers: str) -> tuple[int, Event]:
    answer = await client.post(CAPTURE, content=body, headers={**JSON, **headers})
    return answer.status_code, dict(answer.json())


async def test_a_large_document_is_captured_in_order(client: httpx2.AsyncClient, work: Work) -> None:
    events = [event(number) for number in range(30)]
    assert counts(await captured(client, document(*events), work)) == ("success", 30, 30, 0)
    stored = {one["eventID"]: one for one in await found(client)}
    assert [{name: stored[one["eventID"]][name] for name in one} for one in events] == events


async def test_an_array_is_taken_as_well(client: httpx2.AsyncClient, work: Work) -> None:
    events = [event(number) | {"@context": CONTEXT} for number in range(20)]
    assert counts(await captured(client, orjson.dumps(events), work)) == ("success", 20, 20, 0)


async def test_a_large_document_in_xml_is_captured(client: httpx2.AsyncClient, work: Work) -> None:
    events = [event(number) for number in range(30)]
    text = write_xml(orjson.loads(document(*events)))
    assert counts(await captured(client, text, work, **XML)) == ("success", 30, 30, 0)
    stored = {one["eventID"]: one for one in await found(client)}
    assert [{name: stored[one["eventID"]][name] for name in one} for one in events] == events


async def test_an_error_is_told_with_the_place_of_its_event(client: httpx2.AsyncClient, work: Work) -> None:
    events = [event(number) for number in range(30)]
    events[17]["action"] = "MOVE"
    job = await captured(client, document(*events), work)
    assert (counts(job), job["errors"][0]["index"]) == (("failed", 30, 0, 1), 17)
    assert job["errors"][0]["path"] == "/action"
    assert await found(client) == []
    job = await captured(client, document(*events), work, **PROCEED)
    assert (counts(job), job["errors"][0]["index"]) == (("failed", 30, 29, 1), 17)
    assert len(await found(client)) == 29


async def test_what_is_no_document_is_refused_at_once(client: httpx2.AsyncClient, database: Database) -> None:
    events = [event(number) for number in range(30)]
    broken = document(*events)[:-1]
    assert (await refused(client, broken))[1]["error"] == "malformed_json"
    damaged = document(*events).replace(b'"eventID"', b'"eventID', 20)
    assert (await refused(client, damaged))[1]["error"] == "malformed_json"
    status, body = await refused(client, document(*events, type="Invoice"))
    assert (status, list(body["details"]["fieldErrors"])) == (400, ["/type"])
    assert (await refused(client, orjson.dumps(PADDING * 20)))[1]["error"] == "validation_error"
    assert (await refused(client, document(*events, confirmOverage="yes")))[0] == 400
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><a>' + b"&b;" * 9000 + b"</a>"
    status, body = await refused(client, bomb, **XML)
    assert (status, body["error"]) == (400, "validation_error")
    cut = write_xml(orjson.loads(document(*events)))[:-20]
    assert (await refused(client, cut, **XML))[1]["error"] == "validation_error"
    assert await database.collection("epcisCaptureParts").find_one({}, comment=A_TEST_LOOKS) is None


async def test_one_event_may_be_so_large_and_no_larger(
    client: httpx2.AsyncClient, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("jsonstream", "largedocuments"):
        monkeypatch.setattr(f"tracepass.epcis.{module}.EVENT_BYTES", 30_000)
    large = event(1, **{"ex:note": "x" * 25_000})
    assert counts(await captured(client, document(event(0), large), work))[0] == "success"
    larger = [event(0), event(1), event(2, **{"ex:note": "x" * 30_000})]
    refusal = await refused(client, document(*larger))
    assert (refusal[0], refusal[1]["details"]) == (413, {"limit": 30_000, "index": 2})
    refusal = await refused(client, write_xml(orjson.loads(document(*larger))), **XML)
    assert (refusal[0], refusal[1]["details"]) == (413, {"limit": 30_000, "index": 2})
    alone = orjson.dumps(larger[2] | {"@context": CONTEXT})
    assert (await refused(client, alone))[0] == 413


async def test_so_many_events_and_no_more(client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiving, "CAPTURE_LIMIT", 25)
    status, body = await refused(client, document(*map(event, range(30))))
    assert (status, body["details"]) == (413, {"limit": 25})
    text = write_xml(orjson.loads(document(*map(event, range(30)))))
    assert (await refused(client, text, **XML))[0] == 413


class TestBodies:
    """How a body arrives."""

    async def test_one_that_says_it_is_too_long_is_not_read(self, client: httpx2.AsyncClient) -> None:
        async def nothing() -> AsyncIterator[bytes]:
            pytest.fail("the body was read")
            yield b""

        headers = {**JSON, "Content-Length": str(LIMIT + 1)}
        answer = await client.post(CAPTURE, content=nothing(), headers=headers)
        assert (answer.status_code, answer.json()["details"]) == (413, {"limit": LIMIT})

    async def test_one_that_does_not_say_so_is_cut_off(self, client: httpx2.AsyncClient) -> None:
        sent = 0

        async def endless() -> AsyncIterator[bytes]:
            nonlocal sent
            while sent < 2 * LIMIT:
                sent += 1024 * 1024
                yield b" " * (1024 * 1024)

        answer = await client.post(CAPTURE, content=endless(), headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (413, "payload_too_large")

    async def test_another_media_type_is_refused(self, client: httpx2.AsyncClient) -> None:
        status, body = await refused(client, b"a,b\n", **{"Content-Type": "text/csv"})
        assert (status, body["error"]) == (415, "unsupported_media_type")

    async def test_a_repetition_is_known_by_all_of_its_bytes(self, client: httpx2.AsyncClient, work: Work) -> None:
        body = document(*map(event, range(700)))
        assert len(body) > 1024 * 1024
        headers = {**JSON, "Idempotency-Key": uuid4().hex}
        first = await client.post(CAPTURE, content=body, headers=headers)
        again = await client.post(CAPTURE, content=body, headers=headers)
        assert (first.status_code, again.json()) == (202, first.json())
        assert again.headers["idempotent-replayed"] == "true"
        other = await client.post(CAPTURE, content=body[:-1] + b" }", headers=headers)
        assert (other.status_code, other.json()["error"]) == (422, "idempotency_key_reuse")
        await work()
        assert counts((await client.get(first.headers["location"])).json()) == ("success", 700, 700, 0)

    @pytest.fixture
    def full(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let temporary files be on a disk that is full."""

        def opened(**_: object) -> io.FileIO:
            return io.FileIO("/dev/full", "r+")

        monkeypatch.setattr("tempfile.TemporaryFile", opened)

    @pytest.mark.usefixtures("full")
    async def test_a_full_disk_is_told_and_nothing_is_captured(
        self, client: httpx2.AsyncClient, database: Database
    ) -> None:
        body = document(*map(event, range(1600)))
        answer = await client.post(CAPTURE, content=body, headers=JSON)
        assert (answer.status_code, answer.json()["error"]) == (503, "service_unavailable")
        assert answer.headers["retry-after"] == "60"
        assert (await client.get(CAPTURE)).json() == []
        assert await database.collection("epcisCaptureParts").find_one({}, comment=A_TEST_LOOKS) is None


class TestPlans:
    """What is counted of a large document."""

    async def test_it_is_refused_as_a_small_one_is_and_bought_in_its_body(self, office: Office, work: Work) -> None:
        workspace = await office.workspace(plan="basic")
        client = await office.client(workspace)
        await captured(client, document(*map(event, range(990))), work)
        status, body = await refused(client, document(*map(event, range(30))))
        assert (status, body["error"]) == (402, "epcis_events_overage_required")
        job = await captured(client, document(*map(event, range(30)), confirmOverage=True), work)
        assert counts(job) == ("success", 30, 30, 0)

    async def test_what_is_not_captured_is_given_back_once(self, office: Office, work: Work) -> None:
        client = await office.client(await office.workspace(plan="basic"))
        events = [event(number) for number in range(30)]
        await captured(client, document(*events), work)
        await captured(client, document(*events, event(30)), work)
        await captured(client, document(*events, event(31, action="MOVE")), work)
        me = (await client.get("/api/v1/me")).json()
        assert me["quotas"]["epcisEventsPerMonth"]["used"] == 31

    async def test_a_document_that_cannot_be_kept_costs_nothing(
        self, office: Office, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await office.client(await office.workspace(plan="basic"))
        reads = 0
        read = Spool.read

        def failing(self: Spool, offset: int, size: int) -> bytes:
            nonlocal reads
            reads += 1
            if size < 20_000 and reads > 3:
                raise NoRoom
            return read(self, offset, size)

        monkeypatch.setattr(Spool, "read", failing)
        status, _ = await refused(client, document(*map(event, range(30))))
        assert status == 503
        monkeypatch.undo()
        assert await database.collection("epcisCaptureParts").find_one({}, comment=A_TEST_LOOKS) is None
        me = (await client.get("/api/v1/me")).json()
        assert me["quotas"]["epcisEventsPerMonth"]["used"] == 0


async def test_an_event_that_is_found_by_too_much_is_an_error_and_no_failure(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Numbers are short where they are written, and long where they are found by."""
    monkeypatch.setattr(service, "WHOLE_BYTES", 4_000_000)
    numbers = {"ex:numbers": list(range(100_000))}
    body = document(event(0), event(1, **numbers))
    job = (await client.post(CAPTURE, content=body, headers={**JSON, **PROCEED})).json()
    assert (counts(job), job["errors"][0]["code"]) == (("failed", 2, 1, 1), "event_too_large")


async def test_an_event_may_name_as_many_things_as_it_has_room_for(
    client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WHOLE_BYTES", 4_000_000)
    things = [f"urn:epc:id:sgtin:0614141.107346.{number}" for number in range(20_000)]
    job = (await client.post(CAPTURE, content=document(event(0, epcList=things)), headers=JSON)).json()
    assert counts(job) == ("success", 1, 1, 0)
