from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft7Validator
from tests.unit.epcis.examples import (
    DOCUMENTS,
    EVENTS,
    EX,
    FOLDER,
    aggregation_event,
    association_event,
    object_event,
    published,
    read,
    sensor_element,
    transaction_event,
    transformation_event,
)

from tracepass.epcis.documents import read_document
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.normalising import normalised
from tracepass.epcis.schema import EVENT_SCHEMAS
from tracepass.epcis.validation import MOST_PROBLEMS, problems_of

NOT_A_TIME = "is no time with a zone, like 2024-05-17T09:30:00.000+02:00"


def found(event: Any) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in problems_of(event, EX)]


@pytest.mark.parametrize("make", EVENTS)
def test_a_plain_event_of_each_type_is_valid(make: Any) -> None:
    assert found(make()) == []
    assert found(make(sensorElementList=[sensor_element()], **{"ex:field": {"ex:deep": [1, {"ex:deeper": "x"}]}})) == []


@pytest.mark.parametrize(
    ("event", "path", "code"),
    [
        ([], "", "invalid_type"),
        ({}, "", "missing_property"),
        ({"type": 3}, "/type", "invalid_type"),
        (object_event(type="Objekt"), "/type", "invalid_format"),
        (object_event(eventTime="2024-05-17T09:30:00"), "/eventTime", "invalid_format"),
        (object_event(eventTime="0000-05-17T09:30:00Z"), "/eventTime", "invalid_format"),
        (object_event(eventTimeZoneOffset="+15:00"), "/eventTimeZoneOffset", "invalid_format"),
        (object_event(action="LOOK"), "/action", "invalid_value"),
        (object_event(bizStep="urn:epcglobal:cbv:bizstep:shipping"), "/bizStep", "invalid_value"),
        (object_event(disposition="lost"), "/disposition", "invalid_value"),
        (object_event(epcList=["4012345"]), "/epcList/0", "invalid_format"),
        (object_event(epcList=["urn:x:1", "urn:x:1"]), "/epcList", "duplicate_items"),
        (object_event(epcList="urn:x:1"), "/epcList", "invalid_type"),
        (object_event(quantityList=[{"quantity": 3}]), "/quantityList/0", "missing_property"),
        (object_event(quantityList=[{"epcClass": "urn:x:1", "uom": "kg"}]), "/quantityList/0/uom", "invalid_format"),
        (object_event(quantityList=[{"epcClass": "urn:x:1", "ex:a": 1}]), "/quantityList/0/ex:a", "unknown_property"),
        (object_event(readPoint={}), "/readPoint", "missing_property"),
        (object_event(persistentDisposition={}), "/persistentDisposition", "too_few_items"),
        (object_event(persistentDisposition={"set": []}), "/persistentDisposition/set", "too_few_items"),
        (object_event(sourceList=[{"source": "urn:x:1"}]), "/sourceList/0", "missing_property"),
        (
            object_event(bizTransactionList=[{"type": "order", "bizTransaction": "urn:x:1"}]),
            "/bizTransactionList/0/type",
            "invalid_value",
        ),
        (object_event(sensorElementList=[{"sensorReport": []}]), "/sensorElementList/0/sensorReport", "too_few_items"),
        (
            object_event(sensorElementList=[{"sensorReport": [{"type": "Heat"}]}]),
            "/sensorElementList/0/sensorReport/0/type",
            "invalid_value",
        ),
        (
            object_event(sensorElementList=[{"sensorReport": [{"type": "Mass", "value": "1"}]}]),
            "/sensorElementList/0/sensorReport/0/value",
            "invalid_type",
        ),
        (object_event(errorDeclaration={"reason": "incorrect_data"}), "/errorDeclaration", "missing_property"),
        (object_event(ilmd={"ex:lot": "1"}), "/ilmd", "ilmd_not_allowed"),
        (object_event(action="ADD", ilmd={"lot": "1"}), "/ilmd/lot", "unknown_property"),
        (object_event(remark="x"), "/remark", "unknown_property"),
        (object_event(parentID="urn:x:1"), "/parentID", "unknown_property"),
        (object_event(certificationInfo=3), "/certificationInfo", "invalid_value"),
        (aggregation_event(childEPCs=[]), "", "incomplete_event"),
        (aggregation_event(ilmd={"ex:lot": "1"}), "/ilmd", "unknown_property"),
        (
            object_event(sensorElementList=[{"sensorReport": [{"value": 1}]}]),
            "/sensorElementList/0/sensorReport/0",
            "missing_property",
        ),
        (transaction_event(bizTransactionList=[]), "/bizTransactionList", "too_few_items"),
        (transformation_event(action="ADD"), "/action", "unknown_property"),
        (transformation_event(outputEPCList=[]), "", "incomplete_event"),
        ({name: value for name, value in association_event().items() if name != "parentID"}, "", "missing_property"),
        ({name: value for name, value in object_event().items() if name != "epcList"}, "", "incomplete_event"),
    ],
)
def test_a_fault_is_told_with_place_and_code(event: Any, path: str, code: str) -> None:
    assert found(event) == [(path, code)]


