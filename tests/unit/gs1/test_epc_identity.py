"""EPCs as URNs, as application identifiers and as Digital Links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gs1.epcs import attempt, epcs

from tracepass.gs1.epc import (
    SCHEMES,
    Epc,
    EpcError,
    from_link,
    from_values,
    parse_urn,
    to_link,
    to_urn,
    to_values,
)

# The examples of TDS 1.13, clause 6.3 and 7, and one of each pattern.
ALIKE = [
    ("urn:epc:id:sgtin:0614141.112345.400", {"01": "10614141123459", "21": "400"}),
    ("urn:epc:id:sgtin:0614141.712345.32a%2Fb", {"01": "70614141123451", "21": "32a/b"}),
    ("urn:epc:id:sgtin:9501101.053000.12345", {"01": "09501101530003", "21": "12345"}),
    ("urn:epc:id:sscc:0614141.1234567890", {"00": "106141412345678908"}),
    ("urn:epc:id:sgln:0614141.12345.400", {"414": "0614141123452", "254": "400"}),
    ("urn:epc:id:sgln:0614141.12345.0", {"414": "0614141123452"}),
    ("urn:epc:id:grai:0614141.12345.400", {"8003": "00614141123452400"}),
    ("urn:epc:id:giai:0614141.12345400", {"8004": "061414112345400"}),
    ("urn:epc:id:gsrn:0614141.1234567890", {"8018": "061414112345678902"}),
    ("urn:epc:id:gsrnp:0614141.1234567890", {"8017": "061414112345678902"}),
    ("urn:epc:id:gdti:0614141.12345.400", {"253": "0614141123452400"}),
    ("urn:epc:id:cpi:0614141.123ABC.123456789", {"8010": "0614141123ABC", "8011": "123456789"}),
    ("urn:epc:id:sgcn:4012345.67890.04711", {"255": "401234567890104711"}),
    ("urn:epc:id:ginc:0614141.xyz47%2F11", {"401": "0614141xyz47/11"}),
    ("urn:epc:id:gsin:0614141.123456789", {"402": "06141411234567890"}),
    ("urn:epc:id:itip:4012345.012345.01.02.987", {"8006": "040123451234560102", "21": "987"}),
    ("urn:epc:id:upui:1234567.089456.51qIgY)%3C%26Jp3*j7'SDB", {"01": "01234567894560", "235": "51qIgY)<&Jp3*j7'SDB"}),
    ("urn:epc:id:pgln:1234567.89012", {"417": "1234567890128"}),
    ("urn:epc:class:lgtin:4012345.012345.998877", {"01": "04012345123456", "10": "998877"}),
    ("urn:epc:idpat:sgtin:0614141.112345.*", {"01": "10614141123459"}),
    ("urn:epc:idpat:grai:0614141.12345.*", {"8003": "00614141123452"}),
    ("urn:epc:idpat:gdti:0614141.12345.*", {"253": "0614141123452"}),
    ("urn:epc:idpat:sgcn:4012345.67890.*", {"255": "4012345678901"}),
    ("urn:epc:idpat:cpi:0614141.123ABC.*", {"8010": "0614141123ABC"}),
    ("urn:epc:idpat:itip:4012345.012345.01.02.*", {"8006": "040123451234560102"}),
]


@pytest.mark.parametrize(("urn", "values"), ALIKE)
def test_a_urn_and_its_application_identifiers_are_the_same_thing(urn: str, values: dict[str, str]) -> None:
    epc = parse_urn(urn)
    assert to_values(epc) == values
    assert from_values(values, len(epc.company_prefix)) == epc
    assert to_urn(epc) == urn


@given(epcs())
def test_every_epc_survives_its_urn(epc: Epc) -> None:
    assert parse_urn(to_urn(epc)) == epc


@given(epcs())
def test_every_epc_survives_its_application_identifiers(epc: Epc) -> None:
    assert to_urn(from_values(to_values(epc), len(epc.company_prefix))) == to_urn(known(epc))


@given(epcs())
def test_every_epc_survives_its_digital_link(epc: Epc) -> None:
    assert from_link(to_link(epc), len(epc.company_prefix), verify=True) == known(epc)


def known(epc: Epc) -> Epc:
    """A GTIN without a serial is a product, whatever its instances are numbered by."""
    if epc.scheme.name == "upui" and epc.serial is None:
        return Epc(SCHEMES["sgtin"], epc.company_prefix, epc.reference)
    return epc


@given(st.text(), st.integers(-1, 20) | st.none())
def test_any_text_is_an_epc_or_a_fault_with_its_place(text: str, length: int | None) -> None:
    for read in (parse_urn, lambda value: from_link(value, length), lambda value: from_values({"01": value}, length)):
        found = attempt(read, text)
        assert isinstance(found, Epc) or (found.code and 0 <= (found.position or 0) <= len(text))


@given(
    st.sampled_from([*SCHEMES, "sgtin-96", ""]),
    st.sampled_from(["id", "idpat", "class"]),
    st.text("0123456789.*%A2", max_size=40),
)
def test_any_body_is_an_epc_or_a_fault_within_the_text(scheme: str, namespace: str, body: str) -> None:
    text = f"urn:epc:{namespace}:{scheme}:{body}"
    found = attempt(parse_urn, text)
    if isinstance(found, Epc):
        assert parse_urn(to_urn(found)) == found
    else:
        assert 0 <= (found.position or 0) <= len(text)


@pytest.mark.parametrize(
    ("text", "code", "component", "position"),
    [
        ("urn:epc:id:sgtin:06141A1.812345.6789", "invalid_character", "companyPrefix", 22),
        ("urn:epc:id:sgtin:06141.8123456.6789", "invalid_length", "companyPrefix", 17),
        ("urn:epc:id:sgtin:0614141.81234.6789", "invalid_length", "itemReference", 30),
        ("urn:epc:id:sgtin:0614141.812345", "missing_component", "serial", 31),
        ("urn:epc:id:sgtin:0614141.812345.a%2Fb%20c", "invalid_character", "serial", 37),
        ("urn:epc:id:sgtin:0614141.812345." + "1" * 21, "invalid_length", "serial", 52),
        ("urn:epc:id:sgtin:0614141.812345.", "invalid_length", "serial", 32),
        ("urn:epc:id:sgtin:0614141.812345.ü", "invalid_character", "serial", 32),
        ("urn:epc:id:cpi:0614141.123.0123", "leading_zero", "serial", 27),
        ("urn:epc:id:cpi:0614141.12a.1", "invalid_character", "componentPartReference", 25),
        ("urn:epc:id:itip:4012345.012345.1.02.987", "invalid_length", "piece", 31),
        ("urn:epc:idpat:sgtin:0614141.812345.6789", "invalid_character", "serial", 35),
        ("urn:epc:idpat:sscc:0614141.*", "unknown_scheme", "scheme", None),
        ("urn:epc:id:lgtin:4012345.012345.998877", "unknown_scheme", "namespace", 8),
        ("urn:epc:id:nothing:1", "unknown_scheme", "scheme", 11),
        ("urn:epc:sgtin", "not_an_epc", None, 0),
        ("", "not_an_epc", None, 0),
    ],
)
def test_a_faulty_urn_is_told_what_and_where(text: str, code: str, component: str, position: int) -> None:
    with pytest.raises(EpcError) as caught:
        parse_urn(text)
    assert (caught.value.code, caught.value.component, caught.value.position) == (code, component, position)


@pytest.mark.parametrize(
    ("values", "length", "code", "component", "position"),
    [
        ({"01": "80614141123457", "21": "1"}, 7, "check_digit", "01", 13),
        ({"01": "8061414112345", "21": "1"}, 7, "invalid_length", "01", 13),
        ({"01": "806141411234581", "21": "1"}, 7, "invalid_length", "01", 14),
        ({"01": "80614141123458", "21": "a b"}, 7, "invalid_character", "21", 1),
        ({"01": "80614141123458", "21": "1"}, 5, "company_prefix_length", "companyPrefixLength", None),
        ({"01": "80614141123458", "21": "1"}, None, "company_prefix_length", "companyPrefixLength", None),
        ({"8003": "10614141123452400"}, 7, "invalid_character", "8003", 0),
        ({"253": "0614141123452 1"}, 7, "invalid_character", "253", 13),
        ({"8004": "061414"}, 7, "invalid_length", "8004", 6),
        ({"8004": "0614141"}, 7, "invalid_length", "8004", 7),
        ({"8004": "06A4141123"}, 7, "invalid_character", "8004", 2),
        ({"401": "1" * 31}, 7, "invalid_length", "401", 30),
        ({"17": "251231"}, 7, "no_key", None, None),
        ({}, 7, "no_key", None, None),
    ],
)
def test_a_faulty_key_is_told_what_and_where(
    values: dict[str, str], length: int | None, code: str, component: str, position: int
) -> None:
    with pytest.raises(EpcError) as caught:
        from_values(values, length)
    assert (caught.value.code, caught.value.component, caught.value.position) == (code, component, position)


def test_an_unescaped_reserved_character_is_read_and_written_escaped() -> None:
    epc = parse_urn('urn:epc:id:giai:839495849585.0!"/%_')
    assert epc.reference == '0!"/%_'
    assert to_urn(epc) == "urn:epc:id:giai:839495849585.0!%22%2F%25_"


def test_a_fault_says_itself_in_a_sentence() -> None:
    with pytest.raises(EpcError, match=r"serial: ' ' is not one of the 82 characters of GS1 set 82 \(position 33\)"):
        parse_urn("urn:epc:id:sgtin:0614141.812345.1%202")


@pytest.mark.parametrize(
    ("link", "length", "urn"),
    [
        ("https://example.com/p/01/09501101530003/21/12345?linkType=all#top", 7, "sgtin:9501101.053000.12345"),
        ("http://a.example/8003/x/01/09501101530003/22/A/10/L1/21/S%2F1", 7, "sgtin:9501101.053000.S%2F1"),
        ("https://a.example/00/106141412345678908", 7, "sscc:0614141.1234567890"),
        ("https://a.example/414/0614141123452/254/0", 7, "sgln:0614141.12345.0"),
        ("https://a.example/8010/0614141%2312/8011/7", 7, "cpi:0614141.%2312.7"),
        ("https://a.example/8010/0614141#12/8011/7", 7, "cpi:0614141.%2312.7"),
        ("https://a.example/8004/0614141;><=?", 7, "giai:0614141.;%3E%3C=%3F"),
    ],
)
def test_a_link_of_any_domain_is_read(link: str, length: int, urn: str) -> None:
    assert to_urn(from_link(link, length)) == f"urn:epc:id:{urn}"


@pytest.mark.parametrize(
    "link",
    [
        "/01/09501101530003/21/12345",
        "ftp://a.example/01/09501101530003",
        "https://a.example/",
        "https://a.example/01/",
        "https://a.example/01/09501101530003/99/1",
        "https://a.example/01/09501101530003/21/",
        "https://a.example/01/09501101530003/21",
        "https://a.example/2554/1234567890123",
    ],
)
def test_what_is_no_link_of_an_epc_is_refused(link: str) -> None:
    with pytest.raises(EpcError):
        from_link(link, 7)


def test_a_wrong_check_digit_is_translated_unless_verified() -> None:
    link = "https://id.gs1.org/8017/123456789012345678"
    assert to_urn(from_link(link, 10)) == "urn:epc:id:gsrnp:1234567890.1234567"
    with pytest.raises(EpcError, match="check digit 8, but 5 is right"):
        from_link(link, 10, verify=True)


def test_the_components_have_names() -> None:
    assert parse_urn("urn:epc:id:itip:4012345.012345.01.02.987").components == {
        "companyPrefix": "4012345",
        "itemReference": "012345",
        "piece": "01",
        "total": "02",
        "serial": "987",
    }
    assert parse_urn("urn:epc:idpat:sgtin:0614141.812345.*").components == {
        "companyPrefix": "0614141",
        "itemReference": "812345",
    }
