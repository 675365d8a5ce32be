"""EPCs as tag URIs and as the memory of a tag."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.gs1.epcs import attempt, tagged

from tracepass.gs1.epc import Epc, EpcError, Tag, TagScheme, encode_tag, parse_hex, parse_tag_uri, parse_urn, to_hex

# The encoding examples of TDS 1.13, annex E, and of the clauses on each scheme.
EXAMPLES = [
    ("urn:epc:tag:sgtin-96:3.0614141.812345.6789", "3074257BF7194E4000001A85"),
    (
        "urn:epc:tag:sgtin-198:3.0614141.712345.32a%2Fb",
        "3674257BF6B7A659B2C2BF100000000000000000000000000000",
    ),
    ("urn:epc:tag:sscc-96:3.0614141.1234567890", "3174257BF4499602D2000000"),
    ("urn:epc:tag:sgln-96:3.0614141.12345.400", "3274257BF460720000000190"),
    ("urn:epc:tag:grai-96:3.0614141.12345.400", "3374257BF40C0E4000000190"),
    ("urn:epc:tag:giai-96:3.0614141.5678", "3474257BF40000000000162E"),
    ("urn:epc:tag:gsrn-96:3.0614141.1234567890", "2D74257BF4499602D2000000"),
    ("urn:epc:tag:gsrnp-96:3.0614141.1234567890", "2E74257BF4499602D2000000"),
    ("urn:epc:tag:gdti-96:3.0614141.12345.5678", "2C74257BF46072000000162E"),
    ("urn:epc:tag:sgcn-96:3.4012345.67890.04711", "3F74F4E4E612640000019907"),
    ("urn:epc:tag:cpi-96:3.0614141.98765.12345", "3C74257BF400C0E680003039"),
]


@pytest.mark.parametrize(("uri", "memory"), EXAMPLES)
def test_the_examples_of_the_standard_hold(uri: str, memory: str) -> None:
    tag = parse_tag_uri(uri)
    size = len(to_hex(tag))
    assert to_hex(tag) == memory.ljust(size, "0")
    assert parse_hex(memory.ljust(size, "0")).uri == uri


@given(tagged(), st.integers(0, 7))
def test_every_tag_survives_its_memory_and_its_uri(case: tuple[Epc, TagScheme], filter_value: int) -> None:
    epc, row = case
    tag = encode_tag(epc, row.name, filter_value=filter_value)
    assert parse_hex(to_hex(tag)) == tag
    assert parse_hex(to_hex(tag).lower() + "0000") == tag
    assert parse_tag_uri(tag.uri) == tag


@given(tagged())
def test_the_shortest_encoding_that_fits_is_taken(case: tuple[Epc, TagScheme]) -> None:
    epc, row = case
    chosen = encode_tag(epc)
    assert chosen.epc == epc
    assert row.deprecated or (chosen.scheme.size or 0) <= (row.size or 999)


@given(st.binary(max_size=40))
def test_any_memory_is_a_tag_or_a_fault(memory: bytes) -> None:
    found = attempt(parse_hex, memory.hex())
    assert found.code if isinstance(found, EpcError) else parse_hex(to_hex(found)) == found


@given(st.integers(0x2C, 0x41), st.binary(min_size=11, max_size=40))
def test_any_memory_behind_a_header_is_a_tag_or_a_fault(header: int, memory: bytes) -> None:
    found = attempt(parse_hex, f"{header:02x}{memory.hex()}")
    assert found.code if isinstance(found, EpcError) else parse_hex(to_hex(found)) == found


@pytest.mark.parametrize(
    ("memory", "code", "component"),
    [
        ("", "not_hexadecimal", None),
        ("30xy", "not_hexadecimal", None),
        ("FF74257BF7194E4000001A85", "unknown_scheme", "header"),
        ("3074257BF7194E4000001A", "too_short", "header"),
        ("307C257BF7194E4000001A85", "invalid_length", "partition"),
        ("3077FFFFF7194E4000001A85", "invalid_length", "companyPrefix"),
        ("3074257BF7194E4000001A85FFFF", "invalid_character", "reserved"),
        ("3174257BF4499602D2000001", "invalid_character", "reserved"),
        ("3F74F4E4E612640000031FA7", "invalid_character", "serial"),
        ("3674257BF6B7A659B2C2BF0000000000000000000000000000000400", "invalid_character", "serial"),
        ("3674257BF6B7A000000000000000000000000000000000000000", "invalid_length", "serial"),
        ("3D", "too_short", "filter"),
    ],
)
def test_faulty_memory_is_told_what(memory: str, code: str, component: str) -> None:
    with pytest.raises(EpcError) as caught:
        parse_hex(memory)
    assert (caught.value.code, caught.value.component) == (code, component)


@pytest.mark.parametrize(
    ("urn", "name", "code", "component"),
    [
        ("sgtin:0614141.812345.abc", "sgtin-96", "does_not_fit", "serial"),
        ("sgtin:0614141.812345.0123", "sgtin-96", "does_not_fit", "serial"),
        ("sgtin:0614141.812345.274877906944", "sgtin-96", "does_not_fit", "serial"),
        ("giai:0614141.12A", "giai-96", "does_not_fit", "individualAssetReference"),
        ("cpi:061414112345.1234.1", "cpi-96", "does_not_fit", "componentPartReference"),
        ("sgtin:0614141.812345.1", "sscc-96", "no_tag_encoding", "scheme"),
        ("sgtin:0614141.812345.1", "sgtin-64", "unknown_scheme", "scheme"),
        ("pgln:1234567.89012", None, "no_tag_encoding", "scheme"),
    ],
)
def test_what_fits_no_tag_is_refused(urn: str, name: str | None, code: str, component: str) -> None:
    with pytest.raises(EpcError) as caught:
        encode_tag(parse_urn(f"urn:epc:id:{urn}"), name)
    assert (caught.value.code, caught.value.component) == (code, component)


def test_a_class_has_no_tag() -> None:
    with pytest.raises(EpcError, match="not a class"):
        encode_tag(parse_urn("urn:epc:idpat:sgtin:0614141.812345.*"))


def test_a_filter_value_is_one_of_eight() -> None:
    with pytest.raises(EpcError, match="0 to 7"):
        encode_tag(parse_urn("urn:epc:id:sgtin:0614141.812345.1"), filter_value=8)
    for uri in ("urn:epc:tag:sgtin-96:8.0614141.812345.1", "urn:epc:tag:sgtin-96:", "urn:epc:id:sgtin:1"):
        with pytest.raises(EpcError):
            parse_tag_uri(uri)


def test_a_serial_that_is_no_small_number_takes_the_longer_encoding() -> None:
    assert encode_tag(parse_urn("urn:epc:id:sgtin:0614141.812345.6789")).scheme.name == "sgtin-96"
    assert encode_tag(parse_urn("urn:epc:id:sgtin:0614141.812345.A1")).scheme.name == "sgtin-198"


def test_a_filter_value_has_a_name() -> None:
    epc = parse_urn("urn:epc:id:sgtin:0614141.812345.6789")
    names = [encode_tag(epc, filter_value=value).filter_name for value in (1, 5)]
    assert names == ["point of sale item", "reserved"]
    assert isinstance(encode_tag(epc), Tag)
