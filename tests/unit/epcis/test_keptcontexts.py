"""What is given back makes the graph of what was captured, whatever a context holds and whoever stands beside it."""

from __future__ import annotations

import copy
from typing import Any
from uuid import uuid4

import pytest
from pyld import jsonld
from tests.unit.epcis.examples import DOCUMENTS, NAMES, document, object_event, read

from tracepass.core.ids import new_id
from tracepass.epcis.answers import EventPage, event_document, query_document, single_document
from tracepass.epcis.contexts import EPCIS_CONTEXT_URL, load_context
from tracepass.epcis.documents import read_document
from tracepass.epcis.keptcontexts import kept_context
from tracepass.epcis.negotiation import Style
from tracepass.epcis.storing import prepare
from tracepass.epcis.xml import read_xml, write_xml

Json = dict[str, Any]
ELSEWHERE = "https://partner.example/context.jsonld"
EX = {"ex": "http://ns.example.com/epcis/"}
RICH: dict[str, Any] = {
    "a type for a field": [EPCIS_CONTEXT_URL, EX, {"ex:remark": {"@id": "ex:remark", "@type": "@id"}}],
    "a datatype": [EPCIS_CONTEXT_URL, EX, {"ex:remark": {"@id": "ex:remark", "@type": "xsd:token"}}],
    "a language": [EPCIS_CONTEXT_URL, EX, {"@language": "de"}],
    "a vocabulary for whatever has no name": [EPCIS_CONTEXT_URL, {**EX, "@vocab": "http://vocab.example/"}],
    "a prefix that says so": [EPCIS_CONTEXT_URL, {"ex": {"@id": "http://ns.example.com/epcis", "@prefix": True}}],
    "one object": {**EX, "ex:remark": {"@id": "ex:remark", "@container": "@set"}},
    "the standard's last": [{"bizStep": "http://nonsense.example/", "@language": "en", **EX}, EPCIS_CONTEXT_URL],
    "another document": [EPCIS_CONTEXT_URL, ELSEWHERE, {"own": "http://own.example/"}],
    "a shorter name": [EPCIS_CONTEXT_URL, EX, {"rest": "ex:rest", "ex:inner": {"@context": {"rest": "urn:x:rest"}}}],
}


def load(url: str, _options: Any = None) -> Json:
    found = load_context(url) if url != ELSEWHERE else {"@context": {**EX, "ex:remark": {"@type": "@vocab"}}}
    assert found is not None, f"{url} is asked for"
    return {"contentType": "application/ld+json", "contextUrl": None, "documentUrl": url, "document": found}


def expanded(value: Any) -> Any:
    return jsonld.expand(value, {"documentLoader": load})


def node(value: Any, event_id: str) -> Json:
    """Return the expanded node of an event, without the time that was added to it."""
    pending: list[Any] = [expanded(value)]
    while pending:
        found = pending.pop()
        if isinstance(found, dict) and found.get("@id") == event_id:
            return {name: part for name, part in found.items() if name != "https://ref.gs1.org/epcis/recordTime"}
        pending.extend(found.values() if isinstance(found, dict) else found if isinstance(found, list) else ())
    raise AssertionError(f"{event_id} is not there")


def stored(value: Json) -> list[Json]:
    """Return a document's events as they are stored."""
    found = read_document(copy.deepcopy(value))
    batch = prepare(
        found.events,
        found.namespaces,
        capture_id=new_id(),
        record_time="2026-06-01T12:00:00.000Z",
        context=found.context,
    )
    assert batch.problems == []
    return [one.document for one in batch.prepared]


def page_of(events: list[Json], style: Style | None = None) -> Json:
    page, _ = query_document(EventPage(events, None, "2026-06-01T12:00:00.000Z"), style=style or Style())
    return page


def rich(name: str) -> Json:
    """Return a document with one event and one of the contexts."""
    context = RICH[name]
    if name == "one object":
        context = [EPCIS_CONTEXT_URL, context]
    event = object_event(eventID=f"urn:uuid:{uuid4()}", **{"ex:remark": "quiet", "ex:inner": {"ex:rest": "well"}})
    return document(event) | {"@context": context}


def event_of(value: Json) -> Json:
    """Return the first event of a document."""
    event: Json = value["epcisBody"]["eventList"][0]
    return event


