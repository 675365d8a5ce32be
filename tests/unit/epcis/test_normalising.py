from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.epcis.examples import (
    EX,
    aggregation_event,
    object_event,
    sensor_element,
    transaction_event,
    transformation_event,
)

from tracepass.epcis.normalising import Scope, field_key, normalised

NS = EX["ex"]


def fields(event: dict[str, Any], namespaces: dict[str, str] | None = None) -> list[tuple[str, Any]]:
    return [(field["k"], field["v"]) for field in normalised(event, namespaces or EX).get("fields", [])]


def test_an_object_event_has_one_notation_for_each_thing() -> None:
    event = object_event(
        eventID="urn:uuid:1",
        recordTime="2024-05-17T08:00:00+00:00",
        bizStep="https://ref.gs1.org/cbv/BizStep-shipping",
        disposition="https://example.com/dispositions/polished",
        readPoint={"id": "urn:epc:id:sgln:4012345.00001.7"},
        bizLocation={"id": "https://example.com/414/4012345000016"},
        bizTransactionList=[{"bizTransaction": "urn:x:1"}, {"type": "cbv:BTT-po", "bizTransaction": "urn:x:2"}],
        certificationInfo="https://example.com/c",
    )
    assert normalised(event, {}) == {
        "type": "ObjectEvent",
        "eventID": "urn:uuid:1",
        "eventTime": "2024-05-17T07:30:00.000Z",
        "recordTime": "2024-05-17T08:00:00.000Z",
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "disposition": "https://example.com/dispositions/polished",
        "readPoint": "https://id.gs1.org/414/4012345000016/254/7",
        "bizLocation": "https://id.gs1.org/414/4012345000016",
        "bizTransactions": [{"type": None, "id": "urn:x:1"}, {"type": "po", "id": "urn:x:2"}],
        "certificationInfo": ["https://example.com/c"],
        "epc": ["https://id.gs1.org/01/04012345111118/21/9876"],
        "under": ["https://id.gs1.org/01/04012345111118"],
    }


