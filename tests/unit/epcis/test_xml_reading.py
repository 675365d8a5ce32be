"""EPCIS documents in XML are read as the JSON-LD that says the same."""

from __future__ import annotations

from typing import Any

import pytest
from tests.unit.epcis.xml_documents import CONTEXT, EXAMPLE, OBJECT_EVENT, OLD_DOCUMENT, xml_document

from tracepass.epcis.xml import XmlInvalid, iter_events, open_xml, read_xml

DECLARED = f'xmlns:example="{EXAMPLE}"'
XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'


def read_event(inner: str, root: str = DECLARED) -> dict[str, Any]:
    text = OBJECT_EVENT.replace("</ObjectEvent>", inner + "</ObjectEvent>")
    event: dict[str, Any] = read_xml(xml_document(text, root=root))["epcisBody"]["eventList"][0]
    return event


def test_an_event_is_read_with_bare_names_of_the_core_business_vocabulary() -> None:
    assert read_xml(xml_document(OBJECT_EVENT)) == {
        "@context": [CONTEXT],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T10:00:00Z",
        "epcisBody": {
            "eventList": [
                {
                    "type": "ObjectEvent",
                    "eventTime": "2026-03-01T10:00:00.000+01:00",
                    "eventTimeZoneOffset": "+01:00",
                    "epcList": ["urn:epc:id:sgtin:4012345.011111.1"],
                    "action": "OBSERVE",
                    "bizStep": "shipping",
                }
            ]
        },
    }


def test_what_epcis_1_2_wraps_into_extensions_stands_at_its_place_in_json() -> None:
    document = read_xml(OLD_DOCUMENT)
    first, second, third = document["epcisBody"]["eventList"]
    assert document["schemaVersion"] == "2.0"
    assert first == {
        "type": "ObjectEvent",
        "eventTime": "2026-03-01T10:00:00.000+01:00",
        "recordTime": "2026-03-01T10:00:01.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "eventID": "urn:uuid:fd338495-0e6d-41dd-afee-a862ecd32518",
        "errorDeclaration": {
            "declarationTime": "2026-03-02T10:00:00.000+01:00",
            "reason": "incorrect_data",
            "correctiveEventIDs": ["urn:uuid:1"],
            "example:why": "typing",
        },
        "epcList": [],
        "action": "ADD",
        "bizStep": "commissioning",
        "disposition": "active",
        "readPoint": {"id": "urn:epc:id:sgln:4012345.00001.0", "example:gate": "7"},
        "bizTransactionList": [{"type": "po", "bizTransaction": "http://example.com/po/1"}],
        "quantityList": [
            {"epcClass": "urn:epc:class:lgtin:4012345.012345.998877", "quantity": 200.5, "uom": "KGM"},
        ],
        "sourceList": [{"type": "owning_party", "source": "urn:epc:id:pgln:4012345.00225"}],
        "ilmd": {"example:bestBefore": "2026-12-31"},
        "persistentDisposition": {"set": ["completeness_verified"]},
        "example:note": "by hand",
    }
    assert (second["type"], third["type"]) == ("TransformationEvent", "AssociationEvent")
    assert second["transformationID"] == "urn:epc:id:gdti:0614141.12345.400"


def test_the_business_header_gives_its_members_and_is_kept_whole_where_it_says_more() -> None:
    document = read_xml(OLD_DOCUMENT)
    assert document["sender"] == "urn:epc:id:sgln:4012345.00001.0"
    assert document["receiver"] == "urn:epc:id:sgln:0614141.00001.0"
    assert document["instanceIdentifier"] == "4711"
    kept = document["epcisHeader"]["sbdh:StandardBusinessDocumentHeader"]
    assert kept["sbdh:Sender"]["sbdh:Identifier"] == {"Authority": "GS1", "#text": "urn:epc:id:sgln:4012345.00001.0"}


def test_master_data_in_the_header_is_read() -> None:
    vocabulary = read_xml(OLD_DOCUMENT)["epcisHeader"]["epcisMasterData"]["vocabularyList"]
    assert vocabulary == [
        {
            "type": "urn:epcglobal:epcis:vtype:BusinessLocation",
            "vocabularyElementList": [
                {
                    "id": "urn:epc:id:sgln:4012345.00001.0",
                    "attributes": [
                        {"id": "urn:epcglobal:cbv:mda#city", "attribute": "Cologne"},
                        {"id": "urn:epcglobal:cbv:mda#latitude", "attribute": {"example:degrees": "50.9"}},
                    ],
                    "children": ["urn:epc:id:sgln:4012345.00001.1"],
                }
            ],
        }
    ]