@pytest.mark.parametrize("name", RICH)
def test_a_definition_comes_back_with_its_event(name: str) -> None:
    value = rich(name)
    event_id = event_of(value)["eventID"]
    (kept,) = stored(value)
    expected = node(value, event_id)
    alone, _ = event_document(kept, style=Style())
    single, _ = single_document(kept, style=Style())
    assert node(alone, event_id) == expected
    assert node(single, event_id) == expected
    assert node(page_of([kept]), event_id) == expected
    assert expected["https://ref.gs1.org/epcis/bizStep"][0]["@id"] == "https://ref.gs1.org/cbv/BizStep-shipping"


@pytest.mark.parametrize("step", [1, -1], ids=["forwards", "backwards"])
def test_what_one_event_defines_does_not_reach_another(step: int) -> None:
    values = [*map(rich, RICH), document(object_event(eventID="urn:uuid:1"))][::step]
    page = expanded(page_of([kept for value in values for kept in stored(value)]))
    for value in values:
        event_id = event_of(value)["eventID"]
        assert node(page, event_id) == node(value, event_id)


def test_what_an_event_says_itself_comes_after_what_its_document_says() -> None:
    inner = {"@context": [{"ex:remark": {"@type": "@id"}}], **object_event(eventID="urn:uuid:1")}
    value = document(inner, object_event(eventID="urn:uuid:2")) | {"@context": [EPCIS_CONTEXT_URL, EX, {"@base": None}]}
    page = page_of(stored(value))
    for event_id in ("urn:uuid:1", "urn:uuid:2"):
        assert node(page, event_id) == node(value, event_id)


def test_an_event_that_stands_alone_keeps_its_context_once() -> None:
    context = [EPCIS_CONTEXT_URL, {**EX, "@language": "de"}]
    (kept,) = stored({"@context": context, **object_event(eventID="urn:uuid:1")})
    alone, _ = event_document(kept, style=Style())
    assert alone["@context"] == context


def test_nothing_more_is_kept_of_prefixes() -> None:
    assert kept_context([EPCIS_CONTEXT_URL, EX], [{"b": "urn:b:"}]) is None
    assert kept_context(EPCIS_CONTEXT_URL, None) is None
    (kept,) = stored(document(object_event(eventID="urn:uuid:1")))
    assert "context" not in kept


def test_events_of_one_document_share_its_context() -> None:
    value = document(*[object_event(eventID=f"urn:uuid:{n}") for n in range(3)]) | {"@context": RICH["a language"]}
    page = page_of(stored(value))
    assert page["@context"] == RICH["a language"]
    assert all("@context" not in event for event in page["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


def test_a_prefix_that_another_event_declares_means_nothing_here() -> None:
    hostile = document(object_event(eventID="urn:uuid:1")) | {
        "@context": [EPCIS_CONTEXT_URL, {**EX, "urn": "http://nonsense.example/"}],
    }
    plain = document(object_event(eventID="urn:uuid:2", disposition="urn:x:odd"))
    page = page_of([*stored(plain), *stored(hostile)])
    assert node(page, "urn:uuid:2") == node(plain, "urn:uuid:2")


@pytest.mark.parametrize("name", [name for name in RICH if name != "another document"])
def test_a_page_of_such_events_can_be_written_in_xml(name: str) -> None:
    value = rich(name)
    events = [*stored(value), *stored(document(object_event(eventID="urn:uuid:1")))]
    found = read_xml(write_xml(page_of(events)))["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
    assert [one["eventID"] for one in found] == [event_of(value)["eventID"], "urn:uuid:1"]


def examples() -> list[tuple[Json, Json]]:
    """Return the published examples that expand, each event with an id of its own, and beside it its document."""
    found = []
    for path in DOCUMENTS:
        value = read(path)
        for event in read_document(value).events:
            event["eventID"] = f"urn:uuid:{uuid4()}"
        try:
            expanded(value)
        except jsonld.JsonLdError:
            continue  # It declares a protected prefix anew, which no processor takes.
        found += [(value, event) for event in read_document(value).events]
    return found


@pytest.mark.skipif(not DOCUMENTS, reason="the published examples are not there")
def test_all_published_examples_on_one_page_are_their_own_graphs() -> None:
    pairs = examples()
    assert len(pairs) > len(NAMES)
    documents = {id(value): value for value, _ in pairs}
    page = page_of([kept for value in documents.values() for kept in stored(value)])
    found = expanded(page)
    for value, event in pairs:
        assert node(found, event["eventID"]) == node(value, event["eventID"])
