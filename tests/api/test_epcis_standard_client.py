"""A client written from GS1's OpenAPI file alone works against this server.

Skips where the file is not there.
"""

from __future__ import annotations

import copy
import os
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.api.standard_client import Json, Standard, StandardClient
from tests.conftest import Office

ROOT = Path(os.environ.get("TRACEPASS_CONFORMANCE", Path(__file__).parents[2] / "../shared/conformance"))
FILE = ROOT / "epcis" / "openapi.json"
EVENT = "/events/{eventID}"
HERE = "/api/v1/epcis"
STEP = "shipping"
XML = "application/xml"

if not FILE.is_file():
    pytest.skip("GS1's OpenAPI file is not there", allow_module_level=True)
STANDARD = Standard.of(FILE.read_text("utf-8"))
RESOURCES = ("eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints", "dispositions")
OPTIONS = [path for method, path in STANDARD.operations() if method == "options"]
EVENT_LISTS = [path for method, path in STANDARD.operations() if method == "get" and path.endswith("/events")]


@pytest.fixture
async def client(office: Office) -> StandardClient:
    http = await office.client(await office.workspace())
    return StandardClient(STANDARD, http, HERE, FILE.parent / "xsd")


def sample(method: str, path: str) -> Any:
    """The file's own example of a body."""
    return copy.deepcopy(STANDARD.body(method, path)[1]["example"])


def example_of(name: str) -> str:
    """The file's own example of a parameter in a path."""
    parameters = STANDARD.document["components"]["parameters"].values()
    return str(next(one["example"] for one in parameters if one["name"] == name and one["in"] == "path"))


def a_document(count: int = 1) -> Json:
    """The file's document, with as many events of its kind, each with an id of its own."""
    document = sample("post", "/capture")
    body = document["epcisBody"]
    body["eventList"] = [{**body["eventList"][0], "eventID": f"urn:uuid:{uuid4()}"} for _ in range(count)]
    return dict(document)


async def captured(client: StandardClient, count: int = 1) -> list[Json]:
    """Capture events, wait until the job is over, and return them."""
    document = a_document(count)
    answer = await client.call("post", "/capture", body=document, GS1_Capture_Error_Behaviour="rollback")
    for _ in range(100):
        job = (await client.get(answer.headers["location"])).json()
        if not job["running"]:
            break
    assert (job["running"], job["success"]) == (False, True), job
    return list(document["epcisBody"]["eventList"])


