"""Element strings: what is read, what is refused, where, and that writing undoes reading."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from tests.unit.gs1.messages import ANYTHING, bare, fault_of, messages

from tracepass.gs1.elements import (
    GS,
    Element,
    parse_bracketed,
    parse_element_string,
    to_bracketed,
    to_unbracketed,
)
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.rules import Rules

ALONE = Rules(associations=False)
UNKNOWN = Rules(associations=False, unknown_ais=True)
GTIN = "04012345000016"


def refusal(text: str, rules: Rules = ALONE) -> tuple[str, int, int]:
    """Return code, position and length of the fault in a text."""
    with pytest.raises(Gs1SyntaxError) as refused:
        (parse_bracketed if text.startswith("(") else parse_element_string)(text, rules)
    return refused.value.code, refused.value.position, refused.value.length


def test_an_element_string_is_read_into_ais_values_and_places() -> None:
    assert parse_element_string(f"^01{GTIN}10L-1^21A1") == (
        Element("01", GTIN, 1),
        Element("10", "L-1", 17),
        Element("21", "A1", 23),
    )


def test_gs_separates_as_the_caret_does() -> None:
    assert bare(parse_element_string(f"{GS}01{GTIN}10L-1{GS}21A1")) == [("01", GTIN), ("10", "L-1"), ("21", "A1")]


def test_fnc1_may_follow_a_value_of_predefined_length_and_may_end_the_text() -> None:
    assert bare(parse_element_string(f"^01{GTIN}^10L-1^")) == [("01", GTIN), ("10", "L-1")]


def test_a_bracketed_text_is_read_with_escaped_brackets_in_its_values() -> None:
    assert parse_bracketed(f"(01){GTIN}(10)A\\(1)(21)B") == (
        Element("01", GTIN, 1),
        Element("10", "A(1)", 19),
        Element("21", "B", 28),
    )


def test_the_components_of_a_composite_symbol_are_one_message() -> None:
    assert bare(parse_element_string(f"^01{GTIN}|^10L-1")) == [("01", GTIN), ("10", "L-1")]
    assert parse_bracketed(f"(01){GTIN}|(10)L-1")[1] == Element("10", "L-1", 20)


@pytest.mark.parametrize(
    ("text", "code", "position", "length"),
    [
        ("", "fnc1_missing", 0, 0),
        ("01", "fnc1_missing", 0, 0),
        ("^", "ai_data_empty", 1, 0),
        ("^05123", "ai_not_recognised", 1, 4),
        ("^3106123456", "ai_not_recognised", 1, 4),
        ("^10", "value_empty", 3, 0),
        ("^0104012345000017", "incorrect_check_digit", 16, 1),
        ("^01040123450000", "value_length", 3, 12),
        ("^010401234500001X", "non_digit_character", 16, 1),
        ("^10A~B", "invalid_cset82_character", 4, 1),
        ("^10ABCDEFGHIJKLMNOPQRSTU", "value_too_long", 23, 1),
        ("^1099^17261301", "illegal_month", 10, 2),
        ("^17260230", "illegal_day", 7, 2),
        ("^17250229", "illegal_day", 7, 2),
        (f"^01{GTIN}^^10A", "ai_not_recognised", 18, 4),
        (f"^01{GTIN}|10A", "fnc1_missing", 18, 0),
        (f"^01{GTIN}|^1", "ai_not_recognised", 19, 1),
        ("(", "bracket_not_closed", 0, 1),
        ("(10", "bracket_not_closed", 0, 3),
        ("(10)", "ai_without_value", 4, 0),
        ("()1", "ai_unknown", 1, 0),
        ("(1A)1", "ai_unknown", 1, 2),
        ("(10)(21)A", "value_empty", 4, 0),
        ("(17)2601", "value_too_short", 4, 4),
        ("(20)123", "value_too_long", 4, 3),
        ("(10)A^B", "value_has_fnc1", 5, 1),
        ("(10)\\(\\(~", "invalid_cset82_character", 8, 1),
        ("(8008)260101123", "value_length", 14, 1),
        ("(01)04012345000016(17)261301", "illegal_month", 24, 2),
        ("(01)04012345000016|(17)261301", "illegal_month", 25, 2),
        ("(01)04012345000016|(10)A|(21)B", "invalid_cset82_character", 24, 1),
    ],
)
def test_a_refusal_names_the_fault_and_its_place(text: str, code: str, position: int, length: int) -> None:
    assert refusal(text) == (code, position, length)


def test_an_empty_bracketed_text_is_refused() -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        parse_bracketed("")
    assert refused.value.code == "text_empty"


def test_text_without_brackets_is_refused_as_bracketed() -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        parse_bracketed("0104012345000016")
    assert refused.value.code == "bracket_expected"


def test_a_refusal_says_in_words_and_in_markup_what_is_wrong() -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        parse_bracketed("(01)04012345000017(10)A")
    assert refused.value.message == "the check digit of (01) is wrong"
    assert str(refused.value) == refused.value.message
    assert (refused.value.ai, refused.value.markup) == ("01", "(01)0401234500001|7|")


def test_more_than_64_ais_are_refused() -> None:
    for text in ("^" + "11260101" * 65, "(11)260101" * 65):
        assert refusal(text)[0] == "too_many_ais"
    assert len(parse_element_string("^" + "11260101" * 64, ALONE)) == 64


def test_an_endless_text_is_refused_before_it_is_read() -> None:
    for text in ("^10" + "A" * 9000, "(10)" + "A" * 9000):
        assert refusal(text) == ("text_too_long", 8191, 0)


def test_unknown_ais_pass_only_on_request() -> None:
    assert refusal("(89)ABC")[0] == "ai_unknown"
    assert bare(parse_bracketed("(89)ABC(0512)X", UNKNOWN)) == [("89", "ABC"), ("0512", "X")]


@pytest.mark.parametrize("text", ["(231)ABC", "(3106)123456", "(419)1234567890123", "(04)X"])
def test_an_unknown_ai_is_read_where_its_prefix_leaves_no_doubt(text: str) -> None:
    assert to_bracketed(parse_bracketed(text, UNKNOWN)) == text


@pytest.mark.parametrize("text", ["(011)1", "(80)1", "(800)1", "(3106)12345", "(419)1", "(12345)1", "(٣٣)1"])
def test_an_unknown_ai_is_refused_where_its_prefix_contradicts_it(text: str) -> None:
    assert refusal(text, UNKNOWN)[0] in {"ai_unknown", "value_too_short"}


def test_without_brackets_an_unknown_ai_needs_a_known_prefix() -> None:
    assert bare(parse_element_string("^419123456789012310A", UNKNOWN)) == [("419", "1234567890123"), ("10", "A")]
    assert refusal("^89ABC", UNKNOWN)[0] == "ai_not_recognised"


def test_an_element_knows_what_it_is() -> None:
    assert Element("10", "A").title == "Batch or lot number"
    assert Element("89", "A").title == "Unknown"


def test_fnc1_is_written_only_where_it_is_needed() -> None:
    elements = [
        Element("10", "A"),
        Element("11", "260101"),
        Element("21", "B"),
        Element("89", "C"),
        Element("01", GTIN),
    ]
    assert to_unbracketed(elements) == f"^10A^1126010121B^89C^01{GTIN}"
    assert to_unbracketed(elements[:2], GS) == f"{GS}10A{GS}11260101"


@settings(deadline=None)
@given(messages())
def test_reading_what_was_written_gives_the_same_elements(message: list[Element]) -> None:
    assert bare(parse_element_string(to_unbracketed(message), ALONE)) == bare(message)
    assert bare(parse_element_string(to_unbracketed(message, GS), ALONE)) == bare(message)
    assert bare(parse_bracketed(to_bracketed(message), ALONE)) == bare(message)


@settings(deadline=None)
@given(messages())
def test_each_element_stands_where_it_says(message: list[Element]) -> None:
    for read, text in ((parse_element_string, to_unbracketed(message)), (parse_bracketed, to_bracketed(message))):
        for element in read(text, ALONE):
            assert text.startswith(element.ai, element.position)


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_no_text_raises_anything_but_a_syntax_error(text: str) -> None:
    for read in (parse_element_string, parse_bracketed):
        for rules in (Rules(), UNKNOWN):
            for spelling in (text, f"^{text}", f"({text}"):
                fault = fault_of(lambda: read(spelling, rules))  # noqa: B023 - called at once
                assert fault is None or (0 <= fault.position <= len(spelling) and fault.message)
