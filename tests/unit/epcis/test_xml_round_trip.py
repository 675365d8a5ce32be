"""Whatever an event holds, it is the same after the way through XML and back, in 2.0 and in 1.2."""

from __future__ import annotations

import string
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.epcis.xml_documents import EXAMPLE, json_document

from tracepass.epcis.hashing import event_hash
from tracepass.epcis.vocabulary import Vocabulary, terms
from tracepass.epcis.xml import read_xml, write_xml

NAMES = st.text(string.ascii_letters, min_size=1, max_size=6).map("example:{}".format)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=20).map(str.strip)
URIS = st.sampled_from(
    [
        "urn:epc:id:sgtin:4012345.011111.1",
        "urn:epc:id:sgln:4012345.00001.0",
        "https://id.gs1.org/01/09506000134352/21/12345",
        "urn:uuid:fd338495-0e6d-41dd-afee-a862ecd32518",
        "https://example.com/a?b=c&d=<e>",
    ]
)
NUMBERS = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False, width=32)
TIMES = st.datetimes().map(lambda time: time.isoformat(timespec="milliseconds") + "Z")
SCALARS = TEXTS | st.booleans() | NUMBERS | st.none()


def several(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """A list of one item is a value alone in XML, so lists have two at least."""
    return st.lists(items, min_size=2, max_size=4)


VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        several(inner.filter(lambda value: not isinstance(value, list)))
        | st.dictionaries(NAMES, inner, min_size=1, max_size=3)
    ),
    max_leaves=4,
)
EXTENSIONS = st.dictionaries(NAMES, VALUES, max_size=3)


def word(vocabulary: Vocabulary) -> st.SearchStrategy[str]:
    return st.sampled_from(sorted(terms(vocabulary))) | st.just("https://example.com/words/own")


def with_extensions(fields: dict[str, Any], optional: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    fixed = st.fixed_dictionaries(fields, optional=optional)
    return st.tuples(fixed, EXTENSIONS).map(lambda parts: {**parts[1], **parts[0]})


REPORT = st.fixed_dictionaries(
    {"type": word(Vocabulary.MEASUREMENT)},
    optional={
        "value": NUMBERS,
        "uom": st.sampled_from(["CEL", "KGM"]),
        "component": word(Vocabulary.COMPONENT),
        "exception": word(Vocabulary.ALERT),
        "booleanValue": st.booleans(),
        "stringValue": TEXTS,
        "deviceID": URIS,
        "example:cv": TEXTS,
    },
)
SENSOR = with_extensions(
    {"sensorReport": st.lists(REPORT, min_size=1, max_size=3)},
    {"sensorMetadata": st.fixed_dictionaries({"time": TIMES}, optional={"bizRules": URIS})},
)
QUANTITY = st.fixed_dictionaries({"epcClass": URIS, "quantity": NUMBERS}, optional={"uom": st.just("KGM")})
DECLARATION = with_extensions(
    {"declarationTime": TIMES},
    {"reason": word(Vocabulary.ERROR_REASON), "correctiveEventIDs": st.lists(URIS, max_size=2)},
)
PERSISTENT = st.fixed_dictionaries(
    {"set": st.lists(word(Vocabulary.DISPOSITION), min_size=1, max_size=2, unique=True)},
    optional={"unset": st.lists(word(Vocabulary.DISPOSITION), min_size=1, max_size=2, unique=True)},
)
PLACE = with_extensions({"id": URIS}, {})
COMMON = {
    "recordTime": TIMES,
    "eventID": URIS,
    "errorDeclaration": DECLARATION,
    "certificationInfo": URIS,
    "bizStep": word(Vocabulary.BIZ_STEP),
    "disposition": word(Vocabulary.DISPOSITION),
    "readPoint": PLACE,
    "bizLocation": PLACE,
    "sourceList": st.lists(
        st.fixed_dictionaries({"type": word(Vocabulary.SOURCE_DESTINATION_TYPE), "source": URIS}), min_size=1
    ),
    "destinationList": st.lists(
        st.fixed_dictionaries({"type": word(Vocabulary.SOURCE_DESTINATION_TYPE), "destination": URIS}), min_size=1
    ),
    "sensorElementList": st.lists(SENSOR, min_size=1, max_size=2),
    "persistentDisposition": PERSISTENT,
}
TRANSACTIONS = st.lists(
    st.fixed_dictionaries({"bizTransaction": URIS}, optional={"type": word(Vocabulary.BIZ_TRANSACTION_TYPE)}),
    min_size=1,
)
EPCS = st.lists(URIS, max_size=3)
QUANTITIES = st.lists(QUANTITY, min_size=1, max_size=2)
ACTION = st.sampled_from(["ADD", "OBSERVE", "DELETE"])
WHEN = {"eventTime": TIMES, "eventTimeZoneOffset": st.just("+01:00")}
EVENTS = st.one_of(
    with_extensions(
        {"type": st.just("ObjectEvent"), **WHEN, "epcList": EPCS, "action": ACTION},
        {**COMMON, "quantityList": QUANTITIES, "bizTransactionList": TRANSACTIONS, "ilmd": EXTENSIONS},
    ),
    with_extensions(
        {"type": st.just("AggregationEvent"), **WHEN, "childEPCs": EPCS, "action": ACTION},
        {**COMMON, "parentID": URIS, "childQuantityList": QUANTITIES, "bizTransactionList": TRANSACTIONS},
    ),
    with_extensions(
        {"type": st.just("TransactionEvent"), **WHEN, "bizTransactionList": TRANSACTIONS, "action": ACTION},
        {**COMMON, "parentID": URIS, "epcList": EPCS, "quantityList": QUANTITIES},
    ),
    with_extensions(
        {"type": st.just("TransformationEvent"), **WHEN, "inputEPCList": EPCS, "outputEPCList": EPCS},
        {**COMMON, "inputQuantityList": QUANTITIES, "outputQuantityList": QUANTITIES, "transformationID": URIS}
        | {"bizTransactionList": TRANSACTIONS, "ilmd": EXTENSIONS},
    ),
    with_extensions(
        {"type": st.just("AssociationEvent"), **WHEN, "parentID": URIS, "childEPCs": EPCS, "action": ACTION},
        {**COMMON, "childQuantityList": QUANTITIES, "bizTransactionList": TRANSACTIONS},
    ),
)


FEW = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("version", ["2.0", "1.2"])
@FEW
@given(st.lists(EVENTS, max_size=3))
def test_events_are_the_same_after_the_way_through_xml(version: Literal["2.0", "1.2"], events: list[Any]) -> None:
    again = read_xml(write_xml(json_document(*events), version))
    assert again["epcisBody"]["eventList"] == events
    assert [event_hash(event, {"example": EXAMPLE}) for event in again["epcisBody"]["eventList"]] == [
        event_hash(event, {"example": EXAMPLE}) for event in events
    ]


@FEW
@given(st.lists(EVENTS, min_size=1, max_size=2))
def test_xml_is_the_same_after_the_way_through_json(events: list[Any]) -> None:
    source = write_xml(json_document(*events))
    assert write_xml(read_xml(source)) == source
