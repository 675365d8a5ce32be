"""What the parts of values must say, check by check."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracepass.gs1 import checkdigit
from tracepass.gs1.elements import parse_bracketed
from tracepass.gs1.faults import COUPON, MESSAGES, Gs1SyntaxError, describe
from tracepass.gs1.linters import CSET82, LINTERS, check_characters, check_digit, check_pair, digits
from tracepass.gs1.rules import Rules

ALONE = Rules(associations=False)


def fault(name: str, text: str) -> tuple[str, int, int] | None:
    """Return code, start and length of the fault that a check finds."""
    found = LINTERS[name](text)
    return None if found is None else (found.code, found.start, found.length)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("check-digit", "04012345000016"),
        ("check-digit", "952012345678912345"),
        ("check-pair", "1987654Ad4X4bL5ttr2310c2K"),
        ("check-pair", "22"),
        ("country", "276"),
        ("country-letters", "DE"),
        ("country-or-999", "999"),
        ("currency", "978"),
        ("date", "240229"),
        ("date-or-month", "260200"),
        ("date-or-month", "000229"),
        ("flag", "0"),
        ("hour", "23"),
        ("hyphen", "-"),
        ("iban", "DE91100000000123456789"),
        ("iban", "MT90MALT011000012345MTLCAST001SABC"),
        ("importer-index", "_"),
        ("latitude", "1800000000"),
        ("long-date", "20240229"),
        ("longitude", "3600000000"),
        ("media-type", "10"),
        ("minute", "59"),
        ("no-leading-zero", "10"),
        ("not-only-digits", "1A"),
        ("not-zero", "0010"),
        ("package-type", "PX"),
        ("percent-encoded", "Caf%C3%A9"),
        ("piece-of-total", "0202"),
        ("place-of-all", "9/10"),
        ("prefix-at-1", "1234A"),
        ("prefix-at-2", "A1234"),
        ("second", "00"),
        ("sex", "9"),
        ("time", "2359"),
        ("winding", "9"),
        ("zero", "0"),
    ],
)
def test_what_is_right_passes(name: str, text: str) -> None:
    assert fault(name, text) is None


@pytest.mark.parametrize(
    ("name", "text", "code", "start", "length"),
    [
        ("check-digit", "04012345000017", "incorrect_check_digit", 13, 1),
        ("check-pair", "A", "too_short_for_check_pair", 0, 1),
        ("check-pair", "1987654Ad4X4bL5ttr2310cXK", "incorrect_check_pair", 23, 2),
        ("check-pair", "12345678901234567890123N1", "invalid_cset32_character", 24, 1),
        ("country", "999", "not_iso3166", 0, 3),
        ("country-letters", "de", "not_iso3166_alpha2", 0, 2),
        ("country-or-999", "998", "not_iso3166_or_999", 0, 3),
        ("currency", "191", "not_iso4217", 0, 3),
        ("date", "260200", "illegal_day", 4, 2),
        ("date", "261301", "illegal_month", 2, 2),
        ("date-or-month", "260001", "illegal_month", 2, 2),
        ("date-or-month", "260229", "illegal_day", 4, 2),
        ("date-or-month", "260431", "illegal_day", 4, 2),
        ("flag", "2", "not_zero_or_one", 0, 1),
        ("hour", "24", "illegal_hour", 0, 2),
        ("hyphen", "+", "not_hyphen", 0, 1),
        ("iban", "FR1", "iban_too_short", 0, 3),
        ("iban", "FR12345678", "iban_too_short", 0, 10),
        ("iban", "XX361234567890", "illegal_iban_country_code", 0, 2),
        ("iban", "FR12_45678901234", "invalid_iban_character", 4, 1),
        ("iban", "FRx2345678901234", "invalid_iban_character", 2, 1),
        ("iban", "BE71096123456760", "incorrect_iban_checksum", 2, 2),
        ("iban", "MTXXMALT011000012345MTLCAST001SABCD", "iban_too_long", 0, 35),
        ("importer-index", "=", "invalid_import_idx_character", 0, 1),
        ("latitude", "1800000001", "invalid_latitude", 0, 10),
        ("long-date", "21000229", "illegal_day", 6, 2),
        ("long-date", "20240001", "illegal_month", 4, 2),
        ("long-date", "20240100", "illegal_day", 6, 2),
        ("longitude", "3600000001", "invalid_longitude", 0, 10),
        ("media-type", "11", "invalid_media_type", 0, 2),
        ("media-type", "00", "invalid_media_type", 0, 2),
        ("minute", "60", "illegal_minute", 0, 2),
        ("no-leading-zero", "0", "illegal_zero_prefix", 0, 1),
        ("not-only-digits", "12", "requires_non_digit_character", 0, 2),
        ("not-zero", "000", "illegal_zero_value", 0, 3),
        ("package-type", "px", "invalid_package_type", 0, 2),
        ("percent-encoded", "A%2gB", "invalid_percent_sequence", 1, 3),
        ("percent-encoded", "A%%20", "invalid_percent_sequence", 1, 3),
        ("percent-encoded", "A%2", "invalid_percent_sequence", 1, 2),
        ("piece-of-total", "0001", "zero_piece_number", 0, 2),
        ("piece-of-total", "0100", "zero_total_pieces", 2, 2),
        ("piece-of-total", "0302", "piece_number_exceeds_total", 0, 4),
        ("place-of-all", "111", "position_in_sequence_malformed", 0, 3),
        ("place-of-all", "1/02", "illegal_zero_prefix", 2, 2),
        ("place-of-all", "10/9", "position_exceeds_end", 0, 4),
        ("prefix-at-1", "123", "too_short_for_gcp", 0, 3),
        ("prefix-at-1", "12A4", "invalid_gcp_prefix", 2, 1),
        ("prefix-at-2", "112A4", "invalid_gcp_prefix", 3, 1),
        ("second", "60", "illegal_second", 0, 2),
        ("sex", "5", "invalid_biological_sex_code", 0, 1),
        ("time", "2400", "illegal_hour", 0, 2),
        ("time", "2360", "illegal_minute", 2, 2),
        ("winding", "2", "invalid_winding_direction", 0, 1),
        ("zero", "1", "not_zero", 0, 1),
        ("coupon", "0A", "non_digit_character", 1, 1),
    ],
)
def test_what_is_wrong_is_named_with_its_place(name: str, text: str, code: str, start: int, length: int) -> None:
    assert fault(name, text) == (code, start, length)
    assert describe(code, ai="99")


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("(8030)123=", "invalid_cset64_padding", 9),
        ("(8030)1===", "invalid_cset64_padding", 7),
        ("(8030)A:1", "invalid_cset64_character", 7),
        ("(8010)952A_", "invalid_cset39_character", 10),
        ("(10)A B", "invalid_cset82_character", 5),
        ("(30)1A", "non_digit_character", 5),
        ("(30)1\u0661", "non_digit_character", 5),
    ],
)
def test_characters_outside_their_set_are_refused(text: str, code: str, position: int) -> None:
    with pytest.raises(Gs1SyntaxError) as refused:
        parse_bracketed(text, ALONE)
    assert (refused.value.code, refused.value.position) == (code, position)


@pytest.mark.parametrize("text", ["(8030)12=", "(8030)1==", "(8030)12", "(8030)A-_"])
def test_base64_is_padded_or_not(text: str) -> None:
    assert parse_bracketed(text, ALONE)


COUPON_HEAD = "012345612345611110123"


@pytest.mark.parametrize(
    "text",
    [
        COUPON_HEAD,
        f"{COUPON_HEAD}101101230614141",
        f"{COUPON_HEAD}101101239",
        f"{COUPON_HEAD}21101230123456",
        f"{COUPON_HEAD}32606304260601",
        f"{COUPON_HEAD}50123456",
        f"{COUPON_HEAD}611234567",
        f"{COUPON_HEAD}90000",
    ],
)
def test_a_coupon_of_known_fields_passes(text: str) -> None:
    assert LINTERS["coupon"](text) is None


@pytest.mark.parametrize(
    ("name", "text", "code", "start", "length"),
    [
        ("coupon", "71234567890123", "coupon_invalid_gcp_length", 0, 1),
        ("coupon", "012345", "coupon_truncated_gcp", 1, 5),
        ("coupon", "0", "coupon_truncated_gcp", 0, 1),
        ("coupon", "0123456", "coupon_truncated_offer_code", 0, 7),
        ("coupon", "0123456123456", "coupon_missing_save_value_vli", 0, 13),
        ("coupon", f"{COUPON_HEAD}0", "coupon_excess_data", 21, 1),
        ("coupon", f"{COUPON_HEAD}3", "coupon_too_short_for_expiration_date", 0, 22),
        ("coupon", f"{COUPON_HEAD}3261301", "coupon_invalid_expiration_date", 22, 6),
        ("coupon", f"{COUPON_HEAD}4261301", "coupon_invalid_start_date", 22, 6),
        ("coupon", f"{COUPON_HEAD}32606014260602", "coupon_expiration_before_start", 21, 14),
        ("coupon", f"{COUPON_HEAD}9003", "coupon_missing_dont_multiply_flag", 0, 25),
        ("positive-offer", "2", "coupon_invalid_format_code", 0, 1),
        ("positive-offer", "0", "coupon_missing_funder_vli", 0, 1),
        ("positive-offer", "0012345612345601234567", "coupon_excess_data", 21, 1),
    ],
)
def test_a_fault_of_a_coupon_is_named(name: str, text: str, code: str, start: int, length: int) -> None:
    assert fault(name, text) == (code, start, length)
    assert describe(code, ai="8110").startswith("the coupon in (8110) has a fault: ")


@settings(deadline=None)
@given(st.text("0123456789", min_size=1, max_size=17))
def test_every_body_has_the_one_check_digit_that_the_other_module_computes(body: str) -> None:
    right = checkdigit.check_digit(body)
    for digit in "0123456789":
        assert (check_digit(body + digit) is None) == (digit == right)


@settings(deadline=None)
@given(st.text(CSET82, max_size=23))
def test_every_body_has_check_characters(body: str) -> None:
    assert check_pair(body + check_characters(body)) is None


@settings(deadline=None)
@given(st.text())
def test_only_the_ten_digits_are_digits(text: str) -> None:
    assert (digits(text) is None) == all(character in "0123456789" for character in text)


def test_every_code_has_its_words() -> None:
    assert all(message.format(ai="99", other="x", limit=1, symbology="]X0") for message in MESSAGES.values())
    assert COUPON.format(ai="8110", what="x")
