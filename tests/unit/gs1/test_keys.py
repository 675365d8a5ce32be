"""Check digits, GTINs, GLNs and the keys of passports."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracepass.gs1.checkdigit import check_digit, is_valid
from tracepass.gs1.gln import InvalidGln, normalise_gln
from tracepass.gs1.gtin import InvalidGtin, normalise_gtin
from tracepass.gs1.keys import PassportKey, encode_segment, is_ai_value

DIGITS = st.text("0123456789", min_size=1, max_size=17)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


class TestCheckDigit:
    # GS1 General Specifications 7.9.1 (GTIN-14, GTIN-12, SSCC) and well-known real codes.
    @pytest.mark.parametrize(
        "digits",
        ["6291041500213", "4006381333931", "96385074", "036000291452", "376104250021234569", "04012345000016"],
    )
    def test_published_examples_are_valid(self, digits: str) -> None:
        assert is_valid(digits)
        assert check_digit(digits[:-1]) == digits[-1]

    @given(DIGITS)
    def test_exactly_one_digit_makes_a_number_valid(self, body: str) -> None:
        assert [digit for digit in "0123456789" if is_valid(body + digit)] == [check_digit(body)]

    @given(DIGITS, st.data())
    def test_one_wrong_digit_is_always_found(self, body: str, data: st.DataObject) -> None:
        whole = body + check_digit(body)
        place = data.draw(st.integers(0, len(whole) - 1))
        other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != whole[place]]))
        assert not is_valid(whole[:place] + other + whole[place + 1 :])

    @given(DIGITS)
    def test_leading_zeros_change_nothing(self, body: str) -> None:
        assert check_digit("000" + body) == check_digit(body)

    @pytest.mark.parametrize("body", ["", "12a", "-1", "1 2", "\u0663", "²", "1.0"])
    def test_other_characters_are_refused(self, body: str) -> None:
        with pytest.raises(ValueError, match="must hold digits only"):
            check_digit(body)
        assert not is_valid(body)
        assert not is_valid(body + "0")


class TestGtin:
    @pytest.mark.parametrize(
        ("text", "gtin"),
        [
            ("96385074", "00000096385074"),
            ("036000291452", "00036000291452"),
            ("4006381333931", "04006381333931"),
            ("10012345678902", "10012345678902"),
        ],
    )
    def test_every_length_is_kept_in_14_digits(self, text: str, gtin: str) -> None:
        assert normalise_gtin(text) == gtin == normalise_gtin(gtin)

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("4006381333932", "has check digit 2, but 1 is right"),
            ("123", "must have 8, 12, 13 or 14 digits, it has 3"),
            ("123456789", "it has 9"),
            ("400638133393100", "it has 15"),
            ("", "must hold digits only"),
            ("400638133393X", "must hold digits only"),
            (" 4006381333931", "must hold digits only"),
            ("4006381 333931", "must hold digits only"),
            ("\u0664006381333931", "must hold digits only"),
        ],
    )
    def test_what_is_no_gtin_is_told_why(self, text: str, reason: str) -> None:
        with pytest.raises(InvalidGtin, match=reason):
            normalise_gtin(text)


class TestGln:
    @pytest.mark.parametrize(
        "text", ["4006381333931", "GLN: 4006381333931", "gln4006381333931", " GLN 400-6381-33393-1 ", "4006 3813 33931"]
    )
    def test_a_gln_is_read_as_people_write_it(self, text: str) -> None:
        assert normalise_gln(text) == "4006381333931"

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("4006381333932", "has check digit 2, but 1 is right"),
            ("400638133393", "must be a GLN of 13 digits"),
            ("04006381333931", "must be a GLN of 13 digits"),
            ("GLN:", "must be a GLN of 13 digits"),
            ("ILN: 4006381333931", "must be a GLN of 13 digits"),
            ("4006381333931 GLN", "must be a GLN of 13 digits"),
            ("400.6381.33393.1", "must be a GLN of 13 digits"),
            ("\u0664006381333931", "must be a GLN of 13 digits"),
        ],
    )
    def test_digits_are_never_put_right(self, text: str, reason: str) -> None:
        with pytest.raises(InvalidGln, match=reason):
            normalise_gln(text)


class TestKey:
    def test_the_finest_level_decides_the_path(self) -> None:
        gtin = "04006381333931"
        assert PassportKey(gtin).path == f"01/{gtin}"
        assert PassportKey(gtin, lot="L1").path == f"01/{gtin}/10/L1"
        assert PassportKey(gtin, serial="S1").path == f"01/{gtin}/21/S1"
        assert PassportKey(gtin, lot="L1", serial="S1").path == f"01/{gtin}/21/S1"

    @given(TEXT)
    def test_any_value_is_one_segment_and_reads_back(self, value: str) -> None:
        segment = encode_segment(value)
        assert unquote(segment) == value
        assert segment.isascii()
        assert not set(segment) & set("/?# ")
        assert segment not in {".", ".."}

    @given(TEXT, TEXT)
    def test_different_values_have_different_segments(self, one: str, other: str) -> None:
        assert (encode_segment(one) == encode_segment(other)) == (one == other)

    @pytest.mark.parametrize(
        ("value", "segment"),
        [("A-1_b.c~", "A-1_b.c~"), ("a/b", "a%2Fb"), (".", "%2E"), ("..", "%2E%2E"), ("...", "...")],
    )
    def test_unreserved_characters_stay_as_they_are(self, value: str, segment: str) -> None:
        assert encode_segment(value) == segment

    @pytest.mark.parametrize("value", ["A", "x" * 20, "!\"%&'()*+,-./0:;<=>?A_z"[:20], "?A_z"])
    def test_20_characters_of_the_set_of_82_are_an_ai_value(self, value: str) -> None:
        assert is_ai_value(value)

    @pytest.mark.parametrize(
        "value", ["", "x" * 21, "a b", "a#b", "é", "a\n", "a$", "a@", "[", "~", "^", "`", "\\", "{"]
    )
    def test_anything_else_is_none(self, value: str) -> None:
        assert not is_ai_value(value)
