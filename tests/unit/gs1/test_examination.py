"""All faults of a text, and what is right beside them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gs1.messages import ANYTHING, bare, fault_of, messages

from tracepass.gs1.elements import Element, to_bracketed, to_unbracketed
from tracepass.gs1.examination import Examination, examine
from tracepass.gs1.rules import Rules
from tracepass.gs1.scandata import Kind, read_scan

GTIN = "04012345000016"
WRONG = "04012345000017"
GS = "\x1d"


def found(examination: Examination) -> list[tuple[str, int]]:
    return [(fault.code, fault.position) for fault in examination.faults]


@pytest.mark.parametrize(
    "text", [f"(01){GTIN}(10)A", f"]C101{GTIN}10A", f"https://example.com/01/{GTIN}/10/A", "]E04012345000016"]
)
def test_what_is_right_has_no_faults(text: str) -> None:
    examination = examine(text)
    scan = read_scan(text)
    assert examination.faults == ()
    assert (examination.kind, examination.elements, examination.gtin, examination.link) == (
        scan.kind,
        scan.elements,
        scan.gtin,
        scan.link,
    )


@pytest.mark.parametrize(
    ("text", "faults", "elements"),
    [
        (
            f"(01){WRONG}(17)261301(10)A",
            [("incorrect_check_digit", 17), ("illegal_month", 24)],
            [("10", "A")],
        ),
        (
            f"]C101{WRONG}1726130110A{GS}99~",
            [("incorrect_check_digit", 18), ("illegal_month", 23), ("invalid_cset82_character", 33)],
            [("10", "A")],
        ),
        (
            f"01{WRONG}10A{GS}05B{GS}21C",
            [("incorrect_check_digit", 15), ("ai_not_recognised", 20)],
            [("10", "A"), ("21", "C")],
        ),
        (f"^0104012345{GS}10A", [("value_length", 3)], [("10", "A")]),
        (f"(01){GTIN}(1X)A(10)", [("ai_unknown", 19), ("ai_without_value", 27)], [("01", GTIN)]),
        ("(10)A(", [("bracket_not_closed", 5)], [("10", "A")]),
        (f"(01){GTIN}(10)\\(~(17)261301", [("invalid_cset82_character", 24), ("illegal_month", 31)], [("01", GTIN)]),
        (f"(01){WRONG}|(10)~", [("incorrect_check_digit", 17), ("invalid_cset82_character", 23)], []),
    ],
)
def test_every_fault_inside_values_is_found(
    text: str, faults: list[tuple[str, int]], elements: list[tuple[str, str]]
) -> None:
    examination = examine(text)
    assert found(examination) == faults
    assert bare(examination.elements) == elements


def test_every_kind_of_disagreement_between_ais_is_found() -> None:
    examination = examine(f"(21)A(235)B(10)C(01){GTIN}(250)D(10)E(7004)1")
    assert found(examination) == [("ais_exclude_each_other", 1), ("ai_repeated_differently", 41)]
    assert found(examine(f"(01){GTIN}(37)1")) == [("ais_exclude_each_other", 1), ("ai_requires_others", 19)]


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("", Kind.ELEMENT_STRING, "text_empty"),
        ("https://example.com/", Kind.DIGITAL_LINK, "link_key_missing"),
        ("]Q1https://example.com/", Kind.DIGITAL_LINK, "link_key_missing"),
        ("]E01", Kind.TEXT, "symbol_too_short"),
        ("]Z9", Kind.TEXT, "symbology_unsupported"),
        (f"]C101{GTIN}^10A", Kind.ELEMENT_STRING, "scan_has_caret"),
        ("^", Kind.ELEMENT_STRING, "ai_data_empty"),
        ("11260101" * 65, Kind.ELEMENT_STRING, "too_many_ais"),
        ("10" + "A" * 9000, Kind.ELEMENT_STRING, "text_too_long"),
    ],
)
def test_of_other_texts_the_first_fault_is_found(text: str, kind: Kind, code: str) -> None:
    examination = examine(text)
    assert (examination.kind, [fault.code for fault in examination.faults]) == (kind, [code])


@settings(deadline=None)
@given(messages(), st.data())
def test_a_fault_put_into_one_value_leaves_the_others_readable(message: list[Element], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(message) - 1))
    broken = list(message)
    broken[index] = Element(message[index].ai, "~" + message[index].value[1:])
    rest = bare(message[:index] + message[index + 1 :])
    for text in (to_bracketed(broken), to_unbracketed(broken)):
        examination = examine(text, Rules(associations=False))
        assert bare(examination.elements) == rest
        assert [fault.ai for fault in examination.faults] == [message[index].ai]


@settings(max_examples=300, deadline=None)
@given(ANYTHING, st.sampled_from(["", "]C1", "]d2", "^", "(01)", "(10)A(21)~", "10~^", "01"]))
def test_any_text_can_be_examined_and_its_first_fault_is_the_readers(text: str, head: str) -> None:
    refused = fault_of(lambda: read_scan(head + text))
    examination = examine(head + text)
    assert bool(examination.faults) == (refused is not None)
    assert all(0 <= fault.position <= len(head + text) for fault in examination.faults)
