"""Barcodes by HTTP: the samples of the documentation, every spelling, and faults with their places."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tracepass.gs1.compression import compress
from tracepass.gs1.elements import parse_bracketed

DECODE = "/api/v1/barcode/decode"
SANE = "01095011015300031721123110A1\x1d2123456"
LINK = "https://id.gs1.org/01/09501101530003/10/A1/21/23456?17=211231"


async def decoded(client: httpx2.AsyncClient, data: str, **more: str) -> dict[str, Any]:
    answer = await client.post(DECODE, json={"data": data, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_sane_form_of_the_documented_sample_is_decoded(client: httpx2.AsyncClient) -> None:
    assert await decoded(client, SANE) == {
        "isValid": True,
        "barcodeType": "GS1 element string",
        "gtin": "09501101530003",
        "serial": "23456",
        "batch": "A1",
        "expirationDate": "2021-12-31",
        "sscc": None,
        "applicationIdentifiers": [
            {
                "code": "01",
                "title": "Global Trade Item Number (GTIN)",
                "raw": "09501101530003",
                "type": "text",
                "value": "09501101530003",
                "position": 0,
            },
            {
                "code": "17",
                "title": "Expiration date",
                "raw": "211231",
                "type": "date",
                "value": "2021-12-31",
                "position": 16,
            },
            {"code": "10", "title": "Batch or lot number", "raw": "A1", "type": "text", "value": "A1", "position": 24},
            {"code": "21", "title": "Serial number", "raw": "23456", "type": "text", "value": "23456", "position": 29},
        ],
        "errors": [],
        "elementString": "(01)09501101530003(17)211231(10)A1(21)23456",
        "digitalLink": LINK,
    }


async def test_the_documented_sample_itself_is_refused_with_every_fault_and_its_place(
    client: httpx2.AsyncClient,
) -> None:
    found = await decoded(client, "010109501101530003172112310010A123456")
    assert (found["isValid"], found["serial"], found["digitalLink"]) == (False, None, None)
    assert [(error["code"], error["ai"], error["position"]) for error in found["errors"]] == [
        ("incorrect_check_digit", "01", 15),
        ("non_digit_character", "03", 30),
        ("ai_not_recognised", None, 32),
    ]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("^" + SANE.replace("\x1d", "^"), "GS1 element string"),
        ("\x1d" + SANE, "GS1 element string"),
        ("(01)09501101530003(17)211231(10)A1(21)23456", "GS1 element string"),
        ("]C1" + SANE, "GS1-128"),
        ("]d2" + SANE, "GS1 DataMatrix"),
        ("]Q3" + SANE, "GS1 QR Code"),
        ("]J1" + SANE, "GS1 DotCode"),
        ("]e0" + SANE, "GS1 DataBar"),
        (LINK, "GS1 Digital Link URI"),
        ("https://shop.example/p/01/09501101530003/10/A1/21/23456?17=211231", "GS1 Digital Link URI"),
        ("]Q1" + LINK, "QR Code"),
    ],
)
async def test_every_spelling_says_the_same(client: httpx2.AsyncClient, data: str, kind: str) -> None:
    found = await decoded(client, data)
    assert (found["isValid"], found["barcodeType"]) == (True, kind)
    assert (found["gtin"], found["serial"], found["batch"]) == ("09501101530003", "23456", "A1")
    assert (found["expirationDate"], found["digitalLink"]) == ("2021-12-31", LINK)


async def test_a_compressed_link_is_decoded(client: httpx2.AsyncClient) -> None:
    found = await decoded(client, "https://id.gs1.org/AQd1NhYLhw")
    plain = await decoded(client, "https://id.gs1.org/01/xx")
    assert found["barcodeType"] == plain["barcodeType"] == "GS1 Digital Link URI"


async def test_what_a_compressed_link_holds_stands_where_its_compressed_part_begins(client: httpx2.AsyncClient) -> None:
    elements = parse_bracketed("(01)09501101530003(21)X1(17)211231")
    whole = await decoded(client, compress(elements, "https://id.example.com"))
    half = await decoded(client, compress(elements, "https://id.example.com", half=True))
    assert [one["position"] for one in whole["applicationIdentifiers"]] == [23, 23, 23]
    assert [one["position"] for one in half["applicationIdentifiers"]] == [23, 41, 41]


async def test_the_caller_may_name_the_symbology(client: httpx2.AsyncClient) -> None:
    assert (await decoded(client, SANE, barcodeType="gs1 datamatrix"))["barcodeType"] == "GS1 DataMatrix"
    assert (await decoded(client, "]C1" + SANE, barcodeType="GS1 DataMatrix"))["barcodeType"] == "GS1-128"
    refused = await client.post(DECODE, json={"data": SANE, "barcodeType": "Aztec"})
    assert (refused.status_code, list(refused.json()["details"]["fieldErrors"])) == (400, ["barcodeType"])


@pytest.mark.parametrize(
    ("data", "code", "expected"),
    [
        ("(01)09501101530003(17)261200", "17", {"type": "date", "value": "2026-12-31"}),
        (
            "(01)99501101530006(3103)001234",
            "3103",
            {"type": "decimal", "value": 1.234, "unit": "kg", "unitCode": "KGM"},
        ),
        ("(01)99501101530006(3200)000012", "3200", {"type": "decimal", "value": 12, "unit": "lb", "unitCode": "LBR"}),
        (
            "(01)99501101530006(3103)001234(3932)978000199",
            "3932",
            {"type": "amount", "value": 1.99, "currency": "978", "currencyCode": "EUR"},
        ),
        ("(01)09501101530003(422)276", "422", {"type": "country", "value": "DE"}),
        ("(01)09501101530003(423)276250", "423", {"type": "countries", "value": ["DE", "FR"]}),
        ("(01)09501101530003(7030)999AB", "7030", {"type": "approval", "value": {"country": None, "number": "AB"}}),
        (
            "(00)106141412345678908(421)27610115",
            "421",
            {"type": "postalCode", "value": {"country": "DE", "code": "10115"}},
        ),
        ("(00)106141412345678908(4321)1", "4321", {"type": "boolean", "value": True}),
        ("(00)106141412345678908(4301)Caf%C3%A9", "4301", {"type": "text", "value": "Café"}),
        (
            "(00)106141412345678908(4309)14250000000134050000",
            "4309",
            {"type": "coordinates", "value": [52.5, 13.405]},
        ),
        (
            "(00)106141412345678908(4333)001850-",
            "4333",
            {"type": "decimal", "value": -18.5, "unit": "°C", "unitCode": "CEL"},
        ),
        (
            "(8006)095011015300030102",
            "8006",
            {"type": "pieces", "value": {"gtin": "09501101530003", "piece": 1, "total": 2}},
        ),
        ("(01)99501101530006(3103)001234(3922)199", "3922", {"type": "amount", "value": 1.99}),
        ("(01)09501101530003(7003)2612311530", "7003", {"type": "datetime", "value": "2026-12-31T15:30:00"}),
        ("(01)09501101530003(8008)26123115", "8008", {"type": "datetime", "value": "2026-12-31T15:00:00"}),
        ("(01)09501101530003(7007)260101260131", "7007", {"type": "dates", "value": ["2026-01-01", "2026-01-31"]}),
        ("(01)09501101530003(7007)260101", "7007", {"type": "date", "value": "2026-01-01"}),
        ("(01)99501101530006(30)12", "30", {"type": "integer", "value": 12}),
        ("(00)106141412345678908(02)09501101530003(37)5", "37", {"type": "integer", "value": 5}),
        ("(01)09501101530003(21)12", "21", {"type": "text", "value": "12"}),
    ],
)
async def test_a_value_comes_with_its_type(
    client: httpx2.AsyncClient, data: str, code: str, expected: dict[str, Any]
) -> None:
    found = await decoded(client, data)
    assert found["errors"] == []
    (element,) = [one for one in found["applicationIdentifiers"] if one["code"] == code]
    assert {name: element[name] for name in expected} == expected
    assert set(element) - set(expected) == {"code", "title", "raw", "position"}


async def test_what_stands_before_and_after_a_fault_is_read(client: httpx2.AsyncClient) -> None:
    found = await decoded(client, "(01)09501101530003(17)211331(10)A1(21)2 3")
    assert [one["code"] for one in found["applicationIdentifiers"]] == ["01", "10"]
    assert [(error["code"], error["position"]) for error in found["errors"]] == [
        ("illegal_month", 24),
        ("invalid_cset82_character", 39),
    ]
    found = await decoded(client, "0109501101530003" + "10" + "x" * 21 + "\x1d" + "2112")
    assert [one["code"] for one in found["applicationIdentifiers"]] == ["01", "21"]
    assert [(error["code"], error["position"]) for error in found["errors"]] == [("value_too_long", 38)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("", "text_empty"),
        ("]C1", "ai_data_empty"),
        ("]X9abc", "symbology_unsupported"),
        ("]Q1hello", "no_gs1_data"),
        ("3103001234", "ai_requires_others"),
        ("https://a.example/", "link_key_missing"),
        ("(10", "bracket_not_closed"),
    ],
)
async def test_what_is_no_gs1_data_is_answered_as_not_valid(client: httpx2.AsyncClient, data: str, code: str) -> None:
    found = await decoded(client, data)
    assert (found["isValid"], [error["code"] for error in found["errors"]]) == (False, [code])


async def test_an_ean_symbol_holds_a_gtin(client: httpx2.AsyncClient) -> None:
    found = await decoded(client, "]E04006381333931")
    assert (found["isValid"], found["gtin"], found["applicationIdentifiers"]) == (True, "04006381333931", [])
    assert found["elementString"] == "(01)04006381333931"
    assert found["digitalLink"] == "https://id.gs1.org/01/04006381333931"


async def test_a_batch_of_scans_answers_each(client: httpx2.AsyncClient) -> None:
    answer = await client.post(DECODE, json={"items": [{"data": SANE}, {"data": "x"}, {"data": 1}]})
    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["ok", "ok", "error"]
    assert [result["data"]["isValid"] for result in results[:2]] == [True, False]
