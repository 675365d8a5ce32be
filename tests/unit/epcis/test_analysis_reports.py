"""The answer of an analysis: places, sums, the tree, bounds, hostile documents, the standard's own examples."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.epcis.examples import DOCUMENTS, FOLDER, NAMES, document, object_event
from tests.unit.epcis.test_analysis_rules import (
    CASE,
    ID,
    LOT,
    OTHER,
    A,
    B,
    C,
    amount,
    declared,
    joined,
    packed,
    seen,
    whole,
)

from tracepass.epcis.analysis import hierarchy, reading
from tracepass.epcis.analysis.places import xml_path
from tracepass.epcis.analysis.reading import TooManyEvents, read_json, read_xml
from tracepass.epcis.analysis.report import analyse
from tracepass.epcis.validation import problems_of
from tracepass.epcis.xml import write_xml

NOW = datetime(2026, 11, 21, tzinfo=UTC)
XML_EXAMPLES = sorted((FOLDER / "examples-xml").rglob("*.xml"))


def report(value: Any) -> dict[str, Any]:
    found = analyse(read_xml(value) if isinstance(value, bytes) else read_json(value), now=NOW)
    assert orjson.dumps(found)
    return found


def test_a_finding_says_all_there_is_to_say() -> None:
    found = report(whole(seen(1, A), seen(2, A, eventID=ID, step="shiping")))
    assert found["findings"] == [
        {
            "code": "unknown_term",
            "class": "vocabulary",
            "severity": "error",
            "message": "shiping is no term of the Core Business Vocabulary.",
            "fix": "Did you mean shipping?",
            "event": {"index": 1, "eventID": ID, "type": "ObjectEvent"},
            "epc": None,
            "place": {"pointer": "/epcisBody/eventList/1/bizStep"},
        }
    ]
    assert (found["isClean"], found["truncated"]) == (False, False)


def test_the_summary_counts_by_class_severity_code_and_type() -> None:
    summary = report(
        whole(seen(9, A, step="shiping"), packed(3, CASE, A), seen(12, A, B, eventTime="2024-05-17T09:00:00Z"))
    )["summary"]
    assert summary["byCode"] == {"observed_while_packed": 2, "unknown_term": 1}
    assert (summary["byClass"]["aggregation"], summary["byClass"]["vocabulary"], summary["findings"]) == (2, 1, 3)
    assert summary["bySeverity"] == {"error": 1, "warning": 2, "info": 0}
    assert (summary["events"], summary["eventsByType"]) == (3, {"AggregationEvent": 1, "ObjectEvent": 2})
    assert summary["things"] == 3
    times = (summary["firstEventTime"], summary["lastEventTime"])
    assert times == ("2024-05-17T03:00:00.000Z", "2024-05-17T09:00:00.000Z")


def test_the_gravest_come_first() -> None:
    found = report(whole(joined(1, "DELETE", CASE, A), packed(2, CASE, B), seen(3, B), seen(4, C, step="shiping")))
    assert [one["severity"] for one in found["findings"]] == ["error", "warning", "info"]


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (seen(1, A, step="shiping") | {"@context": document()["@context"]}, "/bizStep"),
        ([seen(1, A), seen(1, A, step="shiping")], "/1/bizStep"),
        (
            {
                **{name: part for name, part in whole().items() if name != "epcisBody"},
                "type": "EPCISQueryDocument",
                "epcisBody": {
                    "queryResults": {"queryName": "q", "resultsBody": {"eventList": [seen(1, A, step="shiping")]}}
                },
            },
            "/epcisBody/queryResults/resultsBody/eventList/0/bizStep",
        ),
    ],
    ids=["event", "array", "query document"],
)
def test_every_shape_is_taken(value: Any, pointer: str) -> None:
    assert [one["place"] for one in report(value)["findings"] if one["code"] == "unknown_term"] == [
        {"pointer": pointer}
    ]


def test_a_faulty_envelope_does_not_hide_what_is_wrong_inside() -> None:
    broken = whole(seen(1, A, step="shiping"))
    del broken["creationDate"]
    assert report(broken)["summary"]["byCode"] == {"missing_property": 1, "unknown_term": 1}


def test_in_xml_a_finding_has_path_line_and_column() -> None:
    text = write_xml(whole(seen(1, A), seen(2, "https://id.gs1.org/01/09521321111111/21/A"))).replace(b"><", b">\n<")
    (found,) = report(text)["findings"]
    assert found["code"] == "wrong_check_digit"
    place = found["place"]
    assert place["xpath"] == "/EPCISDocument/EPCISBody/EventList/ObjectEvent[2]/epcList/epc[1]"
    assert b"<ObjectEvent" in text.split(b"\n")[place["line"] - 1]


@pytest.mark.parametrize(
    ("pointer", "path"),
    [
        ("/childEPCs/6", "/childEPCs/epc[7]"),
        ("/quantityList/0/epcClass", "/quantityList/quantityElement[1]/epcClass"),
        ("/bizTransactionList/0/bizTransaction", "/bizTransactionList/bizTransaction[1]"),
        ("/sourceList/1/type", "/sourceList/source[2]/@type"),
        ("/errorDeclaration/correctiveEventIDs/0", "/errorDeclaration/correctiveEventIDs/correctiveEventID[1]"),
        ("/readPoint/id", "/readPoint/id"),
        ("/persistentDisposition/set/0", "/persistentDisposition/set[1]"),
        ("", ""),
    ],
)
def test_a_pointer_becomes_a_path_in_xml(pointer: str, path: str) -> None:
    assert xml_path(pointer) == path


@pytest.mark.parametrize(
    "text",
    [b"", b"<", b"<a/>", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b"\xff\xfe\x00", b"not xml"],
)
def test_what_is_no_document_in_xml_is_told_as_a_finding(text: bytes) -> None:
    assert report(text)["summary"]["byCode"] == {"unreadable_xml": 1}


def test_an_event_that_cannot_be_read_does_not_hide_the_others() -> None:
    text = write_xml(whole(seen(1, A), seen(2, A), packed(3, CASE, A))).replace(
        b"<action>", b"<colour>red</colour><action>", 1
    )
    found = report(text)
    assert found["summary"]["byCode"] == {"unreadable_xml": 1}
    assert (found["findings"][0]["event"]["index"], found["hierarchy"]["aggregations"]["children"]) == (0, 1)


def test_a_document_that_breaks_off_is_analysed_as_far_as_it_goes() -> None:
    text = write_xml(whole(packed(1, CASE, A), packed(2, OTHER, A)))
    assert report(text[:-40])["summary"]["byCode"] == {"packed_in_two_parents": 1, "unreadable_xml": 1}


def test_the_tree_shows_who_is_in_whom_after_the_last_event() -> None:
    events = [packed(1, CASE, A, B), packed(2, OTHER, CASE), joined(3, "DELETE", CASE, B)]
    events.append({**amount(4, 5), **packed(4, CASE), "childQuantityList": [{"epcClass": LOT, "quantity": 5}]})
    tree = report(whole(*[{**event, "childEPCs": event["childEPCs"]} for event in events]))["hierarchy"]["aggregations"]
    leaf = {"epc": A, "since": 0, "childCount": 0, "children": [], "quantities": []}
    case = {
        "epc": CASE,
        "since": 1,
        "childCount": 1,
        "children": [leaf],
        "quantities": [{"epcClass": LOT, "quantity": 5.0}],
    }
    root = {"epc": OTHER, "since": None, "childCount": 1, "children": [case], "quantities": []}
    assert tree == {"parents": 2, "children": 2, "truncated": False, "roots": [root]}


def test_a_delete_without_children_empties_the_parent() -> None:
    tree = report(whole(packed(1, CASE, A, B), joined(2, "DELETE", CASE)))["hierarchy"]["aggregations"]
    assert tree == {"parents": 0, "children": 0, "truncated": False, "roots": []}


def test_a_forest_of_many_trees_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hierarchy, "MOST_NODES", 2)
    tree = report(whole(packed(1, CASE, A), packed(2, OTHER, B)))["hierarchy"]["aggregations"]
    assert (tree["parents"], tree["children"], len(tree["roots"]), tree["truncated"]) == (2, 2, 1, True)


def test_associations_are_a_tree_of_their_own() -> None:
    link = {**packed(1, CASE, A), "type": "AssociationEvent", "bizStep": "installing"}
    trees = report(whole(link, seen(2, A)))["hierarchy"]
    assert (trees["associations"]["children"], trees["aggregations"]["children"]) == (1, 0)


def test_what_is_too_much_to_list_is_counted() -> None:
    found = report(whole(*[seen(1, A, step="shiping") for _ in range(300)]))
    assert (len(found["findings"]), found["summary"]["byCode"], found["truncated"]) == (
        100,
        {"unknown_term": 300},
        True,
    )


def test_too_many_events_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MOST_EVENTS", 2)
    read_json(whole(seen(1, A), seen(2, A)))
    for read, value in ((read_json, whole(*[seen(1, A)] * 3)), (read_xml, write_xml(whole(*[seen(1, A)] * 3)))):
        with pytest.raises(TooManyEvents):
            read(value)


def serial(number: int) -> str:
    return f"https://id.gs1.org/01/09521321111110/21/{number}"


HOSTILE = {
    "fifty thousand children": lambda: [packed(1, CASE, *map(serial, range(50_000)))],
    "a tower": lambda: [packed(1, serial(number), serial(number + 1)) for number in range(5000)],
    "a tower from below": lambda: [packed(1, serial(9000 - number), serial(9001 - number)) for number in range(5000)],
    "one in the other and back": lambda: [packed(1, (A, B)[n % 2], (A, B)[(n + 1) % 2]) for n in range(5000)],
    "one declaration many times": lambda: [declared(seen(1, serial(n), eventID=ID)) for n in range(5000)],
    "one parent received often": lambda: [
        packed(1, CASE, *map(serial, range(20_000))),
        *[seen(2, CASE, step="receiving") for _ in range(5000)],
    ],
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_chains_end(name: str) -> None:
    found = report(whole(*HOSTILE[name]()))
    assert len(found["findings"]) <= 1000
    assert json.dumps(found)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from([A, CASE, LOT, ID]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(object_event())) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
MEMBERS = (
    *("type", "eventTime", "recordTime", "eventTimeZoneOffset", "action", "bizStep", "disposition", "eventID"),
    *("epcList", "parentID", "childEPCs", "quantityList", "readPoint", "errorDeclaration", "sensorElementList"),
    *("sourceList", "destinationList", "inputEPCList", "outputQuantityList", "persistentDisposition", "@context"),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=4), max_size=3), JSON)
def test_nothing_that_is_json_breaks_it(damages: list[dict[str, Any]], value: Any) -> None:
    report(value)
    report(whole(*[{**packed(1, CASE, A), **damage} for damage in damages]))
    report({**whole(*[{**seen(1, A), **damage} for damage in damages]), "@context": value})


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 3000), st.binary(max_size=3))
def test_nothing_that_is_nearly_xml_breaks_it(at: int, noise: bytes) -> None:
    text = write_xml(whole(declared(seen(1, A, eventID=ID)), packed(2, CASE, A)))
    report(text[:at] + noise + text[at + len(noise) :])


@pytest.mark.skipif(not DOCUMENTS, reason="the published examples are not here")
@pytest.mark.parametrize("path", DOCUMENTS, ids=NAMES)
def test_there_is_no_error_in_the_examples_of_the_standard(path: Any) -> None:
    found = report(json.loads(path.read_text()))
    assert [one for one in found["findings"] if one["severity"] == "error"] == []
    known = {"hash_id_mismatch", "event_time_after_document", "corrective_event_unknown", "sensor_time_after_event"}
    warnings = {one["code"] for one in found["findings"] if one["severity"] == "warning"}
    # Their hashes are of an earlier algorithm; times and ids were not made to fit; one of two things is received.
    assert warnings <= known | {"shipped_not_received", "declaration_without_event_id"}


@pytest.mark.skipif(not XML_EXAMPLES, reason="the published examples are not here")
@pytest.mark.parametrize("path", XML_EXAMPLES, ids=lambda path: path.name)
def test_there_is_no_error_in_the_xml_of_the_standard(path: Any) -> None:
    found = report(path.read_bytes())
    errors = {one["code"] for one in found["findings"] if one["severity"] == "error"}
    assert errors == ({"unreadable_xml"} if "CaptureJob" in path.name else set())


def test_what_the_schema_takes_is_no_document_finding() -> None:
    assert problems_of(seen(1, A), {}) == []
    assert report(whole(seen(1, A)))["isClean"]
