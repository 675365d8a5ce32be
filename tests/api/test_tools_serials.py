"""Serial numbers by HTTP, against the standard and the rules of countries."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

VALIDATE = "/api/v1/serial/validate"
SAMPLE = {"gtin": "09501101530003", "serial": "ABC123", "countryCode": "AE"}
CRYPTO = "0109501101530003217234567890abc\x1d91ABCD\x1d92" + "x" * 44


async def verdict(client: httpx2.AsyncClient, **item: Any) -> dict[str, Any]:
    answer = await client.post(VALIDATE, json=item)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def told(findings: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(finding["field"], finding["code"]) for finding in findings]


async def test_the_documented_sample_is_valid(client: httpx2.AsyncClient) -> None:
    found = await verdict(client, **SAMPLE)
    assert (found["valid"], found["errors"], found["warnings"]) == (True, [], [])
    rules = found["countryRules"]
    assert {"system": "TATMEEN", "serialMaxLength": 20, "allowedChars": "alphanumeric"}.items() <= rules.items()
    assert rules["requiredAis"] == ["01", "21", "17", "10"]


async def test_every_rule_cites_its_source_and_says_how_grave_it_is(client: httpx2.AsyncClient) -> None:
    _, known = await unknown(client)
    for code in known:
        rules = (await verdict(client, gtin="09501101530003", serial="1", countryCode=code))["countryRules"]
        assert rules["rules"], code
        for rule in rules["rules"]:
            assert rule["severity"] in {"error", "warning"}
            assert rule["source"]["url"].startswith("http")
            assert rule["source"]["confidence"] in {"primary", "second-hand"}


async def test_what_is_known_at_second_hand_makes_no_length_an_error(client: httpx2.AsyncClient) -> None:
    _, known = await unknown(client)
    for code in known:
        rules = (await verdict(client, gtin="09501101530003", serial="1", countryCode=code))["countryRules"]
        hearsay = [rule for rule in rules["rules"] if rule["source"]["confidence"] == "second-hand"]
        errors = {rule["id"] for rule in hearsay if rule["severity"] == "error"}
        assert all(rule.startswith("requires-") for rule in errors), (code, errors)
        assert not errors or rules["status"] == "in force", code


async def test_kazakhstan_warns_of_another_length_since_its_rules_are_known_at_second_hand(
    client: httpx2.AsyncClient,
) -> None:
    found = await verdict(client, gtin="09501101530003", serial="ABC123", countryCode="KZ")
    assert (found["valid"], told(found["warnings"])) == (True, [("serial", "invalid_length")])


async def unknown(client: httpx2.AsyncClient) -> tuple[httpx2.Response, list[str]]:
    answer = await client.post(VALIDATE, json=SAMPLE | {"countryCode": "XX"})
    return answer, answer.json()["details"]["known"]


async def test_an_unknown_country_is_refused_with_the_list_of_those_that_are_known(client: httpx2.AsyncClient) -> None:
    answer, known = await unknown(client)
    assert (answer.status_code, answer.json()["error"]) == (400, "unknown_country")
    systems = {"AE", "SA", "EG", "BH", "JO", "ET", "EU", "DE", "FR", "RU", "UZ", "KZ", "IN", "BR", "TR", "CN", "US"}
    assert systems <= set(known)
    assert known == sorted(known)


async def test_without_a_country_the_standard_alone_counts(client: httpx2.AsyncClient) -> None:
    found = await verdict(client, gtin="09501101530003", serial="A/1-%?")
    assert found == {"valid": True, "errors": [], "warnings": [], "countryRules": None}


@pytest.mark.parametrize(
    ("change", "field", "code", "position"),
    [
        ({"gtin": "09501101530004"}, "gtin", "check_digit", 13),
        ({"gtin": "0950110153000"}, "gtin", "check_digit", 12),
        ({"gtin": "0950110153"}, "gtin", "invalid_length", 0),
        ({"gtin": "0950110153000X"}, "gtin", "invalid_character", 13),
        ({"gtin": ""}, "gtin", "invalid_length", 0),
        ({"serial": ""}, "serial", "invalid_length", 0),
        ({"serial": "1" * 21}, "serial", "invalid_length", 20),
        ({"serial": "ABÜ"}, "serial", "invalid_character", 2),
        ({"batch": "a b"}, "batch", "invalid_character", 1),
        ({"expirationDate": "2027-13"}, "expirationDate", "invalid_date", 0),
    ],
)
async def test_a_fault_of_the_standard_is_an_error_with_its_place(
    client: httpx2.AsyncClient, change: dict[str, str], field: str, code: str, position: int
) -> None:
    found = await verdict(client, **{**SAMPLE, **change})
    assert not found["valid"]
    errors = [(error["field"], error["code"], error["position"]) for error in found["errors"]]
    assert (field, code, position) in errors


async def test_a_narrower_set_of_a_country_is_a_warning_unless_its_law_says_so(client: httpx2.AsyncClient) -> None:
    serial = "AB-1/2"
    emirates = await verdict(client, gtin="09501101530003", serial=serial, countryCode="ae")
    assert (emirates["valid"], told(emirates["warnings"])) == (True, [("serial", "invalid_character")])
    assert emirates["warnings"][0]["position"] == 2
    assert emirates["warnings"][0]["rule"] == "serial-characters"
    assert emirates["warnings"][0]["source"]["url"].startswith("https://")
    union = await verdict(client, gtin="09501101530003", serial=serial, countryCode="DE")
    assert (union["valid"], told(union["errors"])) == (False, [("serial", "invalid_character")])
    assert union["countryRules"]["system"] == "EU FMD"


async def test_russia_wants_thirteen_characters_and_its_crypto_codes(client: httpx2.AsyncClient) -> None:
    short = await verdict(client, gtin="09501101530003", serial="ABC123", countryCode="RU")
    assert told(short["errors"]) == [("serial", "invalid_length")]
    whole = await verdict(client, data=CRYPTO, countryCode="RU")
    assert (whole["valid"], whole["errors"]) == (True, [])
    without = await verdict(client, data="0109501101530003217234567890abc", countryCode="RU")
    assert told(without["errors"]) == [("91", "missing"), ("92", "missing")]


async def test_uzbekistan_wants_a_seven_first(client: httpx2.AsyncClient) -> None:
    assert told((await verdict(client, data=CRYPTO.replace("217", "216"), countryCode="UZ"))["warnings"]) == [
        ("serial", "country_rule")
    ]


async def test_egypt_would_like_a_whole_day(client: httpx2.AsyncClient) -> None:
    base = {"gtin": "09501101530003", "serial": "ABC123", "batch": "A1", "countryCode": "EG"}
    assert (await verdict(client, **base, expirationDate="2027-02-28"))["valid"]
    month = await verdict(client, **base, expirationDate="2027-02")
    assert (month["valid"], told(month["warnings"])) == (True, [("expirationDate", "country_rule")])


async def test_brazil_only_warns_since_its_system_is_suspended(client: httpx2.AsyncClient) -> None:
    found = await verdict(client, data="(01)09501101530003(21)ABC", countryCode="BR")
    assert (found["valid"], found["countryRules"]["status"]) == (True, "suspended")
    assert ("713", "missing") in told(found["warnings"])


async def test_the_united_states_look_for_the_drug_code_in_the_gtin(client: httpx2.AsyncClient) -> None:
    assert told((await verdict(client, **SAMPLE | {"countryCode": "US"}))["warnings"]) == [("gtin", "country_rule")]
    assert (await verdict(client, **SAMPLE | {"gtin": "00312345678906", "countryCode": "US"}))["warnings"] == []


async def test_faults_of_a_whole_code_are_told_with_their_places(client: httpx2.AsyncClient) -> None:
    found = await verdict(client, data="(01)09501101530004(21)A", countryCode="AE")
    assert found["errors"][0] == {
        "code": "incorrect_check_digit",
        "message": "the check digit of (01) is wrong",
        "ai": "01",
        "position": 17,
        "length": 1,
        "field": "data",
    }


@pytest.mark.parametrize(
    ("item", "fields"),
    [
        ({}, ["gtin", "serial"]),
        ({"gtin": "09501101530003"}, ["serial"]),
        ({"data": "x", "serial": "1"}, ["data"]),
        ({"gtin": 1, "serial": "1"}, ["gtin"]),
    ],
)
async def test_a_malformed_request_is_refused(
    client: httpx2.AsyncClient, item: dict[str, Any], fields: list[str]
) -> None:
    answer = await client.post(VALIDATE, json=item)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
    assert list(answer.json()["details"]["fieldErrors"]) == fields


async def test_a_batch_of_serials_answers_each(client: httpx2.AsyncClient) -> None:
    items = [SAMPLE, SAMPLE | {"countryCode": "XX"}, SAMPLE | {"gtin": "1"}]
    answer = await client.post(VALIDATE, json={"items": items})
    results = answer.json()["results"]
    assert [result["status"] for result in results] == ["ok", "error", "ok"]
    assert (results[1]["error"], results[2]["data"]["valid"]) == ("unknown_country", False)