def events_in(answer: httpx2.Response) -> list[Json]:
    return list(answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


def ids_in(answer: httpx2.Response) -> set[str]:
    return {one["eventID"] for one in events_in(answer)}


@pytest.mark.parametrize("path", OPTIONS)
async def test_every_path_can_be_discovered(client: StandardClient, path: str) -> None:
    answer = await client.call("options", path)
    assert answer.status_code == 204
    methods = {method.upper() for method, at in STANDARD.operations() if at == path}
    assert set(answer.headers["allow"].split(", ")) == methods


async def test_there_are_the_resources_of_the_standard(client: StandardClient) -> None:
    members = (await client.call("get", "/")).json()["member"]
    assert set(members) == {path.split("/")[1] for path in STANDARD.document["paths"]} - {"", "nextPageToken"}


async def test_the_example_of_a_document_is_captured(client: StandardClient) -> None:
    answer = await client.call("post", "/capture", body=sample("post", "/capture"))
    assert answer.status_code == 202
    job = (await client.get(answer.headers["location"])).json()
    assert (job["running"], job["success"], job["errors"]) == (False, True, [])
    listed = (await client.call("get", "/capture")).json()
    assert [one["captureID"] for one in listed] == [job["captureID"]]


async def test_a_job_is_read_in_xml(client: StandardClient) -> None:
    await captured(client)
    (job,) = (await client.call("get", "/capture")).json()
    answer = await client.call("get", "/capture/{captureID}", captureID=job["captureID"], accept=XML)
    assert answer.headers["content-type"] == XML


async def test_what_cannot_be_captured_is_told_by_the_job(client: StandardClient) -> None:
    document = a_document(2)
    document["epcisBody"]["eventList"][1]["action"] = "MOVE"
    for behaviour, count in (("rollback", 0), ("proceed", 1)):
        answer = await client.call("post", "/capture", body=document, GS1_Capture_Error_Behaviour=behaviour)
        job = (await client.get(answer.headers["location"])).json()
        assert (job["success"], job["captureErrorBehaviour"], len(job["errors"])) == (False, behaviour, 1)
        assert len(events_in(await client.call("get", "/events"))) == count


async def test_the_example_of_an_event_is_captured_and_found_again(client: StandardClient) -> None:
    event = sample("post", "/events")
    made = await client.call("post", "/events", body=event)
    assert made.status_code == 201
    found = await client.get(made.headers["location"])
    again = await client.call("get", EVENT, eventID=event["eventID"])
    assert ids_in(found) == ids_in(again) == {event["eventID"]}


async def test_events_are_asked_for_by_their_own_values(client: StandardClient) -> None:
    (event,) = await captured(client)
    questions: list[Json] = [
        {"eventType": [event["type"]]},
        {"EQ_action": [event["action"], "ADD"]},
        {"EQ_bizStep": [event["bizStep"]]},
        {"EQ_disposition": [event["disposition"]]},
        {"EQ_readPoint": [event["readPoint"]["id"]]},
        {"MATCH_epc": event["epcList"]},
        {"EQ_eventID": [event["eventID"]]},
        {"GE_eventTime": event["eventTime"]},
        {"GE_eventTime": event["eventTime"], "orderBy": "eventTime", "orderDirection": "ASC", "eventCountLimit": 1},
        {"EXISTS_errorDeclaration": False},
    ]
    listed = STANDARD.parameters("get", "/events")
    for question in questions:
        assert question.keys() <= listed.keys()
        assert ids_in(await client.call("get", "/events", **question)) == {event["eventID"]}, question
    assert ids_in(await client.call("get", "/events", EQ_bizStep=["receiving"])) == set()
    assert ids_in(await client.call("get", "/events", LT_eventTime=event["eventTime"])) == set()


@pytest.mark.parametrize("media", ["application/json", XML])
async def test_pages_follow_one_another(client: StandardClient, media: str) -> None:
    events, seen, pages = await captured(client, 5), b"", 0
    page: httpx2.Response | None = await client.call("get", "/events", perPage=2, accept=media)
    while page is not None:
        assert page.headers["content-type"] == media
        seen, pages = seen + page.content, pages + 1
        page = await client.follow(page)
    assert pages == 3
    assert all(seen.count(event["eventID"].encode()) == 1 for event in events)


@pytest.mark.parametrize("form", STANDARD.document["components"]["schemas"]["GS1-EPC-Format"]["enum"])
async def test_identifiers_come_in_the_notation_asked_for(client: StandardClient, form: str) -> None:
    (event,) = await captured(client)
    (found,) = events_in(await client.call("get", "/events", GS1_EPC_Format=form))
    links = form == "Always_GS1_Digital_Link"
    assert all(epc.startswith("https://id.gs1.org/01/") is links for epc in found["epcList"])
    assert links or found["epcList"] == event["epcList"]


@pytest.mark.parametrize("form", STANDARD.document["components"]["schemas"]["GS1-CBV-XML-Format"]["enum"])
async def test_the_vocabulary_comes_in_the_notation_asked_for(client: StandardClient, form: str) -> None:
    await captured(client)
    answer = await client.call("get", "/events", GS1_CBV_XML_Format=form, accept=XML)
    web = f"https://ref.gs1.org/cbv/BizStep-{STEP}".encode()
    assert (web in answer.content) is (form == "Always_Web_URI")


async def test_versions_are_agreed_upon(client: StandardClient) -> None:
    known = (await client.call("options", "/events")).headers
    span = {"GS1_EPCIS_Min": known["GS1-EPCIS-Min"], "GS1_EPCIS_Max": known["GS1-EPCIS-Max"]}
    assert (await client.call("get", "/events", **span)).status_code == 200
    newer = await client.call("get", "/events", GS1_EPCIS_Min="9.0.0")
    assert (newer.status_code, newer.json()["type"]) == (406, "epcisException:NotAcceptableException")


@pytest.mark.parametrize("resource", RESOURCES)
async def test_a_resource_leads_to_its_events(client: StandardClient, resource: str) -> None:
    document = a_document()
    (event,) = document["epcisBody"]["eventList"]
    event["bizLocation"] = {"id": "urn:epc:id:sgln:0614141.00888.0"}
    await client.call("post", "/capture", body=document)
    (one,) = [path for path in STANDARD.document["paths"] if path.startswith(f"/{resource}/") and path.count("/") == 2]
    name = one.partition("{")[2].rstrip("}")
    listed = await client.call("get", f"/{resource}", perPage=1)
    members = list(listed.json()["member"])
    while (listed := await client.follow(listed)) is not None:  # type: ignore[assignment]
        members += listed.json()["member"]
    assert members
    found = set()
    for member in members:
        if (await client.call("get", one, **{name: member})).status_code == 200:
            found |= ids_in(await client.call("get", f"{one}/events", **{name: member}, perPage=10))
    assert found == {event["eventID"]}


class TestQueries:
    @pytest.fixture
    async def name(self, client: StandardClient) -> str:
        body = STANDARD.resolve(STANDARD.body("post", "/queries")[1]["schema"])["example"]
        made = await client.call("post", "/queries", body=body)
        assert made.status_code == 201
        await client.get(made.headers["location"])
        return str(body["name"])

    async def test_are_listed_and_give_events(self, client: StandardClient, name: str) -> None:
        events = await captured(client, 3)
        assert [one["name"] for one in (await client.call("get", "/queries")).json()] == [name]
        await client.call("get", "/queries/{queryName}", queryName=name)
        page = await client.call("get", "/queries/{queryName}/events", queryName=name, perPage=2)
        assert page.json()["epcisBody"]["queryResults"]["queryName"] == name
        rest = await client.follow(page)
        assert rest is not None
        assert ids_in(page) | ids_in(rest) == {event["eventID"] for event in events}

    async def test_have_a_name_of_their_own(self, client: StandardClient, name: str) -> None:
        body = {"name": name, "query": {}}
        answer = await client.call("post", "/queries", body=body)
        assert (answer.status_code, answer.json()["type"]) == (409, "epcisException:ResourceAlreadyExistsException")

    async def test_are_subscribed_to_and_left(self, client: StandardClient, name: str) -> None:
        made = await client.call(
            "post",
            "/queries/{queryName}/subscriptions",
            body=sample("post", "/queries/{queryName}/subscriptions"),
            queryName=name,
        )
        assert made.status_code == 201, made.text
        which = made.json()["subscriptionID"]
        assert made.headers["location"].endswith(which)
        listed = await client.call("get", "/queries/{queryName}/subscriptions", queryName=name)
        assert [one["subscriptionID"] for one in listed.json()] == [which]
        one = {"queryName": name, "subscriptionID": which}
        await client.call("get", "/queries/{queryName}/subscriptions/{subscriptionID}", **one)
        gone = await client.call("delete", "/queries/{queryName}/subscriptions/{subscriptionID}", **one)
        assert gone.status_code == 204
        after = await client.call("get", "/queries/{queryName}/subscriptions/{subscriptionID}", **one)
        assert after.status_code == 404

    async def test_go_with_their_subscriptions(self, client: StandardClient, name: str) -> None:
        assert (await client.call("delete", "/queries/{queryName}", queryName=name)).status_code == 204
        gone = await client.call("get", "/queries/{queryName}", queryName=name)
        assert (gone.status_code, gone.json()["type"]) == (404, "epcisException:NoSuchNameException")

    async def test_that_ask_nonsense_are_refused(self, client: StandardClient) -> None:
        body = {"name": "nonsense", "query": {"EQ_action": ["MOVE"]}}
        answer = await client.call("post", "/queries", body=body)
        assert (answer.status_code, answer.json()["type"]) == (400, "epcisException:QueryValidationException")


class TestFailures:
    async def test_name_the_standards_exception(self, client: StandardClient, anonymous: httpx2.AsyncClient) -> None:
        taken, _ = await captured(client, 2)
        other = {"eventID": taken["eventID"], "action": "ADD"}
        nobody = StandardClient(STANDARD, anonymous, HERE, client.schemas)
        for answer, told in (
            (await nobody.call("get", "/events"), (401, "SecurityException")),
            (await client.call("get", EVENT, eventID="urn:uuid:1"), (404, "NoSuchNameException")),
            (
                await client.call("get", "/events", accept="text/csv, application/problem+json"),
                (406, "NotAcceptableException"),
            ),
            (await client.call("get", "/events", maxEventCount=1), (413, "QueryTooLargeException")),
            (await client.call("get", "/events", orderDirection="UP"), (400, "QueryParameterException")),
            (await client.call("post", "/capture", body={"type": "nothing"}), (400, "ValidationException")),
            (
                await client.call("post", "/events", body=sample("post", "/events") | {"type": "Event"}),
                (400, "ValidationException"),
            ),
            (
                await client.call("post", "/events", body={**sample("post", "/events"), **other}),
                (409, "ResourceAlreadyExistsException"),
            ),
        ):
            body = answer.json()
            assert (answer.status_code, body["type"]) == (told[0], f"epcisException:{told[1]}"), answer.text
            assert body["status"] == told[0]

    async def test_of_a_body_that_is_none_of_the_types(self, client: StandardClient) -> None:
        for path in ("/capture", "/events"):
            answer = await client.http.post(
                HERE + path,
                content=b"a;b",
                headers={"Content-Type": "text/csv", "Accept": "application/problem+json"},
            )
            client.check("post", path, answer)
            assert answer.status_code == 415

    async def test_are_told_in_xml_to_who_reads_only_that(self, client: StandardClient) -> None:
        answer = await client.call("get", EVENT, eventID="urn:uuid:1", accept="application/problem+xml")
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+xml")


async def test_a_page_token_is_released_or_it_is_said_that_it_cannot_be(client: StandardClient) -> None:
    await captured(client, 2)
    page = await client.call("get", "/events", perPage=1)
    token = httpx2.URL(page.headers["link"].partition("<")[2].partition(">")[0]).params["nextPageToken"]
    answer = await client.call("delete", "/nextPageToken/{token}", token=token)
    assert answer.status_code in {204, 501}