def test_a_document_of_master_data_alone_becomes_a_document_without_events() -> None:
    source = b"""<m:EPCISMasterDataDocument xmlns:m="urn:epcglobal:epcis-masterdata:xsd:2" schemaVersion="2.0"
      creationDate="2026-03-01T10:00:00Z"><EPCISBody><VocabularyList><Vocabulary type="urn:x:y"/></VocabularyList>
      </EPCISBody></m:EPCISMasterDataDocument>"""
    document = read_xml(source)
    assert document["type"] == "EPCISDocument"
    assert document["epcisHeader"] == {"epcisMasterData": {"vocabularyList": [{"type": "urn:x:y"}]}}
    assert document["epcisBody"] == {"eventList": []}


def test_the_answer_of_a_query_is_read() -> None:
    source = f"""<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2" schemaVersion="2.0"
      creationDate="2026-03-01T10:00:00Z"><EPCISBody><q:QueryResults><queryName>SimpleEventQuery</queryName>
      <subscriptionID>s1</subscriptionID><resultsBody><EventList>{OBJECT_EVENT}</EventList></resultsBody>
      </q:QueryResults></EPCISBody></q:EPCISQueryDocument>"""
    document = read_xml(source.encode())
    results = document["epcisBody"]["queryResults"]
    assert document["type"] == "EPCISQueryDocument"
    assert (results["queryName"], results["subscriptionID"]) == ("SimpleEventQuery", "s1")
    assert [event["bizStep"] for event in results["resultsBody"]["eventList"]] == ["shipping"]


def test_extension_elements_become_members_with_the_prefix_of_their_namespace() -> None:
    event = read_event('<example:a><example:b>1</example:b></example:a><x:c xmlns:x="urn:x:">2</x:c>')
    assert event["example:a"] == {"example:b": "1"}
    assert event["x:c"] == "2"


def test_repeated_extension_elements_become_a_list() -> None:
    assert read_event("<example:a>1</example:a><example:a>2</example:a>")["example:a"] == ["1", "2"]


def test_the_schema_type_of_an_extension_element_decides_on_its_value() -> None:
    event = read_event(
        '<example:n xsi:type="xsd:integer">10</example:n><example:f xsi:type="xsd:double">2.5</example:f>'
        '<example:b xsi:type="xsd:boolean">true</example:b><example:s xsi:type="xsd:string">10</example:s>'
        '<example:t xsi:type="xsd:dateTime">2026-03-01T10:00:00Z</example:t><example:nil xsi:nil="true"/>'
        '<example:bad xsi:type="xsd:integer">010</example:bad><example:huge xsi:type="xsd:double">1e999</example:huge>',
        root=f"{DECLARED} {XSI}",
    )
    assert (event["example:n"], event["example:f"], event["example:b"], event["example:s"]) == (10, 2.5, True, "10")
    assert event["example:t"] == "2026-03-01T10:00:00Z"
    assert event["example:nil"] is None
    assert (event["example:bad"], event["example:huge"]) == ("010", "1e999")


def test_the_text_of_an_extension_element_with_attributes_stands_beside_them() -> None:
    event = read_event('<example:weight measurementUnitCode="KGM">3.5</example:weight>')
    assert event["example:weight"] == {"measurementUnitCode": "KGM", "#text": "3.5"}


def test_one_prefix_for_two_namespaces_becomes_two_prefixes() -> None:
    twice = '<a:x xmlns:a="urn:one:">1</a:x><a:x xmlns:a="urn:two:">2</a:x></ObjectEvent>'
    source = xml_document(OBJECT_EVENT.replace("</ObjectEvent>", twice))
    document = read_xml(source)
    event = document["epcisBody"]["eventList"][0]
    assert document["@context"][1] == {"a": "urn:one:", "a1": "urn:two:"}
    assert (event["a:x"], event["a1:x"]) == ("1", "2")


