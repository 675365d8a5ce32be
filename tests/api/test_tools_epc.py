"""EPCs by HTTP: the samples of the documentation, and what cannot be."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.conftest import Office

from tracepass.api.refusals import CSRF_HEADER

ENCODE, DECODE = "/api/v1/epc/encode", "/api/v1/epc/decode"
SGTIN = {"type": "SGTIN", "gtin": "09501101530003", "serial": "12345", "companyPrefixLength": 7}


async def test_the_documented_key_becomes_an_epc_as_the_standard_has_it(client: httpx2.AsyncClient) -> None:
    answer = await client.post(ENCODE, json=SGTIN)
    assert answer.status_code == 200
    assert answer.json() == {
        "type": "SGTIN",
        "uri": "urn:epc:id:sgtin:9501101.053000.12345",
        "elementString": "(01)09501101530003(21)12345",
        "digitalLink": "https://id.gs1.org/01/09501101530003/21/12345",
        "components": {"gtin": "09501101530003", "serial": "12345"},
        "tag": {
            "scheme": "sgtin-96",
            "filter": 0,
            "filterName": "all others",
            "uri": "urn:epc:tag:sgtin-96:0.9501101.053000.12345",
            "hex": "301643E6B433C20000003039",
        },
    }


async def test_the_documented_urn_is_decoded_as_it_stands(client: httpx2.AsyncClient) -> None:
    answer = await client.post(
        DECODE, json={"value": "urn:epc:id:sgtin:9501101.530003.12345", "companyPrefixLength": 7}
    )
    assert answer.status_code == 200
    found = answer.json()
    assert (found["type"], found["gtin"], found["serial"]) == ("SGTIN", "59501101300038", "12345")
    assert found["companyPrefix"] == "9501101"
    assert found["components"] == {
        "companyPrefix": "9501101",
        "itemReference": "530003",
        "serial": "12345",
        "gtin": "59501101300038",
    }


KEYS: list[tuple[dict[str, Any], str]] = [
    (SGTIN | {"gtin": "9501101530003"}, "urn:epc:id:sgtin:9501101.053000.12345"),
    ({"type": "sscc", "sscc": "106141412345678908"}, "urn:epc:id:sscc:0614141.1234567890"),
    ({"type": "SGLN", "gln": "0614141123452"}, "urn:epc:id:sgln:0614141.12345.0"),
    ({"type": "SGLN", "gln": "0614141123452", "extension": "32a/b"}, "urn:epc:id:sgln:0614141.12345.32a%2Fb"),
    ({"type": "GRAI", "grai": "0614141123452", "serial": "400"}, "urn:epc:id:grai:0614141.12345.400"),
    ({"type": "GRAI", "grai": "00614141123452", "serial": "400"}, "urn:epc:id:grai:0614141.12345.400"),
    ({"type": "GRAI", "grai": "00614141123469400"}, "urn:epc:id:grai:0614141.12346.400"),
    ({"type": "GRAI", "grai": "0614141123469400"}, "urn:epc:id:grai:0614141.12346.400"),
    ({"type": "GIAI", "giai": "061414112345400"}, "urn:epc:id:giai:0614141.12345400"),
    ({"type": "GSRN", "gsrn": "061414112345678902"}, "urn:epc:id:gsrn:0614141.1234567890"),
    ({"type": "GSRNP", "gsrnp": "061414112345678902"}, "urn:epc:id:gsrnp:0614141.1234567890"),
    ({"type": "GDTI", "gdti": "0614141123452", "serial": "400"}, "urn:epc:id:gdti:0614141.12345.400"),
    ({"type": "GDTI", "gdti": "0614141123452400"}, "urn:epc:id:gdti:0614141.12345.400"),
    ({"type": "SGCN", "gcn": "0614141678907", "serial": "04711"}, "urn:epc:id:sgcn:0614141.67890.04711"),
    ({"type": "CPI", "cpi": "0614141123ABC", "serial": "12"}, "urn:epc:id:cpi:0614141.123ABC.12"),
    ({"type": "ITIP", "itip": "406141411234500102", "serial": "9"}, "urn:epc:id:itip:0614141.412345.01.02.9"),
    (
        {"type": "ITIP", "gtin": "40614141123450", "piece": "01", "total": "02", "serial": "9"},
        "urn:epc:id:itip:0614141.412345.01.02.9",
    ),
    ({"type": "UPUI", "gtin": "10614141123459", "tpx": "ab<c"}, "urn:epc:id:upui:0614141.112345.ab%3Cc"),
    ({"type": "PGLN", "gln": "0614141123452"}, "urn:epc:id:pgln:0614141.12345"),
    ({"type": "LGTIN", "gtin": "10614141123459", "lot": "L1"}, "urn:epc:class:lgtin:0614141.112345.L1"),
    ({"type": "GINC", "ginc": "0614141xyz47"}, "urn:epc:id:ginc:0614141.xyz47"),
    ({"type": "GSIN", "gsin": "06141411234567890"}, "urn:epc:id:gsin:0614141.123456789"),
    ({"type": "SGTIN", "gtin": "10614141123459", "classLevel": True}, "urn:epc:idpat:sgtin:0614141.112345.*"),
]


@pytest.mark.parametrize(("item", "uri"), KEYS, ids=lambda value: value if isinstance(value, str) else "")
async def test_every_type_is_encoded_and_decoded(client: httpx2.AsyncClient, item: dict[str, Any], uri: str) -> None:
    answer = await client.post(ENCODE, json={"companyPrefixLength": 7} | item)
    assert (answer.status_code, answer.json().get("uri")) == (200, uri), answer.text
    made = answer.json()
    for value in (uri, made["elementString"], made["digitalLink"]):
        back = await client.post(DECODE, json={"value": value, "companyPrefixLength": 7})
        assert back.status_code == 200, back.text
        assert back.json()["uri"] == uri
        assert made["components"].items() <= back.json()["components"].items()


async def test_a_tag_is_made_as_asked_and_read_back(client: httpx2.AsyncClient) -> None:
    answer = await client.post(ENCODE, json=SGTIN | {"serial": "32a/b", "filter": 3, "tagScheme": "sgtin-198"})
    tag = answer.json()["tag"]
    assert (tag["scheme"], tag["filter"], tag["filterName"]) == ("sgtin-198", 3, "reserved")
    for value, notation in ((tag["hex"], "tag-memory"), (tag["uri"], "tag-uri"), (tag["hex"].lower(), "tag-memory")):
        back = (await client.post(DECODE, json={"value": value})).json()
        assert (back["notation"], back["uri"]) == (notation, "urn:epc:id:sgtin:9501101.053000.32a%2Fb")
        assert back["tag"] == tag


@pytest.mark.parametrize(
    ("change", "field", "fault"),
    [
        ({"gtin": "09501101530004"}, "gtin", "invalid_gtin"),
        ({"gtin": "095011"}, "gtin", "invalid_gtin"),
        ({"serial": "1 2"}, "serial", "invalid_character"),
        ({"serial": ""}, "serial", "invalid_length"),
        ({"companyPrefixLength": 5}, "companyPrefixLength", "company_prefix_length"),
        ({"companyPrefixLength": 13}, "companyPrefixLength", "company_prefix_length"),
        ({"type": "USDOD"}, "type", "unknown_scheme"),
        ({"tagScheme": "sgtin-64"}, "tagScheme", "unknown_scheme"),
        ({"tagScheme": "sgtin-96", "serial": "A"}, "tagScheme", "does_not_fit"),
        ({"type": "SGTIN", "serial": None}, "serial", None),
        ({"serial": "1", "classLevel": True}, "serial", None),
        ({"sscc": "106141412345678908"}, "sscc", None),
        ({"gtin": None}, "gtin", None),
        ({"filter": 8}, "filter", None),
        ({"companyPrefixLength": None}, "companyPrefixLength", None),
        ({"companyPrefixLength": "7"}, "companyPrefixLength", None),
        ({"surprise": 1}, "surprise", None),
        ({"type": "LGTIN", "serial": None, "classLevel": True}, "lot", None),
        ({"type": "GRAI", "gtin": None, "serial": None, "grai": "0614141123452400"}, "grai", "ambiguous"),
    ],
)
async def test_what_cannot_be_encoded_is_refused_with_its_place(
    client: httpx2.AsyncClient, change: dict[str, Any], field: str, fault: str | None
) -> None:
    answer = await client.post(ENCODE, json=SGTIN | change)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error"), answer.text
    details = answer.json()["details"]
    assert list(details["fieldErrors"]) == [field]
    assert [one["code"] for one in details.get("faults", [])] == ([] if fault is None else [fault])


@pytest.mark.parametrize(
    ("item", "field", "position"),
    [
        ({"value": "urn:epc:id:sgtin:9501101.530003.1%202"}, "value", 33),
        ({"value": "urn:epc:id:sgtin:9501101.530003.1", "companyPrefixLength": 8}, "companyPrefixLength", None),
        ({"value": "https://id.gs1.org/01/09501101530003/21/1"}, "companyPrefixLength", None),
        ({"value": "https://id.gs1.org/01/09501101530004/21/1", "companyPrefixLength": 7}, "value", 13),
        ({"value": "(01)09501101530004(21)1", "companyPrefixLength": 7}, "value", 17),
        ({"value": "(8013)1987654Ad4X4bL5ttr2310c2K", "companyPrefixLength": 7}, "value", None),
        ({"value": "3074257BF7194E4000001AFF00FF"}, "value", 28),
        ({"value": "FF74257BF7194E4000001A85"}, "value", 0),
        ({"value": "urn:epc:tag:sgtin-96:9.0614141.812345.1"}, "value", 21),
        ({"value": ""}, "value", 0),
    ],
)
async def test_what_cannot_be_decoded_is_refused_with_its_place(
    client: httpx2.AsyncClient, item: dict[str, Any], field: str, position: int | None
) -> None:
    answer = await client.post(DECODE, json=item)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error"), answer.text
    (fault,) = answer.json()["details"]["faults"]
    assert (fault["field"], fault.get("position")) == (field, position)


async def test_a_wrong_check_digit_in_a_link_passes_only_when_asked_to(client: httpx2.AsyncClient) -> None:
    item = {"value": "https://google.com/8017/123456789012345678", "companyPrefixLength": 10}
    refused = await client.post(DECODE, json=item)
    assert (refused.status_code, refused.json()["details"]["faults"][0]["code"]) == (400, "check_digit")
    assert "verifyCheckDigit: false" in refused.json()["message"]
    answer = await client.post(DECODE, json=item | {"verifyCheckDigit": False})
    assert (answer.status_code, answer.json()["uri"]) == (200, "urn:epc:id:gsrnp:1234567890.1234567")


async def test_each_item_of_a_batch_stands_for_itself(client: httpx2.AsyncClient) -> None:
    items = [SGTIN, SGTIN | {"gtin": "09501101530004"}, "nonsense", SGTIN | {"serial": "9"}]
    answer = await client.post(ENCODE, json={"items": items})
    assert answer.status_code == 200
    assert [result["status"] for result in answer.json()["results"]] == ["ok", "error", "error", "ok"]
    assert [result["index"] for result in answer.json()["results"]] == [0, 1, 2, 3]
    assert answer.json()["results"][1]["error"] == "validation_error"
    assert answer.json()["results"][1]["details"]["faults"][0]["field"] == "gtin"
    assert answer.json()["results"][3]["data"]["uri"] == "urn:epc:id:sgtin:9501101.053000.9"
    assert answer.json()["summary"] == {"succeeded": 2, "failed": 2}


async def test_a_batch_has_up_to_a_thousand_items(client: httpx2.AsyncClient) -> None:
    item = {"value": "urn:epc:id:sgtin:9501101.530003.12345"}
    answer = await client.post(DECODE, json={"items": [item] * 1000})
    assert (answer.status_code, answer.json()["summary"]) == (200, {"succeeded": 1000, "failed": 0})
    malformed: list[dict[str, Any]] = [
        {"items": [item] * 1001},
        {"items": []},
        {"items": "x"},
        {"items": [item], "value": "x"},
    ]
    for body in malformed:
        refused = await client.post(DECODE, json=body)
        assert (refused.status_code, refused.json()["error"]) == (400, "validation_error")


@pytest.mark.parametrize("path", [ENCODE, DECODE, "/api/v1/barcode/decode", "/api/v1/serial/validate"])
async def test_any_key_opens_the_tools_and_a_session_with_its_proof(office: Office, path: str) -> None:
    body: dict[str, Any] = {"items": [{}]}
    powerless = await office.client(scopes=frozenset())
    assert (await powerless.post(path, json=body)).status_code == 200
    person = await office.person(await office.workspace())
    assert (await person.post(path, json=body)).status_code == 200
    del person.headers[CSRF_HEADER]
    refused = await person.post(path, json=body)
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")


@pytest.mark.parametrize("body", ["[]", "1", "null", '"x"', "[{}]"])
async def test_a_body_that_is_no_object_is_refused(client: httpx2.AsyncClient, body: str) -> None:
    answer = await client.post(ENCODE, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")


async def test_a_plan_allows_so_many_tool_calls_a_minute(office: Office) -> None:
    free = await office.client(plan="free")
    body = {"value": "urn:epc:id:sscc:0614141.1234567890"}
    answers = [await free.post(DECODE, json=body) for _ in range(61)]
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert answers[-1].json()["error"] == "rate_limited"
    assert answers[-1].json()["details"] == {"window": "minute", "limit": 60}


async def test_a_batch_costs_as_many_reads_as_it_has_items(office: Office) -> None:
    free = await office.client(plan="free")
    item = {"value": "urn:epc:id:sscc:0614141.1234567890"}
    assert (await free.post(DECODE, json={"items": [item] * 1000})).status_code == 200
    refused = await free.post(DECODE, json=item)
    assert (refused.status_code, refused.json()["details"]) == (429, {"window": "day", "limit": 1000})