def test_children_are_epcs_and_the_parent_is_itself() -> None:
    twin = normalised(
        aggregation_event(
            parentID="urn:epc:id:grai:4012345.55555.987",
            childQuantityList=[{"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 2}],
        ),
        {},
    )
    assert twin["parentID"] == "https://id.gs1.org/8003/04012345555554987"
    assert twin["epc"] == ["https://id.gs1.org/01/04012345111118/21/1", "https://id.gs1.org/01/04012345111118/21/2"]
    lot = "https://id.gs1.org/01/04012345123456/10/998877"
    assert twin["epcClass"] == [lot]
    assert twin["quantities"] == [{"in": "childQuantityList", "epcClass": lot, "quantity": 2}]
    assert twin["under"] == [
        "https://id.gs1.org/01/04012345111118",
        "https://id.gs1.org/01/04012345123456",
        "https://id.gs1.org/8003/04012345555554",
    ]


def test_inputs_and_outputs_are_kept_apart() -> None:
    twin = normalised(transformation_event(transformationID="urn:epc:id:gdti:0614141.12345.400"), {})
    assert twin["inputEPCClass"] == ["https://id.gs1.org/01/04012345111118/10/4444"]
    assert twin["outputEPC"] == ["https://id.gs1.org/01/04012345778892/21/25"]
    assert twin["transformationID"] == "https://id.gs1.org/253/0614141123452400"
    assert "epc" not in twin


def test_the_lot_beside_a_serial_is_among_the_classes() -> None:
    twin = normalised(transaction_event(epcList=["https://example.com/01/04012345111118/10/L7/21/1"]), {})
    assert twin["epc"] == ["https://id.gs1.org/01/04012345111118/21/1"]
    assert twin["under"] == ["https://id.gs1.org/01/04012345111118", "https://id.gs1.org/01/04012345111118/10/L7"]


def test_sources_destinations_and_lasting_dispositions_are_bare() -> None:
    twin = normalised(
        object_event(
            sourceList=[{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
            destinationList=[{"type": "https://example.com/t", "destination": "urn:x:1"}],
            persistentDisposition={"set": ["cbv:Disp-expired"], "unset": ["available"]},
        ),
        {},
    )
    assert twin["sources"] == [{"type": "owning_party", "id": "https://id.gs1.org/417/4012345002256"}]
    assert twin["destinations"] == [{"type": "https://example.com/t", "id": "urn:x:1"}]
    assert twin["persistentDisposition"] == {"set": ["expired"], "unset": ["available"]}


def test_a_declaration_of_error_is_kept_with_its_fields() -> None:
    declared = {
        "declarationTime": "2024-05-18T09:30:00+02:00",
        "reason": "https://ref.gs1.org/cbv/ER-did_not_occur",
        "correctiveEventIDs": ["urn:uuid:2"],
        "ex:by": "Ada",
    }
    event = object_event(errorDeclaration=declared)
    assert normalised(event, EX)["errorDeclaration"] == {
        "declarationTime": "2024-05-18T07:30:00.000Z",
        "reason": "did_not_occur",
        "correctiveEventIDs": ["urn:uuid:2"],
    }
    assert fields(event) == [(field_key(Scope.ERROR, NS, "by"), "Ada")]


def test_sensor_data_are_read_with_their_fields() -> None:
    event = object_event(sensorElementList=[sensor_element(), {"sensorReport": [{"type": "gs1:Mass"}]}])
    assert normalised(event, EX)["sensors"] == [
        {
            "metadata": {
                "time": "2024-05-17T07:00:00.000Z",
                "deviceID": "https://id.gs1.org/8004/4000001111",
                "bizRules": "https://id.gs1.org/253/4012345000054987",
            },
            "reports": [
                {"type": "Temperature", "value": 26.0, "uom": "CEL"},
                {"type": "ex:Wobble", "stringValue": "much", "booleanValue": True, "component": "x"},
            ],
        },
        {"metadata": {}, "reports": [{"type": "Mass"}]},
    ]
    assert fields(event) == [
        (field_key(Scope.SENSOR_REPORT, NS, "probe"), "7"),
        (field_key(Scope.SENSOR_REPORT, NS, "probe"), 7.0),
        (field_key(Scope.SENSOR_ELEMENT, NS, "remark"), "quiet"),
    ]


@pytest.mark.parametrize(
    ("value", "forms"),
    [
        ("text", ["text"]),
        ("", [""]),
        ("5.50", ["5.50", 5.5]),
        ("-1e3", ["-1e3", -1000.0]),
        ("1e999", ["1e999", float("inf")]),
        ("1.2.3", ["1.2.3"]),
        ("9" * 50, ["9" * 50]),
        (7, ["7", 7.0]),
        (2.5, ["2.5", 2.5]),
        (10**400, [str(10**400), float("inf")]),
        (-(10**400), [str(-(10**400)), float("-inf")]),
        (True, [True]),
        (None, []),
        (["a", ["b"]], ["a", "b"]),
        ("2024-05-17", ["2024-05-17", datetime(2024, 5, 17, tzinfo=UTC)]),
        ("2024-02-31", ["2024-02-31"]),
        ("2024-05-17T25:00:00Z", ["2024-05-17T25:00:00Z"]),
        ("2024-05-17T09:30:00+02:00", ["2024-05-17T09:30:00+02:00", datetime(2024, 5, 17, 7, 30, tzinfo=UTC)]),
        ("urn:epc:id:giai:4000001.1", ["urn:epc:id:giai:4000001.1", "https://id.gs1.org/8004/40000011"]),
        ("https://example.com/x", ["https://example.com/x"]),
    ],
)
def test_a_field_is_there_in_each_form_it_can_be_compared_in(value: Any, forms: list[Any]) -> None:
    key = field_key(Scope.EVENT, NS, "field")
    assert fields(object_event(**{"ex:field": value})) == [(key, form) for form in forms]


def test_what_lies_below_a_field_is_inner() -> None:
    event = object_event(
        action="ADD",
        ilmd={"ex:lot": {"ex:number": [{"ex:part": "x"}, "y"], "#text": "z", "rdfs:comment": "no field"}},
    )
    assert fields(event) == [
        (field_key(Scope.ILMD, NS, "lot"), None),
        (field_key(Scope.ILMD, NS, "number", inner=True), None),
        (field_key(Scope.ILMD, NS, "part", inner=True), "x"),
        (field_key(Scope.ILMD, NS, "number", inner=True), "y"),
        (field_key(Scope.ILMD, NS, "lot"), "z"),
    ]


def test_fields_of_places_belong_to_the_place() -> None:
    event = object_event(readPoint={"id": "urn:x:1", "ex:gate": "A"}, bizLocation={"id": "urn:x:2", "ex:floor": 1})
    assert fields(event) == [
        (field_key(Scope.READ_POINT, NS, "gate"), "A"),
        (field_key(Scope.BIZ_LOCATION, NS, "floor"), "1"),
        (field_key(Scope.BIZ_LOCATION, NS, "floor"), 1.0),
    ]


def test_fields_are_named_by_their_namespace_whatever_the_prefix() -> None:
    one = fields(object_event(**{"ex:field": "x"}), {"ex": "http://x/"})
    assert one == fields(object_event(**{"my:field": "x"}), {"my": "http://x/"})
    assert one == fields(object_event(**{"http://x/field": "x"}))
    assert one == [("event|http://x/field", "x")]


def test_context_and_comments_are_no_fields() -> None:
    assert fields(object_event(**{"@context": EX, "rdfs:comment": "x"})) == []
