"""How EPCIS answers: media types, notations, versions, discovery, and failures in the standard's words."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from lxml import etree
from tests.api import capturing
from tests.api.capturing import CONTEXT, EPCIS, Event
from tests.conftest import MovableClock, Office

from tracepass.core.mongo import Database
from tracepass.epcis import service
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.service import EventQueries
from tracepass.epcis.xml import read_xml, write_xml
from tracepass.settings import Settings
from tracepass.worker import work_once

URN, LINK = "urn:epc:id:sgtin:0614141.107346.2017", "https://id.gs1.org/01/10614141073464/21/2017"
PROBLEM = {"Accept": "application/problem+json"}


def event(**members: Any) -> Event:
    return capturing.event(**{"@context": CONTEXT, "epcList": [URN], "ex:field": "value"} | members)


def document(*events: Event) -> Event:
    return capturing.document(*({name: one[name] for name in one if name != "@context"} for one in events))


@pytest.fixture
async def asker(office: Office) -> httpx2.AsyncClient:
    return await office.client(await office.workspace())


async def sent(asker: httpx2.AsyncClient, **members: Any) -> Event:
    one = event(**members)
    answer = await asker.post(f"{EPCIS}/events", json=one)
    assert answer.status_code == 201, answer.text
    return one


def the_event(answer: httpx2.Response) -> Event:
    """Return the only event of a page."""
    assert answer.status_code == 200, answer.text
    is_xml = "xml" in answer.headers["content-type"]
    page = read_xml(answer.content) if is_xml else answer.json()
    (one,) = page["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    return {"@context": page["@context"], **one}


class TestMediaTypes:
    @pytest.mark.parametrize("path", ["/events", "/events/{id}"])
    @pytest.mark.parametrize(
        ("accept", "media"),
        [
            ("*/*", "application/json"),
            ("application/ld+json", "application/ld+json"),
            ("application/xml", "application/xml"),
            ("text/xml", "text/xml; charset=utf-8"),
            ("application/json;q=0.5, application/xml", "application/xml"),
        ],
    )
    async def test_events_come_in_the_form_that_is_liked_best(
        self, asker: httpx2.AsyncClient, path: str, accept: str, media: str
    ) -> None:
        one = await sent(asker)
        answer = await asker.get(EPCIS + path.format(id=one["eventID"]), headers={"Accept": accept})
        assert (answer.headers["content-type"], answer.headers["vary"]) == (media, "Accept")
        found = the_event(answer)
        assert event_hash(found, {"ex": "http://ns.example.com/"}) == event_hash(one, {"ex": "http://ns.example.com/"})
        assert (found["eventID"], found["epcList"], found["ex:field"]) == (one["eventID"], [URN], "value")

    async def test_many_events_come_in_xml_as_well(self, asker: httpx2.AsyncClient) -> None:
        job = (await asker.post(f"{EPCIS}/capture", json=document(*[event() for _ in range(120)]))).json()
        assert job["capturedCount"] == 120
        answer = await asker.get(f"{EPCIS}/events?perPage=110", headers={"Accept": "application/xml"})
        assert len(read_xml(answer.content)["epcisBody"]["queryResults"]["resultsBody"]["eventList"]) == 110
        assert 'rel="next"' in answer.headers["link"]

    async def test_events_that_write_one_prefix_for_two_things_stay_apart_in_xml(
        self, asker: httpx2.AsyncClient
    ) -> None:
        await sent(asker, **{"ex:field": "1"})
        await sent(asker, **{"ex:field": "2", "@context": [CONTEXT[0], {"ex": "http://other.example/"}]})
        answer = await asker.get(f"{EPCIS}/events", headers={"Accept": "application/xml"})
        root = etree.fromstring(answer.content)
        assert [found.text for found in root.iter("{http://ns.example.com/}field")] == ["1"]
        assert [found.text for found in root.iter("{http://other.example/}field")] == ["2"]

    @pytest.mark.parametrize("path", ["/events", "/capture", "/events/urn:uuid:1"])
    async def test_what_is_not_written_here_is_not_acceptable(self, asker: httpx2.AsyncClient, path: str) -> None:
        answer = await asker.get(EPCIS + path, headers={"Accept": "text/csv"})
        assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")
        assert "application/json" in answer.json()["details"]["offered"]

    async def test_an_event_that_has_no_form_in_xml_says_where(self, asker: httpx2.AsyncClient) -> None:
        await sent(asker, **{"ex:field": [["a"]]})
        answer = await asker.get(f"{EPCIS}/events", headers={"Accept": "application/xml"})
        assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")
        assert "/eventList/0/ex:field" in answer.json()["message"]

    async def test_a_collection_comes_as_linked_data(self, asker: httpx2.AsyncClient) -> None:
        for path in ("", "/", "/bizSteps"):
            answer = await asker.get(EPCIS + path, headers={"Accept": "application/ld+json"})
            assert (answer.status_code, answer.headers["content-type"]) == (200, "application/ld+json")
            assert answer.json()["type"] == "Collection"

    async def test_a_job_comes_in_xml(self, asker: httpx2.AsyncClient) -> None:
        wrong = event() | {"action": "MOVE"}
        answer = await asker.post(f"{EPCIS}/capture", json=document(wrong), headers={"Accept": "application/xml"})
        assert (answer.status_code, answer.headers["content-type"]) == (202, "application/xml")
        told = await asker.get(answer.headers["location"], headers={"Accept": "text/xml"})
        job = read_xml(told.content)
        assert (job["running"], job["success"], job["captureErrorBehaviour"]) == (False, False, "rollback")
        assert job["captureID"] in answer.headers["location"]
        assert job["errors"][0]["type"] == "epcisException:ValidationException"


class TestOneEvent:
    @pytest.mark.parametrize("media", ["application/xml", "text/xml"])
    async def test_is_captured_in_xml_and_given_back_in_it(self, asker: httpx2.AsyncClient, media: str) -> None:
        one = event()
        body = write_xml(document(one))
        headers = {"Content-Type": media, "Accept": media}
        answer = await asker.post(f"{EPCIS}/events", content=body, headers=headers)
        assert answer.status_code == 201, answer.text
        (found,) = read_xml(answer.content)["epcisBody"]["eventList"]
        assert found["eventID"] == one["eventID"]
        assert "recordTime" in found
        assert (await asker.get(answer.headers["location"])).status_code == 200

    @pytest.mark.parametrize("count", [0, 2])
    async def test_is_one(self, asker: httpx2.AsyncClient, count: int) -> None:
        body = write_xml(document(*[event() for _ in range(count)]))
        answer = await asker.post(f"{EPCIS}/events", content=body, headers={"Content-Type": "application/xml"})
        assert (answer.status_code, answer.json()["details"]["formErrors"]) == (400, ["The body must be one event."])

    async def test_is_one_in_json_too(self, asker: httpx2.AsyncClient) -> None:
        assert (await asker.post(f"{EPCIS}/events", json=document(event()))).status_code == 400

    async def test_that_breaks_a_rule_says_where(self, asker: httpx2.AsyncClient) -> None:
        body = write_xml(document(event())).replace(b"OBSERVE", b"MOVE")
        answer = await asker.post(f"{EPCIS}/events", content=body, headers={"Content-Type": "application/xml"})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["/action"])


class TestNotations:
    @pytest.mark.parametrize(
        ("form", "sent_as", "given", "done"),
        [
            (None, URN, URN, "Never_Translates"),
            ("No_Preference", URN, URN, "Never_Translates"),
            ("Never_Translates", LINK, LINK, "Never_Translates"),
            ("Always_GS1_Digital_Link", URN, LINK, "Always_GS1_Digital_Link"),
            ("Always_EPC_URN", URN, URN, "Always_EPC_URN"),
            ("Always_EPC_URN", LINK, LINK, "No_Preference"),
        ],
    )
    @pytest.mark.parametrize("accept", ["application/json", "application/xml"])
    async def test_identifiers_are_written_as_asked(
        self, asker: httpx2.AsyncClient, form: str | None, sent_as: str, given: str, done: str, accept: str
    ) -> None:
        await sent(asker, epcList=[sent_as])
        headers = {"Accept": accept} | ({} if form is None else {"GS1-EPC-Format": form})
        answer = await asker.get(f"{EPCIS}/events", headers=headers)
        assert (the_event(answer)["epcList"], answer.headers["gs1-epc-format"]) == ([given], done)

    @pytest.mark.parametrize(
        ("form", "step"),
        [
            ("No_Preference", b"urn:epcglobal:cbv:bizstep:shipping"),
            ("Always_URN", b"urn:epcglobal:cbv:bizstep:shipping"),
            ("Always_Web_URI", b"https://ref.gs1.org/cbv/BizStep-shipping"),
        ],
    )
    async def test_the_vocabulary_is_written_as_asked(self, asker: httpx2.AsyncClient, form: str, step: bytes) -> None:
        await sent(asker)
        headers = {"Accept": "application/xml", "GS1-CBV-XML-Format": form}
        answer = await asker.get(f"{EPCIS}/events", headers=headers)
        assert b"<bizStep>" + step + b"</bizStep>" in answer.content
        assert answer.headers["gs1-cbv-xml-format"] == form

    async def test_the_notation_of_the_vocabulary_is_no_matter_of_json(self, asker: httpx2.AsyncClient) -> None:
        await sent(asker)
        answer = await asker.get(f"{EPCIS}/events", headers={"GS1-CBV-XML-Format": "Always_URN"})
        assert the_event(answer)["bizStep"] == "shipping"
        assert "gs1-cbv-xml-format" not in answer.headers

    @pytest.mark.parametrize("header", ["GS1-EPC-Format", "GS1-CBV-XML-Format", "GS1-EPCIS-Min", "GS1-Extensions"])
    @pytest.mark.parametrize("path", ["/events", "/capture", "/events/urn:uuid:1"])
    async def test_a_value_that_is_none_is_named(self, asker: httpx2.AsyncClient, header: str, path: str) -> None:
        answer = await asker.get(EPCIS + path, headers={header: "nonsense"})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, [header])

    async def test_a_capture_is_refused_before_it_is_one(self, asker: httpx2.AsyncClient) -> None:
        headers = {"GS1-EPC-Format": "nonsense"}
        assert (await asker.post(f"{EPCIS}/capture", json=document(event()), headers=headers)).status_code == 400
        assert (await asker.get(f"{EPCIS}/capture")).json() == []


class TestVersions:
    async def test_who_reads_1_2_gets_1_2(self, asker: httpx2.AsyncClient) -> None:
        one = await sent(asker)
        answer = await asker.get(f"{EPCIS}/events", headers={"GS1-EPCIS-Max": "1.2.0"})
        assert (answer.headers["content-type"], answer.headers["gs1-epcis-version"]) == ("application/xml", "1.2.0")
        root = etree.fromstring(answer.content)
        assert (root.tag, root.get("schemaVersion")) == ("{urn:epcglobal:epcis-query:xsd:1}EPCISQueryDocument", "1.2")
        assert the_event(answer)["eventID"] == one["eventID"]

    async def test_versions_and_extensions_are_told_with_every_answer(self, asker: httpx2.AsyncClient) -> None:
        headers = {"GS1-Extensions": "ex=http://ns.example.com/,other=urn:other:", "GS1-EPCIS-Version": "2.0.0"}
        for answer in (
            await asker.post(f"{EPCIS}/capture", json=document(event()), headers=headers),
            await asker.get(f"{EPCIS}/capture", headers=headers),
            await asker.get(f"{EPCIS}/events", headers=headers),
        ):
            assert answer.headers["gs1-epcis-version"] == answer.headers["gs1-cbv-version"] == "2.0.0"
            assert answer.headers["gs1-extensions"] == "ex=http://ns.example.com/, other=urn:other:"


class TestDiscovery:
    async def test_tells_methods_versions_forms_and_limits(self, anonymous: httpx2.AsyncClient) -> None:
        answer = await anonymous.options(f"{EPCIS}/capture")
        assert (answer.status_code, answer.content) == (204, b"")
        told = answer.headers
        assert told["allow"] == "GET, OPTIONS, POST"
        for name in ("EPCIS", "CBV"):
            assert told[f"gs1-{name}-version"] == told[f"gs1-{name}-max"] == "2.0.0"
            assert told[f"gs1-{name}-min"] == "1.2.0"
        assert told["gs1-epc-format"] == told["gs1-cbv-xml-format"] == "No_Preference"
        assert told["gs1-vendor-version"].startswith("TracePass ")
        assert told["gs1-capture-error-behaviour"] == "all"
        assert int(told["gs1-epcis-capture-limit"]) > 0
        assert int(told["gs1-epcis-capture-file-size-limit"]) > 0

    @pytest.mark.parametrize(
        ("path", "methods"),
        [("/events", "GET, OPTIONS, POST"), ("/events/urn:uuid:1", "GET, OPTIONS"), ("/capture/x", "GET, OPTIONS")],
    )
    async def test_tells_what_each_path_takes(self, anonymous: httpx2.AsyncClient, path: str, methods: str) -> None:
        answer = await anonymous.options(EPCIS + path)
        assert (answer.status_code, answer.headers["allow"]) == (204, methods)
        assert "gs1-epcis-capture-limit" not in answer.headers
        refused = await anonymous.put(EPCIS + path)
        assert (refused.status_code, refused.headers["allow"]) == (405, methods)

    async def test_agrees_on_versions_like_any_answer(self, anonymous: httpx2.AsyncClient) -> None:
        answer = await anonymous.options(f"{EPCIS}/events", headers={"GS1-EPCIS-Min": "4.0"})
        assert (answer.status_code, answer.json()["error"]) == (406, "not_acceptable")


def problem(answer: httpx2.Response) -> tuple[int, str]:
    """Return status and type of a problem."""
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert body["status"] == answer.status_code
    assert body["title"]
    assert body["detail"]
    return answer.status_code, body["type"].removeprefix("epcisException:")


class TestFailures:
    async def test_of_the_door(self, anonymous: httpx2.AsyncClient, office: Office) -> None:
        answer = await anonymous.get(f"{EPCIS}/events", headers=PROBLEM)
        assert problem(answer) == (401, "SecurityException")
        assert answer.headers["www-authenticate"]
        assert answer.headers["x-request-id"]
        poor = await office.client(await office.workspace(), scopes=frozenset({"products:read"}))
        assert problem(await poor.get(f"{EPCIS}/events", headers=PROBLEM)) == (403, "SecurityException")

    @pytest.mark.parametrize(
        ("method", "path", "told"),
        [
            ("GET", "/events/urn:uuid:1", (404, "NoSuchNameException")),
            ("GET", "/capture/0123456789abcdef01234567", (404, "NoSuchNameException")),
            ("GET", "/nowhere", (404, "NoSuchNameException")),
            ("GET", "/events?EQ_action=MOVE", (400, "QueryParameterException")),
            ("GET", "/capture?perPage=0", (400, "ValidationException")),
            ("PUT", "/events", (405, "about:blank")),
        ],
    )
    async def test_of_what_is_asked(
        self, asker: httpx2.AsyncClient, method: str, path: str, told: tuple[int, str]
    ) -> None:
        assert problem(await asker.request(method, EPCIS + path, headers=PROBLEM)) == told

    async def test_of_what_is_sent(self, asker: httpx2.AsyncClient) -> None:
        one = await sent(asker)
        path = f"{EPCIS}/events"
        taken = await asker.post(path, json=one | {"action": "ADD"}, headers=PROBLEM)
        assert problem(taken) == (409, "ResourceAlreadyExistsException")
        assert taken.json()["error"] == "event_id_taken"
        wrong = await asker.post(path, json=event(action="MOVE"), headers=PROBLEM)
        assert problem(wrong) == (400, "ValidationException")
        assert wrong.json()["details"]["fieldErrors"] == {"/action": wrong.json()["details"]["fieldErrors"]["/action"]}
        text = await asker.post(path, content=b"x", headers=PROBLEM | {"Content-Type": "text/plain"})
        assert problem(text) == (415, "UnsupportedMediaTypeException")
        broken = await asker.post(path, content=b"{", headers=PROBLEM | {"Content-Type": "application/json"})
        assert problem(broken) == (400, "ValidationException")

    async def test_of_too_much(self, asker: httpx2.AsyncClient) -> None:
        await sent(asker)
        await sent(asker)
        large = await asker.get(f"{EPCIS}/events?maxEventCount=1", headers=PROBLEM)
        assert problem(large) == (413, "QueryTooLargeException")
        for path in ("/capture", "/events"):
            headers = PROBLEM | {"Content-Type": "application/json", "Content-Length": str(10**12)}
            answer = await asker.post(EPCIS + path, content=b"{}", headers=headers)
            assert problem(answer) == (413, "CaptureLimitExceededException")
            assert int(answer.headers["gs1-epcis-capture-limit"]) > 0
            assert int(answer.headers["gs1-epcis-capture-file-size-limit"]) > 0

    async def test_of_the_form_of_the_answer(self, asker: httpx2.AsyncClient) -> None:
        headers = {"Accept": "image/png, application/problem+json"}
        answer = await asker.get(f"{EPCIS}/events", headers=headers)
        assert problem(answer) == (406, "NotAcceptableException")

    async def test_in_xml(self, asker: httpx2.AsyncClient) -> None:
        headers = {"Accept": "application/xml, application/problem+xml"}
        answer = await asker.get(f"{EPCIS}/events/urn:uuid:1", headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+xml")
        root = etree.fromstring(answer.content)
        assert root.tag == "{urn:epcglobal:epcis:xsd:2}EPCISException"
        assert root.findtext("type") == "epcisException:NoSuchNameException"
        assert root.findtext("status") == "404"

    async def test_in_our_envelope_for_who_names_no_other(self, asker: httpx2.AsyncClient) -> None:
        for accept in ("*/*", "application/xml", "application/json, application/problem+json;q=0.2"):
            answer = await asker.get(f"{EPCIS}/events/urn:uuid:1", headers={"Accept": accept})
            assert answer.headers["content-type"] == "application/json"
            assert answer.json() == {"error": "not_found", "message": "There is no such event in this workspace."}

    async def test_elsewhere_are_told_in_our_envelope(self, asker: httpx2.AsyncClient) -> None:
        answer = await asker.get("/api/v1/products/0123456789abcdef01234567", headers=PROBLEM)
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")

    async def test_that_are_kept_for_repetitions_are_told_to_each_as_they_ask(self, asker: httpx2.AsyncClient) -> None:
        one, key = await sent(asker), {"Idempotency-Key": uuid4().hex}
        body = one | {"action": "ADD"}
        first = await asker.post(f"{EPCIS}/events", json=body, headers=key)
        again = await asker.post(f"{EPCIS}/events", json=body, headers=key | PROBLEM)
        assert (first.json()["error"], problem(again)) == ("event_id_taken", (409, "ResourceAlreadyExistsException"))
        assert again.headers["idempotent-replayed"] == "true"

    async def test_of_ours_are_told_as_such(self, asker: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        async def broken(*_: object, **__: object) -> None:
            raise LookupError

        monkeypatch.setattr(EventQueries, "ask", broken)
        # No contract foresees what nobody foresaw.
        monkeypatch.setattr(asker, "event_hooks", {})
        answer = await asker.get(f"{EPCIS}/events", headers=PROBLEM | {"X-Request-Id": "qa-1"})
        assert problem(answer) == (500, "ImplementationException")
        assert answer.json()["details"] == {"requestId": "qa-1"}


class TestPages:
    async def test_a_token_expires_when_it_says(self, asker: httpx2.AsyncClient, clock: MovableClock) -> None:
        await asker.post(f"{EPCIS}/capture", json=document(event(), event(), event()))
        first = await asker.get(f"{EPCIS}/events?perPage=1")
        link = first.headers["link"].removeprefix("<").partition(">")[0]
        until = first.headers["gs1-next-page-token-expires"]
        assert (await asker.get(link)).status_code == 200
        clock.move(hours=23, minutes=59)
        assert (await asker.get(link)).status_code == 200
        clock.move(minutes=2)
        late = await asker.get(link)
        assert (late.status_code, list(late.json()["details"]["fieldErrors"])) == (400, ["nextPageToken"])
        assert "expired" in late.json()["message"]
        assert until > first.json()["creationDate"]


class TestContexts:
    async def test_come_back_with_their_definitions(self, asker: httpx2.AsyncClient) -> None:
        rich = [CONTEXT[0], {"ex": "http://ns.example.com/", "ex:at": {"@id": "ex:at", "@type": "@id"}}]
        one = await sent(asker, **{"@context": rich, "ex:at": "https://example.com/there"})
        assert the_event(await asker.get(f"{EPCIS}/events/{one['eventID']}"))["@context"] == rich

    async def test_of_a_document_reach_each_of_its_events(self, asker: httpx2.AsyncClient) -> None:
        rich = [CONTEXT[0], {"@language": "de"}, {"ex": "http://ns.example.com/"}]
        both = [event(), event()]
        await asker.post(f"{EPCIS}/capture", json=document(*both) | {"@context": rich})
        page = (await asker.get(f"{EPCIS}/events")).json()
        assert page["@context"] == rich
        await sent(asker)
        mixed = (await asker.get(f"{EPCIS}/events")).json()
        assert mixed["@context"] == [CONTEXT[0]]
        events = mixed["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        assert sorted(orjson.dumps(one["@context"]) for one in events) == sorted(
            orjson.dumps(own) for own in (rich[1:], rich[1:], CONTEXT[1:])
        )

    async def test_come_back_after_a_worker_had_them(
        self,
        asker: httpx2.AsyncClient,
        app: FastAPI,
        settings: Settings,
        clock: MovableClock,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(service, "AT_ONCE", 1)
        rich = [CONTEXT[0], {"@language": "de"}, CONTEXT[1]]
        job = (await asker.post(f"{EPCIS}/capture", json=document(event(), event()) | {"@context": rich})).json()
        assert job["running"]
        while await work_once(app.state.services[Database], settings, clock):
            pass
        assert (await asker.get(f"{EPCIS}/events")).json()["@context"] == rich
