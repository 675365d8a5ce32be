"""What scanners send, and GS1 data in any spelling."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gs1.messages import ANYTHING, bare, fault_of, messages

from tracepass.gs1.elements import Element
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.rules import Rules
from tracepass.gs1.scandata import SYMBOLOGIES, Kind, read_scan, read_symbol, write_scan

GTIN = "04012345000016"
GS = "\x1d"


@pytest.mark.parametrize("identifier", ["]C1", "]e0", "]d2", "]Q3", "]J1"])
def test_a_symbol_of_ais_is_read_with_gs_between_them(identifier: str) -> None:
    scan = read_symbol(f"{identifier}01{GTIN}10L-1{GS}21A1")
    assert scan.kind is Kind.ELEMENT_STRING
    assert scan.symbology is SYMBOLOGIES[identifier]
    assert scan.elements == (Element("01", GTIN, 3), Element("10", "L-1", 19), Element("21", "A1", 25))
    assert scan.data == f"^01{GTIN}10L-1^21A1"


def test_an_ean_symbol_holds_a_gtin() -> None:
    scan = read_symbol("]E04012345000016")
    assert (scan.kind, scan.gtin, scan.elements, scan.data) == (Kind.GTIN, GTIN, (), "4012345000016")
    assert read_symbol("]E402345673").gtin == "00000002345673"


def test_the_2d_component_of_an_ean_symbol_is_read_behind_it() -> None:
    scan = read_symbol(f"]E04012345000016|]e099A{GS}98B")
    assert scan.gtin == GTIN
    assert scan.elements == (Element("99", "A", 20), Element("98", "B", 24))
    assert scan.data == "4012345000016|^99A^98B"


def test_a_link_in_a_qr_code_is_read() -> None:
    scan = read_symbol(f"]Q1https://example.com/01/{GTIN}?17=261231")
    assert scan.kind is Kind.DIGITAL_LINK
    assert scan.link is not None
    assert scan.link.primary.value == GTIN
    assert bare(scan.elements) == [("01", GTIN), ("17", "261231")]


def test_a_compressed_link_in_a_qr_code_is_read() -> None:
    scan = read_symbol("]Q1https://id.gs1.org/AQnYUc1gmiCNV4JG")
    assert bare(scan.elements) == [("01", "05412345000013"), ("10", "ABC123")]


@pytest.mark.parametrize(("text", "data"), [("HELLO", "HELLO"), ("^A", "\\^A"), ("\\^A", "\\\\^A"), ("", "")])
def test_other_text_in_a_qr_code_is_text(text: str, data: str) -> None:
    scan = read_symbol(f"]Q1{text}")
    assert (scan.kind, scan.text, scan.data) == (Kind.TEXT, text, data)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("", "symbology_missing", 0),
        ("]C", "symbology_missing", 0),
        ("ABC", "symbology_missing", 0),
        ("]I1123", "symbology_unsupported", 0),
        ("]C1", "ai_data_empty", 3),
        (f"]C101{GTIN}^10A", "scan_has_caret", 19),
        ("]C10104012345000017", "incorrect_check_digit", 18),
        ("]C110A", "ai_requires_others", 3),
        (f"]C101{GTIN}|\x1d10A", "ai_not_recognised", 19),
        ("]E0401234500001", "symbol_too_short", 3),
        ("]E040123450000161", "symbol_too_long", 16),
        ("]E04012345000016|]e0", "symbol_too_long", 16),
        ("]E0401234500001X", "symbol_not_digits", 3),
        ("]E04012345000017", "symbol_check_digit", 15),
        ("]E04012345000016|]e0ZZ", "ai_not_recognised", 20),
        ("]Q1https://example.com/nothing", "link_key_missing", 22),
    ],
)
def test_a_refusal_names_the_fault_and_its_place_in_the_scan(text: str, code: str, position: int) -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        read_symbol(text)
    assert (refused.value.code, refused.value.position) == (code, position)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"]d201{GTIN}10A", Kind.ELEMENT_STRING),
        (f"^01{GTIN}10A", Kind.ELEMENT_STRING),
        (f"{GS}01{GTIN}10A", Kind.ELEMENT_STRING),
        (f"01{GTIN}10A", Kind.ELEMENT_STRING),
        (f"(01){GTIN}(10)A", Kind.BRACKETED),
        (f"https://id.gs1.org/01/{GTIN}/10/A", Kind.DIGITAL_LINK),
    ],
)
def test_gs1_data_is_read_in_any_spelling(text: str, kind: Kind) -> None:
    scan = read_scan(text)
    assert scan.kind is kind
    assert bare(scan.elements) == [("01", GTIN), ("10", "A")]
    assert all(text.startswith(element.ai, element.position) for element in scan.elements)


def test_the_sample_that_cannot_be_read_is_refused_with_its_place() -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        read_scan("010109501101530003172112310010A123456")
    assert refused.value.position > 0


def test_nothing_is_refused_as_nothing() -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        read_scan("")
    assert refused.value.code == "text_empty"


@pytest.mark.parametrize(
    ("identifier", "written"),
    [
        ("]Q3", f"]Q301{GTIN}10A{GS}21B"),
        ("]Q1", f"]Q1https://id.gs1.org/01/{GTIN}/10/A/21/B"),
        ("]E0", f"]E04012345000016|]e010A{GS}21B"),
    ],
)
def test_a_message_is_written_as_a_scanner_sends_it(identifier: str, written: str) -> None:
    message = (Element("01", GTIN), Element("10", "A"), Element("21", "B"))
    assert write_scan(message, identifier) == written
    assert write_scan((Element("01", "00000002345673"),), "]E4") == "]E402345673"


@pytest.mark.parametrize(
    ("message", "identifier", "code"),
    [
        ((Element("10", "A"),), "]Z9", "symbology_unsupported"),
        ((Element("10", "A"),), "]Q1", "link_no_key"),
        ((Element("10", "A"),), "]E0", "symbol_no_gtin"),
        ((Element("01", "14012345000013"),), "]E0", "symbol_no_gtin"),
        ((Element("01", GTIN),), "]E4", "symbol_no_gtin"),
    ],
)
def test_a_symbol_that_cannot_carry_a_message_is_refused(
    message: tuple[Element, ...], identifier: str, code: str
) -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        write_scan(message, identifier)
    assert refused.value.code == code


@settings(deadline=None)
@given(messages(), st.sampled_from(["]C1", "]e0", "]d2", "]Q3", "]J1"]))
def test_reading_a_written_scan_gives_the_same_elements(message: list[Element], identifier: str) -> None:
    written = write_scan(tuple(message), identifier)
    assert bare(read_symbol(written, Rules(associations=False)).elements) == bare(message)


@settings(max_examples=300, deadline=None)
@given(ANYTHING, st.sampled_from(["", "]", "]C1", "]E0", "]E0401234500001", "]Q1", "https://", "(01)"]))
def test_no_text_raises_anything_but_a_syntax_error(text: str, head: str) -> None:
    for read in (read_scan, read_symbol):
        fault = fault_of(lambda: read(head + text).data)  # noqa: B023 - called at once
        assert fault is None or 0 <= fault.position <= len(head + text)
