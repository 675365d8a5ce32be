from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.epcis.examples import DOCUMENTS, EX, NAMES, aggregation_event, document, object_event, read

from tracepass.epcis.documents import read_document
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.normalising import normalised
from tracepass.epcis.problems import EpcisInvalid, Problem, pointer
from tracepass.epcis.validation import problems_in


def query_document(**results: Any) -> dict[str, Any]:
    value = document(type="EPCISQueryDocument")
    body = {"queryName": "SimpleEventQuery", "resultsBody": {"eventList": [object_event()]}, **results}
    return {**value, "epcisBody": {"queryResults": body}}


@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_an_example_is_valid_and_can_be_normalised_and_hashed(path: Path) -> None:
    found = read_document(read(path))
    assert problems_in(found) == []
    assert found.events
    for event in found.events:
        assert normalised(event, found.namespaces)["eventTime"].endswith("Z")
        assert event_hash(event, found.namespaces).startswith("ni:///sha-256;")


def test_a_document_gives_events_context_and_header() -> None:
    value = document(object_event(), aggregation_event(), sender="urn:x:1", epcisHeader={"epcisMasterData": {}})
    found = read_document(value)
    assert (found.kind, found.namespaces) == ("EPCISDocument", EX)
    assert found.context == value["@context"]
    assert found.events == [object_event(), aggregation_event()]
    assert found.paths == ["/epcisBody/eventList/0", "/epcisBody/eventList/1"]
    assert set(found.header) == {"schemaVersion", "creationDate", "sender", "epcisHeader"}


def test_the_answer_of_a_query_gives_its_events_and_its_name() -> None:
    found = read_document(query_document(subscriptionID="s1"))
    assert (found.kind, found.query_name, found.subscription_id) == ("EPCISQueryDocument", "SimpleEventQuery", "s1")
    assert found.paths == ["/epcisBody/queryResults/resultsBody/eventList/0"]
    assert found.events == [object_event()]


def test_the_vocabularies_of_an_answer_are_kept_in_its_header() -> None:
    words = [{"type": "urn:epcglobal:epcis:vtype:BusinessLocation"}]
    assert (
        read_document(query_document(resultsBody={"eventList": [], "vocabularyList": words})).header["vocabularyList"]
        == words
    )


def test_an_event_alone_brings_its_own_context() -> None:
    event = object_event(**{"@context": [EX], "ex:field": 1})
    found = read_document(event)
    assert (found.kind, found.namespaces, found.paths, found.events) == ("event", EX, [""], [event])
    assert problems_in(found) == []


def test_events_in_an_array_have_a_context_each() -> None:
    found = read_document(
        [object_event(), object_event(**{"@context": EX, "ex:field": 1}), object_event(**{"ex:field": 1})]
    )
    assert (found.kind, found.paths) == ("events", ["/0", "/1", "/2"])
    assert [(problem.path, problem.index, problem.code) for problem in problems_in(found)] == [
        ("/2/ex:field", 2, "namespace_unknown")
    ]


@pytest.mark.parametrize(
    ("value", "path", "code"),
    [
        (3, "", "invalid_type"),
        (None, "", "invalid_type"),
        ({}, "", "missing_property"),
        ({"type": "Letter", "epcisBody": {}}, "/type", "invalid_value"),
        ({"type": ["ObjectEvent"]}, "/type", "invalid_value"),
        (object_event(), "", "missing_property"),
        (document(schemaVersion="two"), "/schemaVersion", "invalid_format"),
        (document(creationDate="2024-05-17"), "/creationDate", "invalid_format"),
        (document(epcisBody={}), "/epcisBody", "missing_property"),
        (document(epcisBody={"eventList": {}}), "/epcisBody/eventList", "invalid_type"),
        (document(remark="x"), "/remark", "unknown_property"),
        (
            document(epcisHeader={"epcisMasterData": {"vocabularyList": [{}]}}),
            "/epcisHeader/epcisMasterData/vocabularyList/0",
            "missing_property",
        ),
        (document(**{"@context": 3}), "/@context", "invalid_value"),
        (query_document(queryName=3), "/epcisBody/queryResults/queryName", "invalid_type"),
        (query_document(resultsBody={}), "/epcisBody/queryResults/resultsBody", "missing_property"),
    ],
)
def test_what_is_no_document_is_refused_with_its_place(value: Any, path: str, code: str) -> None:
    with pytest.raises(EpcisInvalid) as refused:
        read_document(value)
    assert [(problem.path, problem.code) for problem in refused.value.problems] == [(path, code)]
    assert refused.value.problems[0].message in str(refused.value)


def test_a_problem_is_told_from_the_root_of_its_document() -> None:
    value = document(object_event(), object_event(bizStep="flying"))
    assert problems_in(read_document(value)) == [
        Problem(
            "/epcisBody/eventList/1/bizStep",
            "'flying' is not a business step of the CBV, or the URI of one of your own",
            "invalid_value",
            1,
        )
    ]


def test_pointers_escape_what_divides_them() -> None:
    assert pointer("a/b", 0, "m~n") == "/a~1b/0/m~0n"
