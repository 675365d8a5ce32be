"""JSON-LD documents are written as XML in the order of the schema, or refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree
from tests.unit.epcis.xml_documents import CONTEXT, EXAMPLE, OLD_DOCUMENT, json_document, json_event

from tracepass.epcis.xml import CbvFormat, XmlInvalid, read_xml, write_xml
from tracepass.epcis.xmljobs import write_job, write_problem


def written(*events: dict[str, Any], **members: Any) -> str:
    return write_xml(json_document(*events, **members)).decode()


def tags(source: bytes | str, path: str) -> list[str]:
    root = etree.fromstring(source.encode() if isinstance(source, str) else source)
    found = root.find(path)
    assert found is not None, path
    return [etree.QName(child).localname for child in found]


def refused(*events: dict[str, Any], **members: Any) -> XmlInvalid:
    with pytest.raises(XmlInvalid) as caught:
        written(*events, **members)
    return caught.value


def test_elements_stand_in_the_order_of_the_schema_whatever_the_order_in_json() -> None:
    event = json_event(
        ilmd={"example:lot": "7"},
        **{"example:note": "x"},
        sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 20}]}],
        bizStep="shipping",
        eventID="urn:uuid:1",
        recordTime="2026-03-01T10:00:00Z",
        certificationInfo="https://example.com/c",
    )
    assert tags(written(event), "EPCISBody/EventList/ObjectEvent") == [
        "eventTime",
        "recordTime",
        "eventTimeZoneOffset",
        "eventID",
        "certificationInfo",
        "epcList",
        "action",
        "bizStep",
        "sensorElementList",
        "ilmd",
        "note",
    ]


def test_namespaces_are_declared_once_at_the_root() -> None:
    event = json_event(**{"example:a": {"example:b": 1}, "http://other.example/x": "2"})
    source = written(event, event)
    assert source.count("xmlns:") == source[: source.index(">", 60)].count("xmlns:")
    assert source.count(f'"{EXAMPLE}"') == 1
    assert read_xml(source.encode())["epcisBody"]["eventList"][1]["ns:x"] == "2"


def test_contexts_of_events_that_call_two_namespaces_by_one_prefix_are_kept_apart() -> None:
    own = json_event(**{"@context": [{"example": "urn:other:"}], "example:a": "1"})
    own["sensorElementList"] = [{"sensorReport": [{"type": "example:Dust"}]}]
    document = read_xml(written(json_event(**{"example:a": "2"}), own).encode())
    first, second = document["epcisBody"]["eventList"]
    assert document["@context"] == [CONTEXT, {"example": EXAMPLE, "example1": "urn:other:"}]
    assert first["example:a"] == "2"
    assert second["example1:a"] == "1"
    assert second["sensorElementList"][0]["sensorReport"][0]["type"] == "example1:Dust"


@pytest.mark.parametrize(
    ("given", "form", "expected"),
    [
        ("shipping", "No_Preference", "urn:epcglobal:cbv:bizstep:shipping"),
        ("shipping", "Never_Translates", "urn:epcglobal:cbv:bizstep:shipping"),
        ("shipping", "Always_URN", "urn:epcglobal:cbv:bizstep:shipping"),
        ("shipping", "Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("https://ref.gs1.org/cbv/BizStep-shipping", "No_Preference", "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("https://ref.gs1.org/cbv/BizStep-shipping", "Always_URN", "urn:epcglobal:cbv:bizstep:shipping"),
        ("urn:epcglobal:cbv:bizstep:shipping", "Always_Web_URI", "https://ref.gs1.org/cbv/BizStep-shipping"),
        ("https://example.com/steps/painting", "Always_URN", "https://example.com/steps/painting"),
    ],
)
def test_terms_of_the_vocabulary_are_written_as_asked_for(given: str, form: CbvFormat, expected: str) -> None:
    source = write_xml(json_document(json_event(bizStep=given)), cbv=form).decode()
    assert f"<bizStep>{expected}</bizStep>" in source


def test_values_of_extensions_keep_their_type() -> None:
    values = {"example:n": 10, "example:f": 2.5, "example:b": True, "example:s": "10", "example:z": None}
    source = written(json_event(**values))
    assert 'xsi:type="xsd:integer">10<' in source
    event = read_xml(source.encode())["epcisBody"]["eventList"][0]
    assert {name: event[name] for name in values} == values


def test_values_that_json_ld_types_keep_their_type() -> None:
    source = written(json_event(**{"example:t": {"@value": "2026-03-01", "@type": "xsd:date"}}))
    assert 'xsi:type="xsd:date">2026-03-01<' in source


def test_numbers_are_written_without_exponent() -> None:
    source = written(json_event(quantityList=[{"epcClass": "urn:x:y", "quantity": 1e-7, "uom": "KGM"}]))
    assert "<quantity>0.0000001</quantity>" in source


def test_a_text_with_attributes_is_written_as_it_was_read() -> None:
    source = written(json_event(**{"example:weight": {"measurementUnitCode": "KGM", "#text": "3.5"}}))
    assert '<example:weight measurementUnitCode="KGM">3.5</example:weight>' in source


def test_master_data_attributes_have_the_namespace_of_the_xml_schemas() -> None:
    source = written(json_event(action="ADD", ilmd={"cbvmda:lotNumber": "7"}))
    assert 'xmlns:cbvmda="urn:epcglobal:cbv:mda"' in source


def test_sender_and_receiver_become_a_business_header_and_come_back() -> None:
    members = {"sender": "urn:a:1", "receiver": "urn:b:2", "instanceIdentifier": "3"}
    document = json_document(json_event(), **members)
    source = write_xml(document)
    header = tags(source, "EPCISHeader/{*}StandardBusinessDocumentHeader")
    assert header == ["HeaderVersion", "Sender", "Receiver", "DocumentIdentification"]
    again = read_xml(source)
    assert {name: again[name] for name in members} == members
    assert "epcisHeader" not in again


def test_a_kept_business_header_and_master_data_come_back_whole() -> None:
    document = read_xml(OLD_DOCUMENT)
    assert read_xml(write_xml(document)) == document
    assert read_xml(write_xml(document, "1.2")) == document


def test_epcis_1_2_wraps_what_it_has_in_extensions() -> None:
    source = write_xml(read_xml(OLD_DOCUMENT), "1.2")
    assert b'xmlns:epcis="urn:epcglobal:epcis:xsd:1"' in source
    assert b'schemaVersion="1.2"' in source
    event = "EPCISBody/EventList/ObjectEvent"
    assert tags(source, f"{event}/baseExtension") == ["eventID", "errorDeclaration"]
    assert tags(source, f"{event}/extension") == ["quantityList", "sourceList", "ilmd", "extension"]
    assert tags(source, f"{event}/extension/extension") == ["persistentDisposition"]
    assert tags(source, "EPCISBody/EventList/extension[1]") == ["TransformationEvent"]
    assert tags(source, "EPCISBody/EventList/extension[2]/extension") == ["AssociationEvent"]


def test_epcis_1_2_has_urns_where_2_0_may_have_web_uris() -> None:
    event = json_event(bizStep="https://ref.gs1.org/cbv/BizStep-shipping")
    assert b"urn:epcglobal:cbv:bizstep:shipping" in write_xml(json_document(event), "1.2", cbv="Always_Web_URI")


def test_the_answer_of_a_query_is_written() -> None:
    document = {
        **json_document(),
        "type": "EPCISQueryDocument",
        "epcisBody": {
            "queryResults": {"queryName": "q", "subscriptionID": "s", "resultsBody": {"eventList": [json_event()]}}
        },
    }
    source = write_xml(document)
    assert tags(source, "EPCISBody/{urn:epcglobal:epcis-query:xsd:2}QueryResults") == [
        "queryName",
        "subscriptionID",
        "resultsBody",
    ]
    assert read_xml(source)["epcisBody"] == document["epcisBody"]


def test_an_event_of_another_vocabulary_is_written_as_an_extension_of_the_list() -> None:
    event = {**json_event(), "type": "example:PaintEvent"}
    source = written(event)
    assert tags(source, "EPCISBody/EventList/extension") == ["PaintEvent"]
    assert read_xml(source.encode())["epcisBody"]["eventList"] == [event]


@pytest.mark.parametrize(
    ("members", "path", "message"),
    [
        ({"unheard": 1}, "/unheard", "in no namespace"),
        ({"example:a": [[1]]}, "/example:a/0", "list within a list"),
        ({"example:a": {"@list": [1]}}, "/example:a/@list", "in no namespace"),
        ({"example:a b": 1}, "/{http:~1~1ns.example.com~1epcis~1}a b", "no such name"),
        ({"example:a": "\x00"}, "/example:a", "no such character"),
        ({"bizStep": "\x07"}, "/bizStep/bizStep", "no such name or character"),
        ({"bizStep": {"id": "x"}}, "/bizStep", "text, number or truth value"),
        ({"example:f": float("inf")}, "/example:f", "float"),
        (
            {"sensorElementList": [{"sensorReport": [{"example:o": {}}]}]},
            "/sensorElementList/sensorReport/example:o",
            "attributes only",
        ),
        ({"quantityList": [{"epcClass": "urn:x:y", "uom": "KGM"}]}, "/quantityList/uom", "unit without a quantity"),
        ({"type": "PaintEvent"}, "/type", "no event of EPCIS"),
    ],
)
def test_what_xml_cannot_say_is_refused_with_its_place(members: dict[str, Any], path: str, message: str) -> None:
    fault = refused(json_event(), json_event(**members))
    assert fault.path == f"/epcisBody/eventList/1{path}"
    assert message in fault.message
    assert fault.code == "xml_unwritable"


def test_a_document_needs_a_creation_date_and_a_type_that_xml_has() -> None:
    assert refused(creationDate=None).path == "/creationDate"
    assert refused(type="EPCISCaptureJob").path == "/type"


def test_a_header_that_xml_has_no_place_for_is_refused() -> None:
    assert refused(epcisHeader={"example:a": 1}).path == "/epcisHeader/example:a"


def test_a_capture_job_is_written_and_read_again() -> None:
    job = {
        "running": False,
        "success": False,
        "captureID": "j1",
        "captureErrorBehaviour": "rollback",
        "createdAt": "2026-03-01T10:00:00.000Z",
        "finishedAt": "2026-03-01T10:00:01.000Z",
        "errors": [{"type": "epcisException:ValidationException", "title": "Invalid", "status": 400, "detail": "why"}],
    }
    assert read_xml(write_job({**job, "eventCount": 1})) == job


def test_a_problem_is_written_as_an_exception() -> None:
    source = write_problem({"type": "epcisException:NoSuchName", "title": "No such name", "status": 404, "code": "x"})
    root = etree.fromstring(source)
    assert root.tag == "{urn:epcglobal:epcis:xsd:2}EPCISException"
    assert [child.text for child in root] == ["epcisException:NoSuchName", "No such name", "404"]
