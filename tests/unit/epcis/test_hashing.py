"""Hashes: what makes events the same, and agreement with the generator that the authors of the standard publish."""

from __future__ import annotations

import copy
import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.unit.epcis.examples import (
    DOCUMENTS,
    EVENTS,
    EX,
    NAMES,
    aggregation_event,
    document,
    object_event,
    read,
    sensor_element,
    transaction_event,
)

from tracepass.epcis.documents import read_document
from tracepass.epcis.hashing import event_hash, pre_hash

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from epcis_event_hash_generator import json_to_py
    from epcis_event_hash_generator.hash_generator import (
        calculate_hashes_from_pre_hashes,
        derive_prehashes_from_events,
    )

PUBLISHED = [path for path in DOCUMENTS if path.name != "Example-TransactionEvents-2020_07_03y.jsonld"]


def peer_pre_hashes(value: dict[str, Any]) -> list[str]:
    """Return what the published generator hashes; it keeps the namespaces of other documents unless made to forget."""
    value = copy.deepcopy(value)
    results = value["epcisBody"].pop("queryResults", None)
    if results is not None:
        value["epcisBody"]["eventList"] = results["resultsBody"]["eventList"]
    json_to_py._namespaces.clear()  # noqa: SLF001 - nothing else makes it forget
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        events = json_to_py.event_list_from_epcis_document_json(value)
        return list(derive_prehashes_from_events(events))


def our_pre_hashes(value: dict[str, Any]) -> list[str]:
    read_value = read_document(value)
    return [pre_hash(event, read_value.namespaces) for event in read_value.events]


def without_protected_prefixes(value: dict[str, Any]) -> dict[str, Any]:
    """Rename a prefix that the standard's context protects: a processor of JSON-LD refuses to declare it anew."""
    declared = {name for part in value["@context"] if isinstance(part, dict) for name in part}
    return _renamed(value) if "cbvmda" in declared else value


def _renamed(value: Any) -> Any:
    if isinstance(value, dict):
        return {re.sub("^cbvmda(?=:|$)", "mda", name): _renamed(part) for name, part in value.items()}
    return list(map(_renamed, value)) if isinstance(value, list) else value


@pytest.mark.parametrize("path", PUBLISHED, ids=[name for name in NAMES if "TransactionEvents" not in name])
def test_an_example_hashes_as_the_published_generator_hashes_it(path: Path) -> None:
    value = without_protected_prefixes(read(path))
    expected = peer_pre_hashes(value)
    assert our_pre_hashes(value) == expected
    found = read_document(value)
    hashes = [event_hash(event, found.namespaces) for event in found.events]
    assert hashes == calculate_hashes_from_pre_hashes(expected)


def test_a_transaction_without_a_type_is_hashed_by_its_name_alone() -> None:
    event = transaction_event(bizTransactionList=[{"bizTransaction": "urn:epc:id:gdti:95252084.0001.0003"}])
    assert "bizTransactionListbizTransaction=https://id.gs1.org/253/95252084000140003" in pre_hash(event, {})


def test_a_context_that_types_its_terms_declares_its_prefix_as_well() -> None:
    context = [{"rail": "urn:rail:", "rail:count": {"@type": "xsd:integer"}}]
    found = read_document(document(object_event(**{"rail:count": "12"}), **{"@context": context}))
    assert pre_hash(found.events[0], found.namespaces).endswith("{urn:rail:}count=12")