def test_a_prefix_that_the_standards_context_protects_is_not_declared_anew() -> None:
    event = read_event("<gs1:x>1</gs1:x>", root='xmlns:gs1="http://example.com/other/"')
    assert event["gs11:x"] == "1"


def test_master_data_attributes_of_the_vocabulary_have_the_prefix_of_the_standard() -> None:
    event = read_event("<ilmd><m:lotNumber>7</m:lotNumber></ilmd>", root='xmlns:m="urn:epcglobal:cbv:mda"')
    assert event["ilmd"] == {"cbvmda:lotNumber": "7"}


def test_sensor_reports_are_read_with_numbers_truth_values_and_bare_names() -> None:
    event = read_event(
        """<sensorElementList><sensorElement>
        <sensorMetadata time="2026-03-01T10:00:00Z" example:probe="7"/>
        <sensorReport type="g:Temperature" value="26.0" minValue="20" component="cbv:Comp-x" booleanValue="1"
          exception="gs1:ALARM_CONDITION" uom="CEL"/>
        <sensorReport type="example:Dust" stringValue="much"/>
        <example:more>1</example:more></sensorElement></sensorElementList>""",
        root=f'{DECLARED} xmlns:g="https://gs1.org/voc/"',
    )
    [element] = event["sensorElementList"]
    assert element["sensorMetadata"] == {"time": "2026-03-01T10:00:00Z", "example:probe": "7"}
    assert element["sensorReport"] == [
        {
            "type": "Temperature",
            "value": 26.0,
            "minValue": 20,
            "component": "x",
            "booleanValue": True,
            "exception": "ALARM_CONDITION",
            "uom": "CEL",
        },
        {"type": "example:Dust", "stringValue": "much"},
    ]
    assert element["example:more"] == "1"


def test_a_quantity_that_is_nil_is_left_out() -> None:
    event = read_event(
        "<quantityList><quantityElement><epcClass>urn:x:y</epcClass><quantity xsi:nil='true'/></quantityElement>"
        "</quantityList>",
        root=XSI,
    )
    assert event["quantityList"] == [{"epcClass": "urn:x:y"}]


def test_an_event_of_another_vocabulary_keeps_its_prefixed_type() -> None:
    source = xml_document(
        "<extension><example:PaintEvent><eventTime>2026-03-01T10:00:00Z</eventTime>"
        "<example:colour>red</example:colour></example:PaintEvent></extension>" + OBJECT_EVENT,
        root=DECLARED,
    )
    first, second = read_xml(source)["epcisBody"]["eventList"]
    assert first == {"type": "example:PaintEvent", "eventTime": "2026-03-01T10:00:00Z", "example:colour": "red"}
    assert second["type"] == "ObjectEvent"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_a_document_may_come_in_any_usual_encoding(encoding: str) -> None:
    text = xml_document(OBJECT_EVENT.replace("urn:epcglobal:cbv:bizstep:shipping", "urn:x:größe")).decode()
    text = text.replace('encoding="UTF-8"', f'encoding="{encoding.removesuffix("-sig")}"')
    assert read_xml(text.encode(encoding))["epcisBody"]["eventList"][0]["bizStep"] == "urn:x:größe"


def test_events_of_a_stream_tell_their_place() -> None:
    events = list(iter_events(xml_document(OBJECT_EVENT * 3)))
    assert [event.index for event in events] == [0, 1, 2]
    assert [event.path for event in events][2] == "/EPCISDocument/EPCISBody/EventList/ObjectEvent[3]"
    assert [(event.line, event.column) for event in events][:2] == [(6, 7), (13, 7)]


def test_an_event_of_a_stream_declares_what_only_it_declares() -> None:
    own = OBJECT_EVENT.replace("</ObjectEvent>", '<x:a xmlns:x="urn:x:">1</x:a></ObjectEvent>')
    stream = open_xml(xml_document(OBJECT_EVENT + own + OBJECT_EVENT, root=DECLARED))
    assert stream.context == [CONTEXT, {"example": EXAMPLE}]
    contexts = [event.event and event.event.get("@context") for event in stream]
    assert contexts == [None, [{"x": "urn:x:"}], None]


def test_the_envelope_is_there_before_the_first_event() -> None:
    stream = open_xml(OLD_DOCUMENT)
    assert (stream.version, stream.kind) == ("1.2", "EPCISDocument")
    assert stream.envelope()["instanceIdentifier"] == "4711"
    assert len(list(stream)) == 3


