"""Which parameters there are, and what their values must be."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tracepass.core.errors import Invalid
from tracepass.epcis.grammar import FIXED, read_query
from tracepass.epcis.queries import AtTime, EventQuery, HasAttribute, HasDescendant, HasFact, HasTerm

EXT = {"ex": ["http://ns.example.com/"], "two": ["http://a.example/", "http://b.example/"]}
ITEM = "urn:epc:id:sgtin:0614141.107346.2017"
LINK = "https://id.gs1.org/01/10614141073464/21/2017"


def ask(**parameters: str) -> EventQuery:
    return read_query({name: [value] for name, value in parameters.items()}, EXT)


def only(name: str, value: str) -> object:
    (condition,) = read_query({name: [value]}, EXT).conditions
    return condition


def fault(name: str, *values: str) -> str:
    with pytest.raises(Invalid) as refused:
        read_query({name: list(values)}, EXT)
    assert refused.value.details is not None
    (sentence,) = refused.value.details["fieldErrors"][name]
    return str(sentence)


@pytest.mark.parametrize(
    ("name", "value", "terms"),
    [
        ("eventType", "ObjectEvent|AggregationEvent", ("type=ObjectEvent", "type=AggregationEvent")),
        ("EQ_action", "ADD", ("action=ADD",)),
        ("EQ_bizStep", "urn:epcglobal:cbv:bizstep:shipping", ("bizStep=shipping",)),
        ("EQ_bizStep", "https://ref.gs1.org/cbv/BizStep-shipping|packing", ("bizStep=shipping", "bizStep=packing")),
        ("EQ_disposition", "in_transit", ("disposition=in_transit",)),
        ("EQ_persistentDisposition_set", "damaged", ("persistentDisposition.set=damaged",)),
        ("EQ_transformationID", "urn:uuid:1", ("transformationID=urn:uuid:1",)),
        ("MATCH_epc", ITEM, (f"epc={LINK}",)),
        ("MATCH_epc", "https://shop.example/01/10614141073464/21/2017?x=1", (f"epc={LINK}",)),
        ("MATCH_anyEPC", ITEM, tuple(f"{name}={LINK}" for name in ("epc", "parentID", "inputEPC", "outputEPC"))),
        ("MATCH_epcClass", "urn:epc:idpat:sgtin:0614141.107346.*", ("epcClass=https://id.gs1.org/01/10614141073464",)),
        ("EQ_bizTransaction_po", "urn:x:1", ("bizTransaction:po=urn:x:1",)),
        ("EQ_source_urn:epcglobal:cbv:sdt:owning_party", "urn:x:1", ("source:owning_party=urn:x:1",)),
        ("EQ_destination_location", "urn:x:1", ("destination:location=urn:x:1",)),
        ("EQ_eventID", "urn:uuid:1", ("eventID=urn:uuid:1",)),
        ("EQ_errorReason", "did_not_occur", ("errorReason=did_not_occur",)),
        ("EQ_type", "gs1:Temperature", ("sensor.type=Temperature",)),
        ("EQ_booleanValue", "true", ("sensor.booleanValue=true",)),
        ("EXISTS_errorDeclaration", "", ("?errorDeclaration",)),
        ("EXISTS_sensorElementList", "true", ("?sensorElementList",)),
        ("EXISTS_ex:f", "", ("?event|http://ns.example.com/f",)),
        ("EXISTS_INNER_ILMD_ex:f", "", ("?inner:ilmd|http://ns.example.com/f",)),
        ("EXISTS_ILMD_INNER_ex:f", "", ("?inner:ilmd|http://ns.example.com/f",)),
        ("EXISTS_SENSORREPORT_ex:f", "", ("?sensorReport|http://ns.example.com/f",)),
        ("EXISTS_ERROR_DECLARATION_http://ns.example.com/f", "", ("?errorDeclaration|http://ns.example.com/f",)),
        ("EQ_ex:f", "red", ("event|http://ns.example.com/f=red",)),
        ("EQ_ex:f", "20", ("event|http://ns.example.com/f=20", "event|http://ns.example.com/f=#20.0")),
        ("EQ_two:f", "red", ("event|http://a.example/f=red", "event|http://b.example/f=red")),
        ("EQ_readPoint_ex:f", "red", ("readPoint|http://ns.example.com/f=red",)),
    ],
)
def test_a_parameter_asks_for_terms(name: str, value: str, terms: tuple[str, ...]) -> None:
    found = only(name, value)
    assert isinstance(found, HasTerm)
    if "ERROR_DECLARATION" in name:
        assert found.terms[0].endswith("http://ns.example.com/f")
    else:
        assert (found.terms, found.prefixes) == (terms, ())


def test_a_pattern_stands_for_what_begins_so_and_its_class_is_near() -> None:
    found = only("MATCH_epc", "urn:epc:idpat:sgtin:0614141.107346.*")
    assert found == HasTerm(
        (), ("epc=https://id.gs1.org/01/10614141073464/21/",), ("under=https://id.gs1.org/01/10614141073464",)
    )
    company = only("MATCH_epc", "urn:epc:idpat:sgtin:0614141.*.*")
    assert isinstance(company, HasTerm)
    assert company.prefixes[0].startswith("epc=https://id.gs1.org/01/00614141")
    assert company.near == ()


@pytest.mark.parametrize("name", ["GE_eventTime", "LT_eventTime", "GE_recordTime", "LT_recordTime"])
def test_times_are_brought_to_utc(name: str) -> None:
    operator, field = name.split("_")
    assert only(name, "2005-04-03T20:33:31.116-06:00") == AtTime(field, operator, "2005-04-04T02:33:31.116Z")  # type: ignore[arg-type]
    assert only(name, "2005-04-03T20:33:31 00:00") == AtTime(field, operator, "2005-04-03T20:33:31.000Z")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["GE_errorDeclarationTime", "GE_errorDeclaration_Time"])
def test_the_time_of_a_declaration_is_known_by_both_names_of_the_standard(name: str) -> None:
    moment = datetime(2020, 1, 1, tzinfo=UTC)
    assert only(name, "2020-01-01T00:00:00Z") == HasFact(("errorDeclarationTime",), "GE", (moment,))


def test_measured_values_are_compared_in_base_units() -> None:
    assert only("GT_value_CEL", "0") == HasFact(("sensor.value:KEL",), "GT", (273.15,))
    assert only("EQ_quantity_GRM", "500|1000") == HasFact(("quantity:KGM",), "EQ", (0.5, 1.0))
    assert only("GE_quantity", "3.5") == HasFact(("quantity",), "GE", (3.5,))
    assert only("LE_sDev_CEL", "0.5") == HasFact(("sensor.sDev:KEL",), "LE", (0.5,))
    assert only("LE_value_ZZZ", "1") == HasFact(("sensor.value:ZZZ",), "LE", (1.0,))
    assert only("LT_percRank", "50") == HasFact(("sensor.percRank",), "LT", (50.0,))


def test_fields_are_compared_as_numbers_or_instants() -> None:
    key = ("event|http://ns.example.com/f",)
    assert only("GE_ex:f", "20") == HasFact(key, "GE", (20.0,))
    assert only("LT_ex:f", "2020-01-01T00:00:00Z") == HasFact(key, "LT", (datetime(2020, 1, 1, tzinfo=UTC),))
    assert fault("LT_ex:f", "red") == "must be a number or a time with its offset"


def test_places_below_and_attributes_wait_for_master_data() -> None:
    assert only("WD_bizLocation", "urn:x:1") == HasDescendant("bizLocation", ("urn:x:1",))
    assert only("HASATTR_bizLocation", "urn:a:city") == HasAttribute(("bizLocation",), ("urn:a:city",))
    asked = only("EQATTR_readPoint_urn:a:city", "Berlin")
    assert asked == HasAttribute(("readPoint",), ("urn:a:city",), ("Berlin",))
    assert "has no field with master data" in fault("HASATTR_color", "x")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MATCH_EPC", "urn:x:1", "is not a parameter of EPCIS queries"),
        ("GE_action", "ADD", "is not a parameter of EPCIS queries"),
        ("EQ_action", "MOVE", "must be ADD, DELETE or OBSERVE"),
        ("eventType", "QuantityEvent", "must be AggregationEvent"),
        ("GE_eventTime", "yesterday", "must be a time with its offset"),
        ("GE_eventTime", "2020-01-01T00:00:00", "must be a time with its offset"),
        ("MATCH_epc", "no uri", "must be URIs; 'no uri' is none"),
        ("MATCH_epc", "urn:epc:idpat:sgtin:*.5.*", "is no EPC pattern"),
        ("MATCH_epc", "", "must be one or more values"),
        ("MATCH_epc", "|".join(f"urn:x:{n}" for n in range(51)), "must be at most 50 values"),
        ("EQ_quantity", "many", "must be a number"),
        ("GE_quantity", "nan", "must be a number"),
        ("EQ_bizStep", "not a step", "must be URIs"),
        ("EXISTS_errorDeclaration", "maybe", "must be true, false or empty"),
        ("EQ_booleanValue", "1", "must be true or false"),
        ("EQ_unknown:f", "1", "the prefix unknown is not known; say what it stands for in GS1-Extensions"),
        ("orderBy", "disposition", "must be eventTime, recordTime or the field of an extension"),
        ("orderDirection", "ASC", "needs orderBy"),
        ("eventCountLimit", "5", "needs orderBy"),
        ("maxEventCount", "0", "must be a whole number from 1 on"),
        ("perPage", "1001", "must be at most 1000"),
        ("surprise", "1", "is not a parameter of EPCIS queries"),
    ],
)
def test_wrong_names_and_values_are_named(name: str, value: str, sentence: str) -> None:
    assert fault(name, value).startswith(sentence) or sentence in fault(name, value)


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        ask(orderBy="eventTime", eventCountLimit="5", maxEventCount="5", EQ_action="X", nothing="")
    assert refused.value.details is not None
    assert set(refused.value.details["fieldErrors"]) == {"maxEventCount", "EQ_action", "nothing"}


def test_order_limits_and_page_are_read() -> None:
    query = ask(orderBy="recordTime", orderDirection="ASC", eventCountLimit="7", perPage="2", nextPageToken="x")
    assert (query.order, query.descending, query.limit, query.per_page, query.token) == ("recordTime", False, 7, 2, "x")
    assert ask(EXISTS_errorDeclaration="false").conditions == ()


def test_the_token_and_the_size_of_a_page_do_not_make_another_query() -> None:
    assert ask(EQ_action="ADD", perPage="2", nextPageToken="x").asked == ask(EQ_action="ADD").asked


def test_every_fixed_name_reads_a_value_that_is_right_for_it() -> None:
    right = {"Time": "2020-01-01T00:00:00Z", "time": "2020-01-01T00:00:00Z", "EXISTS": "true", "quantity": "1"}
    right |= {"percRank": "1", "EQ_action": "ADD", "eventType": "ObjectEvent", "booleanValue": "true"}
    for name in FIXED:
        value = next((text for part, text in right.items() if part in name), "urn:x:1")
        assert len(read_query({name: [value]}, {}).conditions) == 1, name