@pytest.mark.parametrize(
    "event",
    [
        object_event(epcList=[]),
        aggregation_event(persistentDisposition={"set": ["expired"]}),
        object_event(sensorElementList=[{"sensorReport": [{"exception": "ALARM_CONDITION", "booleanValue": True}]}]),
        object_event(action="ADD", ilmd={"ex:lot": "1", "cbvmda:lotNumber": "2"}),
        object_event(bizStep="https://example.com/steps/polishing"),
        object_event(**{"http://ns.example.com/field": 1, "urn:example:field": 2}),
        aggregation_event(action="DELETE", childEPCs=[]),
        transaction_event(action="DELETE", epcList=[]),
        transformation_event(outputEPCList=[], transformationID="urn:x:1"),
        transformation_event(ilmd={"ex:lot": "1"}),
        object_event(type="ex:Festival"),
        {"type": "https://example.com/Festival", "eventTime": "2024-05-17T09:30:00Z", "eventTimeZoneOffset": "+00:00"},
    ],
)
def test_what_the_standard_allows_is_valid(event: Any) -> None:
    assert found(event) == []


def test_an_event_may_report_a_place_instead_of_things() -> None:
    place = {"id": "urn:epc:id:sgln:4012345.00001.0"}
    event = object_event(sensorElementList=[sensor_element()], readPoint=place)
    del event["epcList"]
    assert found(event) == []
    del event["readPoint"]
    assert found(event) == [("", "incomplete_event")]


def test_the_sentence_says_what_to_change() -> None:
    sentences = {
        problem.message
        for problem in problems_of({"type": "ObjectEvent", "eventTime": "noon", "eventTimeZoneOffset": 2}, EX)
    }
    assert sentences == {
        f"'noon' {NOT_A_TIME}",
        "eventTimeZoneOffset is to be a string, not 2",
        "ObjectEvent has no action",
        "an ObjectEvent has an epcList, a quantityList, or a sensorElementList together with a readPoint",
    }


def test_a_prefix_is_declared_by_document_or_event() -> None:
    event = object_event(**{"my:field": {"my:deep": [[{"your:deeper": 1}]]}})
    assert found(event) == [
        ("/my:field", "namespace_unknown"),
        ("/my:field/my:deep", "namespace_unknown"),
        ("/my:field/my:deep/0/0/your:deeper", "namespace_unknown"),
    ]
    assert found({**event, "@context": {"my": "http://my/", "your": "http://your/"}}) == []
    assert found({**event, "@context": "https://example.com/context.jsonld"}) == []


def test_an_event_that_is_wrong_all_over_is_told_so_in_bounds() -> None:
    assert len(found(object_event(epcList=["no URI"] * 3 + [f"{index}" for index in range(500)]))) == MOST_PROBLEMS
    assert len(found(object_event(**{f"x{index}:a": 1 for index in range(500)}))) == MOST_PROBLEMS


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(
        ["", "x", "ADD", "DELETE", "shipping", "active", "po", "location", "urn:x:1", "a b", "ex:a", "KGM"]
    ),
    st.sampled_from(
        ["2024-05-17T09:30:00Z", "2024-05-17", "urn:epcglobal:cbv:disp:active", "https://gs1.org/voc/Mass"]
    ),
    st.just([]),
    st.just({}),
    st.just(["urn:x:1"]),
    st.just(["urn:x:1", "urn:x:1"]),
    st.just({"id": "urn:x:1"}),
)
NAMES = st.sampled_from(
    [
        *("type", "action", "bizStep", "disposition", "epcList", "quantityList", "parentID", "childEPCs", "ilmd"),
        *("readPoint", "sensorElementList", "transformationID", "persistentDisposition", "recordTime"),
        *("remark", "ex:a", "ex:,"),
    ]
)
EXAMPLES = [event for path in DOCUMENTS for event in read_document(read(path)).events] or [make() for make in EVENTS]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every container with every key that leads to something in it."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(inside):
        yield value, key
        yield from places(inner)


@st.composite
def damaged(draw: st.DrawFn) -> dict[str, Any]:
    event: dict[str, Any] = copy.deepcopy(draw(st.sampled_from(EXAMPLES)))
    for _ in range(draw(st.integers(1, 2))):
        owner, key = draw(st.sampled_from(list(places(event))))
        how = draw(st.sampled_from(["replace", "remove", "add"]))
        if how == "replace":
            owner[key] = copy.deepcopy(draw(VALUES))
        elif how == "remove":
            del owner[key]
        elif isinstance(owner, dict):
            owner[draw(NAMES)] = copy.deepcopy(draw(VALUES))
        if not list(places(event)):
            break
    return event


@settings(max_examples=300, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(damaged())
def test_what_is_valid_can_always_be_normalised_and_hashed(event: dict[str, Any]) -> None:
    everything = {"@context": "https://example.com/any.jsonld"}
    if problems_of({**event, **everything}, {}) == []:
        assert normalised(event, {})
        assert event_hash(event, {})


@pytest.fixture(scope="module")
def published_schema() -> Draft7Validator:
    schema = published("EPCIS-JSON-Schema.json")
    event = {"$ref": "#/definitions/EPCIS-Document-Event", "definitions": schema["definitions"]}
    return Draft7Validator(event, validate_formats=True)


@pytest.mark.skipif(not FOLDER.exists(), reason="the published schema is not there")
@settings(max_examples=600, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(event=damaged())
def test_events_are_valid_that_the_published_schema_finds_valid(
    published_schema: Draft7Validator, event: dict[str, Any]
) -> None:
    theirs = published_schema.is_valid(event)
    ours = problems_of({**event, "@context": "https://example.com/any.jsonld"}, {}) == []
    if str(event.get("type")) not in EVENT_SCHEMAS:  # of other types the published schema knows next to nothing
        assert theirs or not ours, json.dumps(event)
    elif "persistentDisposition" in event or '"exception"' in json.dumps(event):  # where XML allows more, so do we
        assert ours or not theirs, json.dumps(event)
    else:
        assert ours == theirs, json.dumps(event)