EPCS = st.lists(
    st.builds(
        "urn:epc:id:{}".format,
        st.one_of(
            st.from_regex(
                r"sgtin:4012345\.[0-9]{6}\.[1-9A-Za-z'()*+,:;=_.-][0-9A-Za-z'()*+,:;=_.-]{0,18}", fullmatch=True
            ),
            st.from_regex(r"grai:4012345\.[0-9]{5}\.[0-9A-Za-z_.-]{1,16}", fullmatch=True),
            st.from_regex(r"sscc:0614141\.[0-9]{10}", fullmatch=True),
        ),
    ),
    min_size=1,
    max_size=3,
    unique=True,
)
TIMES = st.from_regex(
    r"20[0-9]{2}-0[1-9]-[12][0-9]T[01][0-9]:[0-5][0-9]:[0-5][0-9](\.[0-9]{1,3})?(Z|[+-]0[0-9]:[0-5]0)", fullmatch=True
)
NUMBERS = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e6, 1e6, allow_nan=False).map(lambda one: round(one, 4)))
# Words that are terms of the vocabulary as well are taken for these by the published generator, wherever they stand.
WORDS = st.from_regex(r"[A-Z][a-z]{2}[0-9A-Za-z ]{0,8}[0-9]Q", fullmatch=True)
EXTENSION_NAMES = st.from_regex(r"ex:[b-d][a-z]{0,3}", fullmatch=True)
EXTENSIONS = st.dictionaries(
    EXTENSION_NAMES,
    st.recursive(
        st.one_of(WORDS, NUMBERS, st.booleans(), st.integers(0, 99).map(lambda one: f"0{one}.50"), TIMES),
        lambda inner: st.one_of(
            st.lists(inner.filter(lambda one: not isinstance(one, list)), min_size=1, max_size=3),
            st.dictionaries(EXTENSION_NAMES, inner, min_size=1, max_size=3),
        ),
        max_leaves=6,
    ),
    max_size=3,
)
PLACES = st.builds(
    lambda uri, more: {"id": uri, **more},
    st.from_regex(r"urn:epc:id:sgln:4012345\.[0-9]{5}\.(0|[1-9A-Za-z][0-9A-Za-z]{0,5})", fullmatch=True),
    EXTENSIONS,
)
REPORTS = st.builds(
    lambda report, more: {**report, **more},
    st.fixed_dictionaries(
        {"type": st.sampled_from(["Temperature", "Speed", "Mass"])},
        optional={
            "value": NUMBERS,
            "uom": st.sampled_from(["CEL", "KMH", "KGM"]),
            "component": st.sampled_from(["x", "latitude"]),
            "exception": st.just("ALARM_CONDITION"),
            "deviceID": st.just("urn:epc:id:giai:4000001.111"),
            "time": TIMES,
            "sDev": NUMBERS,
            "booleanValue": st.booleans(),
            "stringValue": WORDS,
        },
    ),
    EXTENSIONS,
)
ELEMENTS = st.builds(
    lambda element, more: {**element, **more},
    st.fixed_dictionaries(
        {"sensorReport": st.lists(REPORTS, min_size=1, max_size=3)},
        optional={
            "sensorMetadata": st.builds(
                lambda metadata, more: {**metadata, **more},
                st.fixed_dictionaries({"time": TIMES, "rawData": st.just("https://example.org/8004/401234599999")}),
                EXTENSIONS,
            )
        },
    ),
    EXTENSIONS,
)
QUANTITIES = st.lists(
    st.fixed_dictionaries(
        {"epcClass": st.from_regex(r"urn:epc:class:lgtin:4012345\.[0-9]{6}\.[0-9A-Z]{1,9}", fullmatch=True)},
        optional={"quantity": NUMBERS, "uom": st.just("KGM")},
    ),
    min_size=1,
    max_size=3,
)
WHY = st.fixed_dictionaries(
    {"eventTime": TIMES, "eventTimeZoneOffset": st.sampled_from(["+02:00", "-06:00"])},
    optional={
        "bizStep": st.sampled_from(["receiving", "shipping", "https://example.com/steps/Polish3"]),
        "disposition": st.sampled_from(["in_transit", "expired"]),
        "persistentDisposition": st.just({"set": ["expired", "damaged"], "unset": ["available"]}),
        "readPoint": PLACES,
        "bizLocation": PLACES,
        "bizTransactionList": st.just(
            [
                {"type": "po", "bizTransaction": "http://transaction.acme.com/po/12345678"},
                {"type": "inv", "bizTransaction": "urn:epcglobal:cbv:bt:4023333000000:54545"},
            ]
        ),
        "sourceList": st.just([{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}]),
        "certificationInfo": st.just(["https://example.com/c2", "https://example.com/c1"]),
        "eventID": st.just("urn:uuid:404d95fc-9457-4a51-bd6a-0bba133845a8"),
        "sensorElementList": st.lists(ELEMENTS, min_size=1, max_size=2),
    },
)
OBJECTS = st.builds(
    lambda why, what, more: {"type": "ObjectEvent", "action": "ADD", **why, **what, **more},
    WHY,
    st.fixed_dictionaries({"epcList": EPCS}, optional={"quantityList": QUANTITIES, "ilmd": EXTENSIONS}),
    EXTENSIONS,
)
AGGREGATIONS = st.builds(
    lambda why, what, more: {"type": "AggregationEvent", "action": "ADD", **why, **what, **more},
    WHY,
    st.fixed_dictionaries(
        {"childEPCs": EPCS}, optional={"childQuantityList": QUANTITIES, "parentID": EPCS.map(lambda some: some[0])}
    ),
    EXTENSIONS,
)
TRANSFORMATIONS = st.builds(
    lambda why, what, more: {"type": "TransformationEvent", **why, **what, **more},
    WHY,
    st.fixed_dictionaries(
        {"inputEPCList": EPCS, "outputEPCList": EPCS},
        optional={"inputQuantityList": QUANTITIES, "outputQuantityList": QUANTITIES, "ilmd": EXTENSIONS},
    ),
    EXTENSIONS,
)


