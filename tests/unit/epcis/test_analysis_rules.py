"""Each rule of the analysis finds what it is for, and leaves in peace what is right."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.unit.epcis.examples import document

from tracepass.epcis.analysis import chain, reading
from tracepass.epcis.analysis.reading import read_json
from tracepass.epcis.analysis.report import analyse
from tracepass.epcis.analysis.rules import RULES
from tracepass.epcis.hashing import event_hash

Event = dict[str, Any]
NOW = datetime(2026, 11, 21, tzinfo=UTC)
GTIN = "https://id.gs1.org/01/09521321111110"
A, B, C = (f"{GTIN}/21/{serial}" for serial in "ABC")
CASE, OTHER = "https://id.gs1.org/00/095213218977787321", "https://id.gs1.org/00/095213218977787338"
HERE, THERE = {"id": "https://id.gs1.org/414/9521321000018"}, {"id": "https://id.gs1.org/414/9521321000025"}
LOT = f"{GTIN}/10/L1"
ID, ID2 = "urn:uuid:00000000-0000-4000-8000-000000000001", "urn:uuid:00000000-0000-4000-8000-000000000002"


def at(hour: int, minute: int = 0) -> str:
    return f"2024-05-17T{hour:02d}:{minute:02d}:00.000Z"


def seen(hour: int, *epcs: str, step: str = "inspecting", **more: Any) -> Event:
    return {
        "type": "ObjectEvent",
        "eventTime": at(hour),
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "bizStep": step,
        "epcList": list(epcs),
        **more,
    }


def made(hour: int, *epcs: str, **more: Any) -> Event:
    return seen(hour, *epcs, step="commissioning", **{"action": "ADD", **more})


def ended(hour: int, *epcs: str) -> Event:
    return seen(hour, *epcs, step="decommissioning", action="DELETE")


def joined(hour: int, action: str, parent: str | None, *children: str, **more: Any) -> Event:
    step = {"ADD": "packing", "DELETE": "unpacking"}.get(action, "inspecting")
    event = {**seen(hour, step=step), "type": "AggregationEvent", "action": action, "childEPCs": list(children), **more}
    del event["epcList"]
    return event if parent is None else {**event, "parentID": parent}


def packed(hour: int, parent: str, *children: str) -> Event:
    return joined(hour, "ADD", parent, *children)


def unpacked(hour: int, parent: str, *children: str) -> Event:
    return joined(hour, "DELETE", parent, *children)


def amount(hour: int, quantity: float | None, uom: str | None = None, uri: str = LOT, **more: Any) -> Event:
    element = {"epcClass": uri, "quantity": quantity, "uom": uom}
    kept = {name: value for name, value in element.items() if value is not None}
    event = {**seen(hour), "quantityList": [kept], **more}
    del event["epcList"]
    return event


def shipped(hour: int, *epcs: str, to: str | None = None, **more: Any) -> Event:
    end = [] if to is None else [{"type": "location", "destination": to}]
    return seen(hour, *epcs, step="shipping", **({"destinationList": end} if end else {}), **more)


def received(hour: int, *epcs: str, **more: Any) -> Event:
    return seen(hour, *epcs, step="receiving", **more)


def changed(into: str, inputs: list[str], outputs: list[str], hour: int) -> Event:
    event = {**seen(hour), "type": "TransformationEvent", "inputEPCList": inputs, "outputEPCList": outputs}
    return {name: value for name, value in event.items() if name not in {"action", "epcList"}} | {"bizStep": into}


def declared(event: Event, hour: int = 20, **more: Any) -> Event:
    return {**event, "errorDeclaration": {"declarationTime": at(hour), "reason": "did_not_occur", **more}}


def without(event: Event, *names: str) -> Event:
    return {name: value for name, value in event.items() if name not in names}


def hashed(event: Event) -> Event:
    return {**event, "eventID": event_hash(event, {})}


def whole(*events: Event, **more: Any) -> Any:
    return document(*events, **{"creationDate": "2024-05-18T00:00:00Z", **more})


OFFSET = "2024-05-17T14:00:00+02:00"
DEVICE = {"sensorReport": [{"type": "Temperature", "value": 1, "uom": "CEL", "time": at(12)}]}
ASSOCIATED = {"type": "AssociationEvent", "bizStep": "installing"}

CASES: dict[str, tuple[Any, Any]] = {
    "missing_property": (whole(without(seen(1, A), "action")), whole(seen(1, A))),
    "unknown_property": (whole(seen(1, A, bizstep="shipping")), whole(seen(1, A, **{"ex:bizstep": "shipping"}))),
    "namespace_unknown": (whole(seen(1, A, **{"nn:colour": "red"})), whole(seen(1, A, **{"ex:colour": "red"}))),
    "invalid_type": (whole(seen(1, epcList=A)), whole(seen(1, A, certificationInfo="https://x.example"))),
    "invalid_value": (whole(seen(1, A, action="LOOK")), whole(seen(1, A))),
    "invalid_format": (whole(seen(1, A, eventTime="yesterday")), whole(seen(1, A))),
    "too_few_items": (whole(seen(1, A, persistentDisposition={})), whole(seen(1, A))),
    "duplicate_items": (whole(seen(1, A, A)), whole(seen(1, A, B))),
    "incomplete_event": (whole(without(seen(1), "epcList")), whole(seen(1))),
    "ilmd_not_allowed": (whole(seen(1, A, ilmd={"ex:lot": "1"})), whole(made(1, A, ilmd={"ex:lot": "1"}))),
    "no_events": (whole(), whole(seen(1, A))),
    "created_in_future": (whole(seen(1, A), creationDate="2027-01-01T00:00:00Z"), whole(seen(1, A))),
    "event_repeated": (whole(seen(1, A, eventID=ID), seen(1, A, eventID=ID)), whole(seen(1, A, eventID=ID))),
    "event_id_reused": (
        whole(seen(1, A, eventID=ID), seen(1, B, eventID=ID)),
        whole(seen(1, A, eventID=ID), declared(seen(1, A, eventID=ID))),
    ),
    "hash_id_mismatch": (whole({**hashed(seen(1, A)), "epcList": [B]}), whole(hashed(seen(1, A)))),
    "invalid_urn": (
        whole(seen(1, "urn:epc:id:sgtin:0614141.12345.6789")),
        whole(seen(1, "urn:epc:id:sgtin:0614141.812345.6789")),
    ),
    "wrong_check_digit": (whole(seen(1, "https://brand.example/01/09521321111111/21/A")), whole(seen(1, A))),
    "invalid_link": (whole(seen(1, f"{GTIN}/21/{'9' * 21}")), whole(seen(1, "https://brand.example/things/7"))),
    "company_prefixes_overlap": (
        whole(seen(1, "urn:epc:id:sgtin:0614141.812345.1", "urn:epc:id:sgtin:061414.1812345.2")),
        whole(seen(1, "urn:epc:id:sgtin:0614141.812345.1", "urn:epc:id:sgtin:061415.1812345.2")),
    ),
    "mixed_notations": (
        whole(seen(1, "urn:epc:id:sgtin:9521321.011111.A"), seen(2, A)),
        whole(seen(1, "urn:epc:id:sgtin:9521321.011111.B"), seen(2, A)),
    ),
    "class_in_epc_list": (whole(seen(1, LOT)), whole(seen(1, CASE))),
    "serial_in_quantity_list": (whole(amount(1, 1, uri=A)), whole(amount(1, 1))),
    "no_location": (whole(seen(1, A, readPoint={"id": B})), whole(seen(1, A, readPoint=HERE))),
    "unknown_term": (whole(seen(1, A, step="shiping")), whole(seen(1, A, step="https://brand.example/polishing"))),
    "action_contradicts_step": (whole(seen(1, A, step="commissioning")), whole(made(1, A))),
    "event_time_in_future": (whole(seen(1, A, eventTime="2027-01-01T00:00:00Z")), whole(seen(1, A))),
    "event_time_after_record_time": (whole(seen(9, A, recordTime=at(8))), whole(seen(9, A, recordTime=at(9)))),
    "event_time_after_document": (whole(seen(9, A), creationDate=at(8)), whole(seen(9, A), creationDate=at(9))),
    "offset_mismatch": (
        whole(seen(1, A, eventTime=OFFSET, eventTimeZoneOffset="+01:00")),
        whole(seen(1, A, eventTime=OFFSET), seen(2, A)),
    ),
    "unusual_offset": (
        whole(seen(1, A, eventTimeZoneOffset="+01:17")),
        whole(seen(1, A, eventTimeZoneOffset="+05:45")),
    ),
    "sensor_time_after_event": (
        whole(seen(11, A, sensorElementList=[DEVICE])),
        whole(seen(12, A, sensorElementList=[DEVICE])),
    ),
    "before_commissioning": (whole(seen(1, A), made(2, A)), whole(made(2, A), seen(2, A), seen(3, A))),
    "after_decommissioning": (whole(ended(1, A), seen(2, A)), whole(seen(1, A), ended(2, A))),
    "after_consumption": (
        whole(changed("other", [A], [B], 1), seen(2, A)),
        whole(seen(1, A), changed("other", [A], [B], 2), seen(3, B)),
    ),
    "two_places_at_once": (
        whole(seen(1, A, readPoint=HERE), seen(1, A, readPoint=THERE)),
        whole(
            seen(1, A, readPoint=HERE), seen(1, A, readPoint={"id": HERE["id"] + "/254/7"}), seen(2, A, readPoint=THERE)
        ),
    ),
    "commissioned_twice": (whole(made(1, A), made(2, A)), whole(made(1, A), ended(2, A), made(3, A))),
    "recommissioned": (whole(made(1, A), ended(2, A), made(3, A)), whole(made(1, A), made(3, A))),
    "named_twice_in_event": (
        whole(seen(1, A, "https://brand.example/01/09521321111110/21/A")),
        whole(joined(1, "ADD", CASE, A, B)),
    ),
    "never_commissioned": (whole(made(1, A), seen(2, A, B)), whole(made(1, A), seen(2, A, CASE))),
    "packed_in_two_parents": (
        whole(packed(1, CASE, A), packed(2, OTHER, A)),
        whole(packed(1, CASE, A), unpacked(2, CASE), packed(3, OTHER, A)),
    ),
    "packed_again": (whole(packed(1, CASE, A), packed(2, CASE, A)), whole(packed(1, CASE, A), packed(2, CASE, B))),
    "aggregation_cycle": (
        whole(packed(1, CASE, OTHER), packed(2, OTHER, CASE)),
        whole(packed(1, CASE, A), packed(2, OTHER, CASE)),
    ),
    "unpacked_never_packed": (
        whole(packed(1, CASE, A), unpacked(2, CASE, B)),
        whole(packed(1, CASE, A, B), unpacked(2, CASE, B)),
    ),
    "packing_missing": (whole(unpacked(2, CASE, B)), whole(packed(1, CASE, B), unpacked(2, CASE, B))),
    "unpacked_from_other_parent": (
        whole(packed(1, CASE, A), unpacked(2, OTHER, A)),
        whole(packed(1, CASE, A), unpacked(2, CASE, A)),
    ),
    "contents_differ": (
        whole(packed(1, CASE, A), joined(2, "OBSERVE", CASE, B)),
        whole(packed(1, CASE, A), joined(2, "OBSERVE", CASE, A), joined(3, "OBSERVE", OTHER, C)),
    ),
    "observed_while_packed": (
        whole(packed(1, CASE, A), seen(2, A)),
        whole(packed(1, CASE, A), seen(2, A, CASE), unpacked(3, CASE, A), seen(4, A)),
    ),
    "ended_while_packed": (
        whole(packed(1, CASE, A), ended(2, A)),
        whole(packed(1, CASE, A), unpacked(2, CASE), ended(3, A)),
    ),
    "parent_missing": (whole(joined(1, "ADD", None, A)), whole(joined(1, "OBSERVE", None, A))),
    "shipped_not_received": (
        whole(shipped(1, A, B), received(2, A)),
        whole(packed(1, CASE, A, B), shipped(2, CASE), unpacked(3, CASE), received(4, A)),
    ),
    "shipment_underway": (
        whole(shipped(1, A), received(2, A), shipped(3, B)),
        whole(shipped(1, A), received(2, A)),
    ),
    "received_not_shipped": (
        whole(shipped(1, A), received(2, A, B)),
        whole(packed(1, CASE, A), shipped(2, CASE), unpacked(3, CASE), received(4, A)),
    ),
    "shipped_twice": (
        whole(shipped(1, A, readPoint=HERE), shipped(2, A, readPoint=HERE)),
        whole(shipped(1, A, readPoint=HERE), seen(2, A, step="void_shipping"), shipped(3, A, readPoint=HERE)),
    ),
    "received_elsewhere": (
        whole(shipped(1, A, to=HERE["id"]), received(2, A, readPoint=THERE)),
        whole(shipped(1, A, to=HERE["id"]), received(2, A, readPoint={"id": HERE["id"] + "/254/7"})),
    ),
    "quantity_not_positive": (whole(amount(1, -1)), whole(amount(1, 1))),
    "quantity_needs_unit": (whole(amount(1, 1.5)), whole(amount(1, 1.5, "KGM"))),
    "unit_without_quantity": (whole(amount(1, None, "KGM")), whole(amount(1, None))),
    "used_more_than_made": (
        whole(amount(1, 1, "KGM", action="ADD", bizStep="commissioning"), amount(2, 1001, "GRM", action="DELETE")),
        whole(amount(1, 1, "KGM", action="ADD", bizStep="commissioning"), amount(2, 1000, "GRM", action="DELETE")),
    ),
    "more_than_there_is": (
        whole(amount(1, 10, action="ADD", bizStep="commissioning"), amount(2, 12)),
        whole(amount(1, 10, action="ADD", bizStep="commissioning"), amount(2, 10), amount(3, 10)),
    ),
    "received_more_than_shipped": (
        whole(amount(1, 10, bizStep="shipping"), amount(2, 11, bizStep="receiving")),
        whole(amount(1, 10, bizStep="shipping"), amount(2, 9, bizStep="receiving")),
    ),
    "declared_event_unknown": (
        whole(declared(seen(1, A, eventID=ID))),
        whole(seen(1, A, eventID=ID), declared(seen(1, A, eventID=ID))),
    ),
    "declaration_without_event_id": (whole(declared(seen(1, A))), whole(declared(seen(1, A, eventID=ID)))),
    "declared_content_differs": (
        whole(seen(1, A, eventID=ID), declared(seen(1, B, eventID=ID))),
        whole(seen(1, A, eventID=ID), declared(seen(1, A, eventID=ID))),
    ),
    "declared_before_event": (
        whole(declared(seen(9, A, eventID=ID), 8)),
        whole(declared(seen(9, A, eventID=ID), 10)),
    ),
    "declared_twice": (
        whole(declared(seen(1, A, eventID=ID), 8), declared(seen(1, A, eventID=ID), 9)),
        whole(declared(seen(1, A, eventID=ID), 8)),
    ),
    "corrective_event_unknown": (
        whole(declared(seen(1, A, eventID=ID), correctiveEventIDs=[ID2])),
        whole(declared(seen(1, A, eventID=ID), correctiveEventIDs=[ID2]), seen(1, B, eventID=ID2)),
    ),
    "corrects_itself": (
        whole(declared(seen(1, A, eventID=ID), correctiveEventIDs=[ID])),
        whole(declared(seen(1, A, eventID=ID), correctiveEventIDs=[ID2])),
    ),
    "correction_missing": (
        whole(declared(seen(1, A, eventID=ID), reason="incorrect_data")),
        whole(declared(seen(1, A, eventID=ID))),
    ),
}
ELSEWHERE = {"unreadable_xml", "schema_check_stopped", "identifier_check_stopped"}


def codes(value: Any) -> dict[str, int]:
    return dict(analyse(read_json(value), now=NOW)["summary"]["byCode"])


def test_every_rule_is_tried() -> None:
    assert {rule.code for rule in RULES} == CASES.keys() | ELSEWHERE
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("code", CASES)
def test_a_rule_finds_what_it_is_for(code: str) -> None:
    assert code in codes(CASES[code][0])


@pytest.mark.parametrize("code", CASES)
def test_a_rule_leaves_in_peace_what_is_right(code: str) -> None:
    assert code not in codes(CASES[code][1])


def test_what_was_declared_wrong_counts_no_more() -> None:
    wrong = made(2, A, eventID=ID)
    assert "commissioned_twice" in codes(whole(made(1, A), wrong))
    assert "commissioned_twice" not in codes(whole(made(1, A), wrong, declared(wrong)))


def test_an_event_that_stands_there_twice_happened_once() -> None:
    once = made(1, A, eventID=ID)
    assert codes(whole(once, once)) == {"event_repeated": 1}


def test_the_order_of_the_document_does_not_matter_where_times_differ() -> None:
    events = [made(1, A, CASE), packed(2, CASE, A), shipped(3, CASE), received(4, CASE), unpacked(5, CASE)]
    assert codes(whole(*reversed(events))) == codes(whole(*events)) == {}


def test_urns_and_links_of_one_thing_are_one_thing() -> None:
    assert "commissioned_twice" in codes(whole(made(1, A), made(2, "urn:epc:id:sgtin:9521321.011111.A")))


def test_a_circle_of_any_length_is_found() -> None:
    ring = [f"{GTIN}/21/{number}" for number in range(300)]
    events = [packed(1, ring[number], ring[(number + 1) % 300]) for number in range(300)]
    assert codes(whole(*events)) == {"aggregation_cycle": 1}


def test_a_circle_of_associations_is_found() -> None:
    ring = [{**packed(1, CASE, OTHER), **ASSOCIATED}, {**packed(2, OTHER, CASE), **ASSOCIATED}]
    assert codes(whole(*ring)) == {"aggregation_cycle": 1}


@pytest.mark.parametrize(
    ("event", "fix"),
    [
        (seen(1, A, step="shiping"), "Did you mean shipping?"),
        (seen(1, A, step="Shipping"), "Did you mean shipping?"),
        (seen(1, A, step="urn:epcglobal:cbv:bizstep:shipping"), "Write shipping, which is how JSON has it."),
        (seen(1, A, step="https://ref.gs1.org/cbv/BizStep-shiping"), "Did you mean shipping?"),
        (seen(1, A, disposition="in transit"), "Did you mean in_transit?"),
        (seen(1, A, bizTransactionList=[{"type": "poo", "bizTransaction": ID}]), "Did you mean po?"),
        (seen(1, A, persistentDisposition={"set": ["recaled"]}), "Did you mean recalled?"),
        (seen(1, A, sourceList=[{"type": "possesing_party", "source": ID}]), "Did you mean possessing_party?"),
        (seen(1, A, step="frobnicating"), "Write a term of the CBV, or the URI of one of your own."),
    ],
)
def test_a_word_that_was_meant_is_named(event: Event, fix: str) -> None:
    found = analyse(read_json(whole(event)), now=NOW)["findings"]
    assert [(one["code"], one["class"], one["fix"]) for one in found] == [("unknown_term", "vocabulary", fix)]


def test_the_right_check_digit_is_named() -> None:
    (found,) = analyse(read_json(CASES["wrong_check_digit"][0]), now=NOW)["findings"]
    assert "(01) ends in 1, where 0 is right" in found["message"]


def test_a_property_that_was_meant_is_named() -> None:
    (found,) = analyse(read_json(whole(seen(1, A, bizstep="shipping"))), now=NOW)["findings"]
    assert "did you mean bizStep?" in found["fix"]


def test_a_hash_is_computed_with_the_namespaces_of_the_document() -> None:
    event = seen(1, A, **{"ex:colour": "red"})
    right = {**event, "eventID": event_hash(event, {"ex": "http://ns.example.com/epcis/"})}
    assert codes(whole(right)) == {}


@pytest.mark.parametrize(
    ("module", "name", "code", "event"),
    [
        (reading, "MOST_PROBLEMS", "schema_check_stopped", lambda: without(seen(1, A), "action")),
        (
            chain,
            "MOST_FAULTS",
            "identifier_check_stopped",
            lambda: seen(1, "https://id.gs1.org/01/09521321111111/21/A"),
        ),
    ],
)
def test_looking_for_faults_of_form_ends_somewhere(
    module: Any, name: str, code: str, event: Callable[[], Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert code not in codes(whole(event(), event(), event()))
    monkeypatch.setattr(module, name, 2)
    found = codes(whole(event(), event(), event()))
    assert found.pop(code) == 1
    assert max(found.values()) == 2
