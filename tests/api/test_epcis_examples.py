"""The examples that the standard is published with: each captured, asked for by its own values, given back equal.

Skips where the published examples are not there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import Office

from tracepass.epcis.contexts import namespaces_of
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.masterdata import Element, elements_of
from tracepass.epcis.xml import read_xml
from tracepass.epcis.xmljobs import write_job

ROOT = Path(os.environ.get("TRACEPASS_CONFORMANCE", Path(__file__).parents[2] / "../shared/conformance"))
FOLDER = ROOT / "epcis" / "examples-json"
EXAMPLES = sorted(FOLDER.rglob("*.jsonld"))
EPCIS = "/api/v1/epcis"
Event = dict[str, Any]


XML = sorted(path for path in (FOLDER.parent / "examples-xml").rglob("*.xml") if path.parent.name != "CaptureJob")


JOBS = sorted((FOLDER.parent / "examples-xml" / "CaptureJob").glob("*.xml"))
MASTER_DATA = [path for path in XML if "master" in path.stem.lower() or path.stem.startswith("CBV-11.4")]


def test_there_are_47_of_them_in_json_and_37_in_xml() -> None:
    if not FOLDER.is_dir():
        pytest.skip("the published examples are not there")
    # 30 documents of events, 3 of master data alone, and 4 answers to who asks for a capture job.
    assert (len(EXAMPLES), len(XML), len(MASTER_DATA), len(JOBS)) == (47, 33, 3, 4)


def read(path: Path) -> Event:
    """Return an example."""
    return dict(json.loads(path.read_text("utf-8")))


def bytes_of(path: Path) -> bytes:
    """Return an example as it is sent."""
    return path.read_bytes()


def events_of(document: Event) -> list[Event]:
    """Return the events of a document."""
    if "epcisBody" not in document:
        return [document]
    body = document["epcisBody"]
    found = body.get("eventList")
    if found is None and "queryResults" in body:
        found = body["queryResults"]["resultsBody"]["eventList"]
    return list(found if found is not None else [body["event"]])


def prefixes_of(document: Event, event: Event) -> dict[str, str]:
    """Return what prefixes stand for in an event."""
    outer = namespaces_of(document.get("@context", []))
    return namespaces_of(event["@context"], outer) if "@context" in event else outer


def questions(event: Event) -> Iterator[tuple[str, str]]:
    """Give parameters that ask for an event by each of its own values."""
    yield "eventType", event["type"]
    yield "GE_eventTime", event["eventTime"]
    for part in (_named, _things, _counted, _paired, _declared, _sensed, _extended):
        yield from part(event)


def _named(event: Event) -> Iterator[tuple[str, str]]:
    for name in ("action", "bizStep", "disposition", "transformationID"):
        if name in event:
            yield f"EQ_{name}", event[name]
    if "eventID" in event:
        yield "EQ_eventID", event["eventID"]
    for name in ("readPoint", "bizLocation"):
        if name in event:
            yield f"EQ_{name}", event[name]["id"]
            yield f"WD_{name}", event[name]["id"]
    for name in ("set", "unset"):
        for value in event.get("persistentDisposition", {}).get(name, ()):
            yield f"EQ_persistentDisposition_{name}", value


def _sensed(event: Event) -> Iterator[tuple[str, str]]:
    for element in event.get("sensorElementList", ()):
        yield "EXISTS_sensorElementList", "true"
        for report in element.get("sensorReport", ()):
            yield from _reported(report)


def _extended(event: Event) -> Iterator[tuple[str, str]]:
    for name, value in event.items():
        if name == "rdfs:comment":
            # No part of what happened, and of no hash (CBV 2.0, 8.9.2).
            continue
        if ":" in name and isinstance(value, str | int | float):
            yield f"EQ_{name}", _text(value)
            yield f"EXISTS_{name}", ""
        elif ":" in name:
            yield f"EXISTS_{name}", ""
    for name, value in event.get("ilmd", {}).items():
        if isinstance(value, str | int | float) and ":" in name:
            yield f"EQ_ILMD_{name}", _text(value)


def _text(value: str | float) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _things(event: Event) -> Iterator[tuple[str, str]]:
    lists = {"epcList": "epc", "childEPCs": "epc", "inputEPCList": "inputEPC", "outputEPCList": "outputEPC"}
    for member, name in lists.items():
        for value in event.get(member, ()):
            yield f"MATCH_{name}", value
            yield "MATCH_anyEPC", value
    if "parentID" in event:
        yield "MATCH_parentID", event["parentID"]


def _counted(event: Event) -> Iterator[tuple[str, str]]:
    quantities = {"quantityList": "epcClass", "childQuantityList": "epcClass"}
    quantities |= {"inputQuantityList": "inputEPCClass", "outputQuantityList": "outputEPCClass"}
    for member, name in quantities.items():
        for element in event.get(member, ()):
            yield f"MATCH_{name}", element["epcClass"]
            yield "MATCH_anyEPCClass", element["epcClass"]
            if "quantity" in element:
                yield "EQ_quantity", str(element["quantity"])
            if "quantity" in element and "uom" in element:
                yield f"EQ_quantity_{element['uom']}", str(element["quantity"])


def _paired(event: Event) -> Iterator[tuple[str, str]]:
    for member, name in (("bizTransactionList", "bizTransaction"), ("sourceList", "source")):
        for pair in event.get(member, ()):
            if "type" in pair:
                yield f"EQ_{name}_{pair['type']}", pair[name]
    for pair in event.get("destinationList", ()):
        yield f"EQ_destination_{pair['type']}", pair["destination"]


def _declared(event: Event) -> Iterator[tuple[str, str]]:
    declaration = event.get("errorDeclaration")
    if declaration is None:
        return
    yield "EXISTS_errorDeclaration", "true"
    yield "GE_errorDeclarationTime", declaration["declarationTime"]
    if "reason" in declaration:
        yield "EQ_errorReason", declaration["reason"]
    for value in declaration.get("correctiveEventIDs", ()):
        yield "EQ_correctiveEventID", value


def _reported(report: Event) -> Iterator[tuple[str, str]]:
    for name in ("type", "deviceID", "stringValue", "hexBinaryValue", "uriValue", "microorganism", "chemicalSubstance"):
        if name in report:
            yield f"EQ_{name}", report[name]
    if "booleanValue" in report:
        yield "EQ_booleanValue", str(report["booleanValue"]).lower()
    for name in ("value", "minValue", "maxValue", "meanValue", "sDev", "percValue"):
        if name in report and "uom" in report:
            yield f"EQ_{name}_{report['uom']}", str(report[name])
            yield f"GE_{name}_{report['uom']}", str(report[name])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
async def test_an_example_is_captured_asked_for_and_given_back(path: Path, office: Office) -> None:
    client = await office.client(await office.workspace())
    document = read(path)
    events = events_of(document)
    answer = await client.post(f"{EPCIS}/capture", json=document)
    job = answer.json()
    assert (answer.status_code, job["status"], job["errors"]) == (202, "success", [])
    assert job["capturedCount"] == len(events)
    found = await _all(client)
    assert sorted(_hashes(found)) == sorted(event_hash(event, prefixes_of(document, event)) for event in events)
    for event in events:
        await _is_found(client, event, event_hash(event, prefixes_of(document, event)))
    again = (await client.post(f"{EPCIS}/capture", json=document)).json()
    assert (again["capturedCount"], again["repeatedCount"]) == (0, len(events))


@pytest.mark.parametrize("path", XML, ids=lambda path: path.stem)
async def test_an_example_in_xml_is_captured_and_given_back(path: Path, office: Office) -> None:
    client = await office.client(await office.workspace())
    text = bytes_of(path)
    document = read_xml(text)
    answer = await client.post(f"{EPCIS}/capture", content=text, headers={"Content-Type": "application/xml"})
    assert answer.status_code == 202, answer.text
    assert (answer.json()["status"], answer.json()["errors"]) == ("success", [])
    events = events_of(document)
    hashes = {event_hash(event, prefixes_of(document, event)) for event in events}
    assert set(_hashes(await _all(client))) == hashes
    for event in events:
        await _is_found(client, event, event_hash(event, prefixes_of(document, event)))


@pytest.mark.parametrize("path", MASTER_DATA, ids=lambda path: path.stem)
async def test_events_are_found_by_the_master_data_of_an_example(path: Path, office: Office) -> None:
    client = await office.client(await office.workspace())
    captured = await client.post(
        f"{EPCIS}/capture", content=bytes_of(path), headers={"Content-Type": "application/xml"}
    )
    assert (captured.status_code, captured.json()["eventCount"], captured.json()["success"]) == (202, 0, True)
    elements = elements_of(read_xml(bytes_of(path)))
    assert elements
    for place in dict.fromkeys(place for element in elements for place in (element.thing, *element.below)):
        assert (await client.post(f"{EPCIS}/capture", json=_at(place))).json()["success"]
    for element in elements:
        digest = event_hash(_at(element.thing), {})
        for question in _of_master_data(element):
            await _answers(client, digest, *question)
    above = [(element.thing, below) for element in elements for below in element.below]
    for thing, below in above:
        await _answers(client, event_hash(_at(below), {}), "WD_bizLocation", thing)


def _at(place: str) -> Event:
    return {
        "@context": "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
        "type": "ObjectEvent",
        "eventTime": "2026-06-01T12:00:00.000Z",
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "epcList": ["urn:epc:id:sscc:0614141.1234567890"],
        "bizLocation": {"id": place},
    }


def _of_master_data(element: Element) -> Iterator[tuple[str, str]]:
    for name, value in element.attributes:
        yield "HASATTR_bizLocation", name
        if not value.startswith("{"):
            yield f"EQATTR_bizLocation_{name}", value


async def _answers(client: httpx2.AsyncClient, digest: str, name: str, value: str) -> None:
    answer = await client.get(f"{EPCIS}/events", params={name: value})
    assert answer.status_code == 200, (name, answer.text)
    assert digest in _hashes(answer.json()), (name, value)


@pytest.mark.parametrize("path", JOBS, ids=lambda path: path.stem)
async def test_our_capture_jobs_are_told_as_in_the_examples(path: Path, client: httpx2.AsyncClient) -> None:
    """These are answers: nobody captures them, and ours must read like them."""
    refused = await client.post(f"{EPCIS}/capture", content=bytes_of(path), headers={"Content-Type": "application/xml"})
    assert (refused.status_code, refused.json()["error"]) == (400, "validation_error")
    example = read_xml(bytes_of(path))
    asked = {"action": "MOVE"} if "errors" in example else {}
    event = _at("urn:epc:id:sgln:0614141.00777.0") | asked
    answer = await client.post(f"{EPCIS}/capture", json=event, headers={"Accept": "application/xml"})
    assert answer.headers["content-type"].startswith("application/xml")
    ours = read_xml(answer.content)
    assert set(ours) - {"errors", "finishedAt"} == set(example) - {"errors", "errorFile", "finishedAt"}
    assert {name: type(value) for name, value in ours.items() if name in example} == {
        name: type(value) for name, value in example.items() if name in ours
    }
    for error in example.get("errors", ()):
        assert set(ours["errors"][0]) <= set(error)
    assert read_xml(write_job(example)) == example


async def test_xml_that_is_no_document_or_hostile_is_refused(client: httpx2.AsyncClient) -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    for text in (b"", b"<a/>", b"no xml", bomb):
        answer = await client.post(f"{EPCIS}/capture", content=text, headers={"Content-Type": "text/xml"})
        assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")


async def _all(client: httpx2.AsyncClient) -> Event:
    answer = await client.get(f"{EPCIS}/events")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def _hashes(document: Event) -> list[str]:
    return [event_hash(event, prefixes_of(document, event)) for event in events_of(document)]


async def _is_found(client: httpx2.AsyncClient, event: Event, digest: str) -> None:
    for name, value in dict.fromkeys(questions(event)):
        await _answers(client, digest, name, value)