@settings(max_examples=120, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(OBJECTS, AGGREGATIONS, TRANSFORMATIONS))
@example(object_event(epcList=["urn:epc:id:sgtin:4012345.000000..", "urn:epc:id:sgtin:4012345.000000.a;b='c'"]))
def test_made_up_events_hash_as_the_published_generator_hashes_them(event: dict[str, Any]) -> None:
    value = document(event)
    assert our_pre_hashes(value) == peer_pre_hashes(value)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return event_hash(one, EX) == event_hash(other, EX)


def test_a_hash_is_a_named_information_uri() -> None:
    assert re.fullmatch(r"ni:///sha-256;[0-9a-f]{64}\?ver=CBV2\.0", event_hash(object_event(), {}))


def test_notation_makes_no_other_event() -> None:
    plain = object_event(epcList=["urn:epc:id:sgtin:4012345.011111.9876", "urn:epc:id:sgtin:4012345.011111.1"])
    links = [
        "https://brand.example/p/01/04012345111118/10/L7/21/1?17=301231",
        "https://id.gs1.org/01/04012345111118/21/9876",
    ]
    assert same(plain, {**plain, "epcList": links})
    assert same(plain, {**plain, "eventTime": "2024-05-17T07:30:00.0Z"})
    assert same(plain, {**plain, "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping"})
    assert same(plain, dict(reversed(plain.items())))
    weighed = object_event(**{"ex:weight": "7.50", "ex:note": ["a", "b"]})
    assert same(weighed, {**weighed, "ex:weight": 7.5, "ex:note": ["b", "a"]})


def test_what_is_said_about_an_event_makes_no_other_event() -> None:
    declared = {"declarationTime": "2024-05-18T09:30:00Z", "reason": "did_not_occur"}
    about = {"eventID": "urn:uuid:1", "recordTime": "2024-05-18T09:30:00Z", "errorDeclaration": declared}
    assert same(object_event(), object_event(**about, **{"@context": dict(EX), "rdfs:comment": "a remark"}))


@pytest.mark.parametrize("make", EVENTS)
def test_what_happened_makes_another_event(make: Any) -> None:
    for change in (
        {"eventTime": "2024-05-17T09:30:00.001+02:00"},
        {"eventTimeZoneOffset": "+03:00"},
        {"action": "DELETE"},
        {"bizStep": "receiving"},
        {"disposition": "expired"},
        {"readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0"}},
        {"sourceList": [{"type": "location", "source": "urn:epc:id:sgln:4012345.00001.0"}]},
        {"sensorElementList": [sensor_element()]},
        {"ex:field": "1"},
    ):
        assert not same(make(), make(**change)), change


def test_the_prefix_of_an_extension_does_not_matter_but_its_namespace_does() -> None:
    one, other = object_event(**{"ex:field": "ex:value"}), object_event(**{"my:field": "my:value"})
    assert event_hash(one, {"ex": "http://x/"}) == event_hash(other, {"my": "http://x/"})
    assert event_hash(one, {"ex": "http://x/"}) != event_hash(other, {"my": "http://y/"})


def test_parts_can_be_divided_for_a_reader() -> None:
    lines = pre_hash(aggregation_event(), {}, "\n").split("\n")
    assert lines[:4] == [
        "eventType=AggregationEvent",
        "eventTime=2024-05-17T09:30:00.000Z",
        "eventTimeZoneOffset=+00:00",
        "parentID=https://id.gs1.org/00/106141412345678908",
    ]


@pytest.mark.parametrize("odd", ["inf", "-nan", "1_000", "1e999", "9" * 400, "+", "", " ", "0x10", "٣"])
def test_odd_texts_are_hashed_as_they_are(odd: str) -> None:
    assert event_hash(object_event(**{"ex:odd": odd, "ex:none": None, "ex:deep": [[odd]]}), EX)


def test_time_that_rounds_up_into_the_next_second_is_carried() -> None:
    late = object_event(eventTime="2024-05-17T09:30:00.9999+02:00")
    assert same(late, object_event(eventTime="2024-05-17T09:30:01+02:00"))
