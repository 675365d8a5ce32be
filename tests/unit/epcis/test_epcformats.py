"""Identifiers of an event are answered in the notation a client asks for."""

from __future__ import annotations

import pytest
from tests.unit.epcis.xml_documents import json_event

from tracepass.epcis.epcformats import EpcFormat, formatted_event, formatted_uri

URN = "urn:epc:id:sgtin:0614141.812345.6789"
LINK = "https://id.gs1.org/01/80614141123458/21/6789"


def seven(_canonical: str) -> int | None:
    return 7


@pytest.mark.parametrize(
    ("given", "form", "expected"),
    [
        (URN, "Always_GS1_Digital_Link", LINK),
        (LINK, "Always_GS1_Digital_Link", LINK),
        ("https://shop.example/01/80614141123458/21/6789", "Always_GS1_Digital_Link", None),
        (URN, "Always_EPC_URN", URN),
        (LINK, "Always_EPC_URN", URN),
        (LINK, "No_Preference", LINK),
        (URN, "Never_Translates", URN),
        ("urn:uuid:fd338495-0e6d-41dd-afee-a862ecd32518", "Always_GS1_Digital_Link", None),
        ("https://example.com/place/7", "Always_EPC_URN", None),
        ("urn:epc:id:sgtin:nonsense", "Always_GS1_Digital_Link", None),
    ],
)
def test_an_identifier_is_written_as_asked_for_or_stays(given: str, form: EpcFormat, expected: str | None) -> None:
    assert formatted_uri(given, form, seven) == (expected or given)


def test_a_link_stays_where_nobody_knows_the_length_of_its_company_prefix() -> None:
    assert formatted_uri(LINK, "Always_EPC_URN") == LINK


def test_all_identifiers_of_an_event_are_written_as_asked_for() -> None:
    event = json_event(
        epcList=[URN],
        parentID=URN,
        quantityList=[{"epcClass": "urn:epc:class:lgtin:0614141.812345.L1", "quantity": 1}],
        readPoint={"id": "urn:epc:id:sgln:0614141.00729.0", "example:a": "urn:epc:id:sgtin:0614141.812345.1"},
        sourceList=[{"type": "location", "source": "urn:epc:id:sgln:0614141.00729.5"}],
        sensorElementList=[
            {
                "sensorMetadata": {"deviceID": "urn:epc:id:giai:0614141.7"},
                "sensorReport": [{"type": "Speed", "deviceID": "urn:epc:id:giai:0614141.8"}],
            }
        ],
    )
    links = formatted_event(event, "Always_GS1_Digital_Link")
    assert links["epcList"] == [LINK]
    assert links["parentID"] == LINK
    assert links["quantityList"][0] == {"epcClass": "https://id.gs1.org/01/80614141123458/10/L1", "quantity": 1}
    assert links["readPoint"]["id"] == "https://id.gs1.org/414/0614141007295"
    assert links["readPoint"]["example:a"] == "urn:epc:id:sgtin:0614141.812345.1"
    assert links["sourceList"][0]["source"] == "https://id.gs1.org/414/0614141007295/254/5"
    assert links["sensorElementList"][0]["sensorMetadata"]["deviceID"] == "https://id.gs1.org/8004/06141417"
    assert links["sensorElementList"][0]["sensorReport"][0]["deviceID"] == "https://id.gs1.org/8004/06141418"
    assert formatted_event(links, "Always_EPC_URN", seven) == event
    assert formatted_event(event, "No_Preference") == event
