"""Compressed GS1 Digital Links."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gs1.messages import ANYTHING, bare, fault_of, linkable

from tracepass.gs1.applicationidentifiers import AI_TABLE
from tracepass.gs1.bits import Bits, BitsEnded
from tracepass.gs1.compressedvalues import write_value
from tracepass.gs1.compression import compress, compress_link, decompress
from tracepass.gs1.elements import Element, parse_bracketed
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import parse_link
from tracepass.gs1.rules import Rules

ALONE = Rules(associations=False)
WHOLE = "(01)05412345000013(10)ABC123(21)72292641703(17)290331"
SAFE = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", max_size=60)


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("(01)05412345000013", "AQnYUc1gmg"),
        ("(01)05412345000013(10)ABC123", "AQnYUc1gmiCNV4JG"),
        ("(00)998440410914660971", "AN2yxDhfaiaw"),
        ("(253)3060077601309", "JTLIetaiHYA"),
        ("(414)5060917510004(7040)5KFX", "QUSaVjC_dHBAVlCrg"),
        ("(01)05412345000013(10)ABC123(17)290331", "AQnYUc1gmiCNV4JGLo3DY"),
    ],
)
def test_ais_one_by_one_are_written_in_the_order_of_their_digits(text: str, segment: str) -> None:
    elements = parse_bracketed(text, ALONE)
    assert compress(elements, pairs=False) == f"https://id.gs1.org/{segment}"
    assert bare(decompress(f"https://id.gs1.org/{segment}", ALONE).elements) == bare(elements)


def test_pairs_of_ais_save_room() -> None:
    elements = parse_bracketed("(01)05412345000013(10)ABC123")
    assert len(compress(elements)) < len(compress(elements, pairs=False))


def test_a_half_compressed_link_leaves_its_key_readable() -> None:
    uri = compress(parse_bracketed(WHOLE), "https://example.com/a/", half=True)
    assert uri == "https://example.com/a/01/05412345000013/EEarwSMXRuGyELhqfRXTg"
    assert decompress(uri).on("https://example.com/a") == (
        "https://example.com/a/01/05412345000013/10/ABC123/21/72292641703?17=290331"
    )


def test_a_key_alone_is_not_compressed_by_half() -> None:
    elements = parse_bracketed("(01)05412345000013")
    assert compress(elements, half=True) == "https://id.gs1.org/01/05412345000013"


def test_short_gtins_in_a_half_compressed_link_are_filled_up_on_request() -> None:
    uri = "https://id.gs1.org/01/5412345000013/EEarwSM"
    assert decompress(uri, Rules(short_gtins=True)).primary.value == "05412345000013"
    with pytest.raises(Gs1SyntaxError):
        decompress(uri)


def test_other_parameters_and_the_fragment_stay() -> None:
    link = parse_link("https://example.com/p/01/05412345000013?17=290331&arv=true#top")
    assert compress_link(link).startswith("https://example.com/p/")
    again = decompress(compress_link(link))
    assert (again.other_query, again.fragment, again.stem) == (("arv=true",), "top", "https://example.com/p")
    assert bare(again.elements) == bare(link.elements)
    assert decompress(compress_link(link, half=True)).other_query == ("arv=true",)


def test_compressed_other_parameters_are_read() -> None:
    link = decompress("https://id.gs1.org/AQnYUc1gmiCNV4JGLo3Dfg2q72Etrue8K7RPRWwjc0D4")
    assert link.other_query == ("arv=true", "donor=bmgf")


def test_both_orders_of_a_pair_are_understood() -> None:
    """The standard lists batch, serial and expiry in this order; its prototype writes them sorted."""
    assert _read("1A", "01", "10", "21", "17") == _read("1A", "01", "10", "17", "21")


def _read(code: str, *ais: str) -> list[tuple[str, str]]:
    from_code = {element.ai: element.value for element in parse_bracketed(WHOLE)}
    single = {ai: _bits_of(ai, value) for ai, value in from_code.items()}
    bits = "".join([f"{int(code, 16):08b}", *(single[ai] for ai in ais)])
    filled = bits.ljust(-(-len(bits) // 6) * 6, "0")
    number = Bits(int(filled, 2), len(filled))
    return sorted(bare(decompress(f"https://id.gs1.org/{number.to_base64()}").elements))


def _bits_of(ai: str, value: str) -> str:
    """Return the bits of a value, taken from a link that is compressed without pairs."""
    key = [] if ai == "01" else [Element("01", "05412345000013")]
    segment = compress([*key, Element(ai, value)], pairs=False).rpartition("/")[2]
    bits = Bits.from_base64(segment)
    alone = compress(key, pairs=False).rpartition("/")[2] if key else ""
    skipped = 55 + 8 if alone else 8
    bits.read(skipped)
    width = {"01": 47, "10": 8 + 24, "21": 8 + 37, "17": 20}[ai]
    return f"{bits.read(width):0{width}b}"


@pytest.mark.parametrize(
    ("uri", "code"),
    [
        ("https://id.gs1.org/", "link_not_compressed"),
        ("https://id.gs1.org/a/$", "link_not_compressed"),
        ("https://id.gs1.org/AQ", "link_not_compressed"),
        ("https://id.gs1.org/EEarwSM", "link_no_key"),
        ("https://id.gs1.org/AQnYU", "link_not_compressed"),
        ("https://id.gs1.org/AQnYUc1gmh", "link_not_compressed"),
        ("https://id.gs1.org/AQnYUc1gnA", "incorrect_check_digit"),
        ("https://id.gs1.org/BQnYUc1gmg", "link_not_compressed"),
        ("https://id.gs1.org/AQnYUc1gmgEJ2FHNYJo", "link_not_compressed"),
        ("https://id.gs1.org/AQnYUc1gmiCvV4JG", "link_not_compressed"),
        ("https://id.gs1.org/AQnYUc1gmiCNV4JG?10=A", "link_ai_repeated"),
        ("https://id.gs1.org/01/%00/AAAA", "link_value_null"),
    ],
)
def test_what_is_no_compressed_link_is_refused(uri: str, code: str) -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        decompress(uri)
    assert 0 <= refused.value.position <= len(uri)
    assert refused.value.code == code


def test_an_ai_that_stands_there_twice_is_refused() -> None:
    bits = Bits()
    for value in ("05412345000013", "04012345000016"):
        bits.write_digits("01")
        write_value(bits, AI_TABLE["01"], value)
    with pytest.raises(Gs1SyntaxError) as refused:
        decompress(f"https://id.gs1.org/{bits.to_base64()}")
    assert refused.value.code == "link_not_compressed"


def test_bits_end() -> None:
    bits = Bits.from_base64("AA")
    assert bits.read(12) == 0
    with pytest.raises(BitsEnded):
        bits.read(1)


@settings(deadline=None)
@given(linkable(), st.booleans(), st.booleans())
def test_decompressing_gives_what_was_compressed(elements: list[Element], half: bool, pairs: bool) -> None:  # noqa: FBT001 - drawn by name
    uri = compress(elements, "https://example.com/x", half=half, pairs=pairs)
    if half and len(elements) == 1:
        assert parse_link(uri, ALONE).elements[0].value == elements[0].value
        return
    link = decompress(uri, ALONE)
    assert sorted(bare(link.elements)) == sorted(bare(elements))
    assert link.stem == "https://example.com/x"


@settings(max_examples=300, deadline=None)
@given(ANYTHING | SAFE)
def test_no_text_raises_anything_but_a_syntax_error(text: str) -> None:
    for uri in (text, f"https://a/{text}", f"https://a/01/05412345000013/{text}", f"https://a/{text}?{text}"):
        fault = fault_of(lambda: decompress(uri))  # noqa: B023 - called at once
        assert fault is None or 0 <= fault.position <= len(uri)