def test_an_event_that_cannot_be_read_does_not_keep_the_others_from_being_read() -> None:
    broken = OBJECT_EVENT.replace("bizStep", "bizzStep")
    first, second, third = iter_events(xml_document(OBJECT_EVENT + broken + OBJECT_EVENT))
    assert first.problem is None
    assert third.event is not None
    assert second.event is None
    assert second.problem is not None
    assert (second.problem.line, second.problem.column) == (18, 9)
    assert second.problem.path == "/EPCISDocument/EPCISBody/EventList/ObjectEvent[2]/bizzStep"
    assert second.problem.problems[0].index == 1


@pytest.mark.parametrize(
    ("inner", "code", "path"),
    [
        ("<bizStep>urn:x:y</bizStep>", "duplicate_element", "/bizStep[2]"),
        ("<unheard>1</unheard>", "unknown_element", "/unheard"),
        ("<parentID>urn:x:y</parentID>", "unknown_element", "/parentID"),
        ("<disposition><a/></disposition>", "unexpected_element", "/disposition/a"),
        ("<quantityList>some</quantityList>", "unexpected_text", "/quantityList"),
        ("<quantityList><epc>urn:x:y</epc></quantityList>", "unknown_element", "/quantityList/epc"),
        (
            "<quantityList><quantityElement><quantity>much</quantity></quantityElement></quantityList>",
            "invalid_number",
            "/quantityList/quantityElement/quantity",
        ),
        (
            "<sensorElementList><sensorElement><sensorReport value='INF'/></sensorElement></sensorElementList>",
            "invalid_number",
            "/sensorElementList/sensorElement/sensorReport",
        ),
        (
            "<sensorElementList><sensorElement><sensorReport booleanValue='yes'/></sensorElement></sensorElementList>",
            "invalid_boolean",
            "/sensorElementList/sensorElement/sensorReport",
        ),
        ("<sourceList><source kind='x'>urn:x:y</source></sourceList>", "unknown_attribute", "/sourceList/source"),
        ("<persistentDisposition><reset/></persistentDisposition>", "unknown_element", "/persistentDisposition/reset"),
    ],
)
def test_what_epcis_does_not_know_is_refused_with_its_place(inner: str, code: str, path: str) -> None:
    with pytest.raises(XmlInvalid) as caught:
        read_event(inner)
    assert caught.value.code == code
    assert caught.value.path == f"/EPCISDocument/EPCISBody/EventList/ObjectEvent[1]{path}"
    assert caught.value.line == 12
    assert f"(line 12, column {caught.value.column})" in caught.value.problems[0].message


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (b"", "xml_malformed"),
        (b"{}", "xml_malformed"),
        (b"<a><b></a>", "xml_malformed"),
        (b"<EPCISDocument/>", "no_epcis_document"),
        (b'<a:b xmlns:a="urn:other"/>', "no_epcis_document"),
        (b'<e:Stuff xmlns:e="urn:epcglobal:epcis:xsd:2"/>', "no_epcis_document"),
        (
            b'<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2"><Body/></q:EPCISQueryDocument>',
            "unknown_element",
        ),
        (
            b'<q:EPCISQueryDocument xmlns:q="urn:epcglobal:epcis-query:xsd:2"><EPCISBody/></q:EPCISQueryDocument>',
            "no_query_results",
        ),
    ],
)
def test_what_is_no_document_of_epcis_is_refused(source: bytes, code: str) -> None:
    with pytest.raises(XmlInvalid) as caught:
        read_xml(source)
    assert caught.value.code == code


def test_a_quantity_event_is_refused_with_what_replaced_it() -> None:
    with pytest.raises(XmlInvalid, match="quantityList says the same"):
        read_xml(xml_document("<QuantityEvent/>"))


def test_a_fault_of_syntax_tells_line_column_and_the_open_elements() -> None:
    with pytest.raises(XmlInvalid, match="mismatched tag") as caught:
        read_xml(xml_document(OBJECT_EVENT.replace("</action>", "</acting>")))
    assert (caught.value.line, caught.value.column) == (10, 26)
    assert caught.value.path == "/epcis:EPCISDocument/EPCISBody/EventList/ObjectEvent/action".replace("epcis:", "")
