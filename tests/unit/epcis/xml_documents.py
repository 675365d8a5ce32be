"""Documents of our own for the tests of EPCIS in XML."""

from __future__ import annotations

from typing import Any

EXAMPLE = "http://ns.example.com/epcis/"
CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"

OBJECT_EVENT = """
      <ObjectEvent>
        <eventTime>2026-03-01T10:00:00.000+01:00</eventTime>
        <eventTimeZoneOffset>+01:00</eventTimeZoneOffset>
        <epcList><epc>urn:epc:id:sgtin:4012345.011111.1</epc></epcList>
        <action>OBSERVE</action>
        <bizStep>urn:epcglobal:cbv:bizstep:shipping</bizStep>
      </ObjectEvent>"""

OLD_DOCUMENT = b"""<?xml version="1.0" encoding="UTF-8"?>
<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:1" xmlns:example="http://ns.example.com/epcis/"
    xmlns:sbdh="http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
    schemaVersion="1.2" creationDate="2026-03-01T10:00:00Z">
  <EPCISHeader>
    <sbdh:StandardBusinessDocumentHeader>
      <sbdh:HeaderVersion>1.0</sbdh:HeaderVersion>
      <sbdh:Sender><sbdh:Identifier Authority="GS1">urn:epc:id:sgln:4012345.00001.0</sbdh:Identifier></sbdh:Sender>
      <sbdh:Receiver><sbdh:Identifier>urn:epc:id:sgln:0614141.00001.0</sbdh:Identifier></sbdh:Receiver>
      <sbdh:DocumentIdentification>
        <sbdh:Standard>EPCglobal</sbdh:Standard><sbdh:TypeVersion>1.0</sbdh:TypeVersion>
        <sbdh:InstanceIdentifier>4711</sbdh:InstanceIdentifier><sbdh:Type>Events</sbdh:Type>
        <sbdh:CreationDateAndTime>2026-03-01T10:00:00Z</sbdh:CreationDateAndTime>
      </sbdh:DocumentIdentification>
    </sbdh:StandardBusinessDocumentHeader>
    <extension><EPCISMasterData><VocabularyList>
      <Vocabulary type="urn:epcglobal:epcis:vtype:BusinessLocation"><VocabularyElementList>
        <VocabularyElement id="urn:epc:id:sgln:4012345.00001.0">
          <attribute id="urn:epcglobal:cbv:mda#city">Cologne</attribute>
          <attribute id="urn:epcglobal:cbv:mda#latitude"><example:degrees>50.9</example:degrees></attribute>
          <children><id>urn:epc:id:sgln:4012345.00001.1</id></children>
        </VocabularyElement>
      </VocabularyElementList></Vocabulary>
    </VocabularyList></EPCISMasterData></extension>
  </EPCISHeader>
  <EPCISBody><EventList>
    <ObjectEvent>
      <eventTime>2026-03-01T10:00:00.000+01:00</eventTime>
      <recordTime>2026-03-01T10:00:01.000+01:00</recordTime>
      <eventTimeZoneOffset>+01:00</eventTimeZoneOffset>
      <baseExtension>
        <eventID>urn:uuid:fd338495-0e6d-41dd-afee-a862ecd32518</eventID>
        <errorDeclaration>
          <declarationTime>2026-03-02T10:00:00.000+01:00</declarationTime>
          <reason>urn:epcglobal:cbv:er:incorrect_data</reason>
          <correctiveEventIDs><correctiveEventID>urn:uuid:1</correctiveEventID></correctiveEventIDs>
          <extension><example:why>typing</example:why></extension>
        </errorDeclaration>
      </baseExtension>
      <epcList/>
      <action>ADD</action>
      <bizStep>urn:epcglobal:cbv:bizstep:commissioning</bizStep>
      <disposition>urn:epcglobal:cbv:disp:active</disposition>
      <readPoint><id>urn:epc:id:sgln:4012345.00001.0</id><extension><example:gate>7</example:gate></extension></readPoint>
      <bizTransactionList>
        <bizTransaction type="urn:epcglobal:cbv:btt:po"> http://example.com/po/1 </bizTransaction>
      </bizTransactionList>
      <extension>
        <quantityList><quantityElement>
          <epcClass>urn:epc:class:lgtin:4012345.012345.998877</epcClass><quantity>200.5</quantity><uom>KGM</uom>
        </quantityElement></quantityList>
        <sourceList>
          <source type="urn:epcglobal:cbv:sdt:owning_party">urn:epc:id:pgln:4012345.00225</source>
        </sourceList>
        <ilmd><example:bestBefore>2026-12-31</example:bestBefore></ilmd>
        <extension>
          <persistentDisposition><set>urn:epcglobal:cbv:disp:completeness_verified</set></persistentDisposition>
        </extension>
      </extension>
      <example:note>by hand</example:note>
    </ObjectEvent>
    <extension>
      <TransformationEvent>
        <eventTime>2026-03-01T11:00:00Z</eventTime>
        <eventTimeZoneOffset>+00:00</eventTimeZoneOffset>
        <inputEPCList><epc>urn:epc:id:sgtin:4012345.011111.1</epc></inputEPCList>
        <outputEPCList><epc>urn:epc:id:sgtin:4012345.022222.1</epc></outputEPCList>
        <transformationID>urn:epc:id:gdti:0614141.12345.400</transformationID>
      </TransformationEvent>
      <extension>
        <AssociationEvent>
          <eventTime>2026-03-01T12:00:00Z</eventTime>
          <eventTimeZoneOffset>+00:00</eventTimeZoneOffset>
          <parentID>urn:epc:id:grai:4012345.55555.987</parentID>
          <childEPCs><epc>urn:epc:id:giai:4000001.12345</epc></childEPCs>
          <action>ADD</action>
        </AssociationEvent>
      </extension>
    </extension>
  </EventList></EPCISBody>
</epcis:EPCISDocument>
"""


def xml_document(events: str, *, prolog: str = "", root: str = "", before: str = "") -> bytes:
    """A document of EPCIS 2.0 around events."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
{prolog}<epcis:EPCISDocument xmlns:epcis="urn:epcglobal:epcis:xsd:2" schemaVersion="2.0"
    creationDate="2026-03-01T10:00:00Z" {root}>{before}
  <EPCISBody>
    <EventList>{events}
    </EventList>
  </EPCISBody>
</epcis:EPCISDocument>
""".encode()


def json_document(*events: dict[str, Any], **members: Any) -> dict[str, Any]:
    """The same in JSON."""
    return {
        "@context": [CONTEXT, {"example": EXAMPLE}],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-03-01T10:00:00Z",
        **members,
        "epcisBody": {"eventList": list(events)},
    }


def json_event(**members: Any) -> dict[str, Any]:
    """An observation, changed by members."""
    return {
        "type": "ObjectEvent",
        "eventTime": "2026-03-01T10:00:00.000+01:00",
        "eventTimeZoneOffset": "+01:00",
        "epcList": ["urn:epc:id:sgtin:4012345.011111.1"],
        "action": "OBSERVE",
        **members,
    }
