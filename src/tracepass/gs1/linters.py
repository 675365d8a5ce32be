"""The checks of what a part of a value says, named as ``data/applicationidentifiers.txt`` names them.

Each takes the text of one part, whose characters and length are right already, and returns the first fault or None.
Sources: GS1 General Specifications 3 (each AI), 7.9 (check digits and characters) and 7.11 (character sets).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from tracepass.gs1.codes import COUNTRY_BY_LETTERS, COUNTRY_BY_NUMBER, CURRENCY_BY_NUMBER, PACKAGE_TYPES
from tracepass.gs1.coupons import coupon, positive_offer
from tracepass.gs1.dates import date, date_or_month, long_date
from tracepass.gs1.faults import Fault

Linter = Callable[[str], Fault | None]

CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CSET39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CSET64 = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CSET32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "0123456789"

_RANK_82 = {character: rank for rank, character in enumerate(CSET82)}
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103)
_CHECK_MODULUS = 1021
_COMPANY_PREFIX_MINIMUM = 4
_ZERO = ord("0")
_IBAN_SHORTEST = 11
_IBAN_LONGEST = 34
_IBAN_HEAD = 4
_IBAN_CHARACTERS = CSET39.removeprefix("#-/")
_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLACE = re.compile(r"([0-9]+)/([0-9]+)")
_LATITUDES = 1_800_000_000
_LONGITUDES = 3_600_000_000
_HOURS = 24
_SIXTY = 60


def digits(text: str) -> Fault | None:
    """Hold the characters against the ten digits."""
    return _outside(text, DIGITS, "non_digit_character")


def cset82(text: str) -> Fault | None:
    """Hold the characters against the 82 of GS1 General Specifications 7.11, table 1."""
    return _outside(text, CSET82, "invalid_cset82_character")


def cset39(text: str) -> Fault | None:
    """Hold the characters against the 39 of GS1 General Specifications 7.11, table 2."""
    return _outside(text, CSET39, "invalid_cset39_character")


def cset64(text: str) -> Fault | None:
    """Hold the characters against file-safe base64, padded to a multiple of three or not at all (table 3)."""
    body = text.rstrip("=")
    pads = len(text) - len(body)
    if pads > 2 or (pads and len(text) % 3):  # noqa: PLR2004 - base64 has two pads at most and comes in threes
        return Fault("invalid_cset64_padding", len(body), pads)
    return _outside(body, CSET64, "invalid_cset64_character")


def _outside(text: str, allowed: str, code: str) -> Fault | None:
    return next((Fault(code, at, 1) for at, character in enumerate(text) if character not in allowed), None)


def check_digit(text: str) -> Fault | None:
    """Hold the last digit against those before it (GS1 General Specifications 7.9.1)."""
    codes = text.encode()
    odd, even = codes[-1::-2], codes[-2::-2]
    total = sum(odd) + 3 * sum(even) - _ZERO * (len(odd) + 3 * len(even))
    return Fault("incorrect_check_digit", len(text) - 1, 1) if total % 10 else None


def check_pair(text: str) -> Fault | None:
    """Hold the last two characters against those before them (GS1 General Specifications 7.9.5)."""
    if len(text) < 2:  # noqa: PLR2004 - it is a pair
        return Fault("too_short_for_check_pair", 0, len(text))
    body, pair = text[:-2], text[-2:]
    fault = _outside(pair, CSET32, "invalid_cset32_character")
    if fault is not None:
        return fault._replace(start=len(body) + fault.start)
    return None if pair == check_characters(body) else Fault("incorrect_check_pair", len(body), 2)


def check_characters(body: str) -> str:
    """Return the two check characters of an alphanumeric key (GS1 General Specifications 7.9.5)."""
    weighted = zip(reversed(body), _PRIMES, strict=False)
    total = sum(_RANK_82[character] * prime for character, prime in weighted) % _CHECK_MODULUS
    return CSET32[total >> 5] + CSET32[total & 31]


def prefix_at_1(text: str) -> Fault | None:
    """Ask for a GS1 Company Prefix, which has four digits at least, at the beginning (GS1 GS 1.4.4)."""
    if len(text) < _COMPANY_PREFIX_MINIMUM:
        return Fault("too_short_for_gcp", 0, len(text))
    return _outside(text[:_COMPANY_PREFIX_MINIMUM], DIGITS, "invalid_gcp_prefix")


def prefix_at_2(text: str) -> Fault | None:
    """Ask for a GS1 Company Prefix after the first character, which is an indicator or extension digit."""
    fault = prefix_at_1(text[1:])
    return fault and fault._replace(start=fault.start + 1)


def importer_index(text: str) -> Fault | None:
    """Ask for an importer index of EU 2018/574 (GS1 General Specifications 3.9.11)."""
    return None if text in CSET64 else Fault("invalid_import_idx_character", 0, len(text))


def not_zero(text: str) -> Fault | None:
    """Ask for a number other than zero."""
    return None if text.strip("0") else Fault("illegal_zero_value", 0, len(text))


def zero(text: str) -> Fault | None:
    """Ask for zeros alone."""
    return Fault("not_zero", 0, len(text)) if text.strip("0") else None


def no_leading_zero(text: str) -> Fault | None:
    """Ask for a number without a zero at its head (GS1 General Specifications 3.9.11, CPID serial)."""
    return Fault("illegal_zero_prefix", 0, 1) if text.startswith("0") else None


def not_only_digits(text: str) -> Fault | None:
    """Ask for something that is no digit (AI 8014)."""
    return Fault("requires_non_digit_character", 0, len(text)) if text.isdigit() else None


def country(text: str) -> Fault | None:
    """Ask for a country's three digits (ISO 3166-1)."""
    return None if text in COUNTRY_BY_NUMBER else Fault("not_iso3166", 0, len(text))


def country_or_999(text: str) -> Fault | None:
    """Ask for a country's three digits or 999, several countries (GS1 General Specifications 3.8.20)."""
    return None if text in COUNTRY_BY_NUMBER or text == "999" else Fault("not_iso3166_or_999", 0, len(text))


def country_letters(text: str) -> Fault | None:
    """Ask for a country's two letters (ISO 3166-1)."""
    return None if text in COUNTRY_BY_LETTERS else Fault("not_iso3166_alpha2", 0, len(text))


def currency(text: str) -> Fault | None:
    """Ask for a currency's three digits (ISO 4217)."""
    return None if text in CURRENCY_BY_NUMBER else Fault("not_iso4217", 0, len(text))


def iban(text: str) -> Fault | None:
    """Hold an IBAN against ISO 13616: country, length, characters and checksum."""
    if len(text) < _IBAN_HEAD:
        return Fault("iban_too_short", 0, len(text))
    if text[:2] not in COUNTRY_BY_LETTERS:
        return Fault("illegal_iban_country_code", 0, 2)
    if not _IBAN_SHORTEST <= len(text) <= _IBAN_LONGEST:
        return Fault("iban_too_short" if len(text) < _IBAN_SHORTEST else "iban_too_long", 0, len(text))
    order = (*range(_IBAN_HEAD, len(text)), *range(_IBAN_HEAD))
    stray = next((at for at in order if text[at] not in _IBAN_CHARACTERS), None)
    if stray is not None:
        return Fault("invalid_iban_character", stray, 1)
    number = int("".join(str(int(text[at], 36)) for at in order))
    return None if number % 97 == 1 else Fault("incorrect_iban_checksum", 2, 2)


def time(text: str) -> Fault | None:
    """Ask for hours and minutes (HHMM)."""
    fault = hour(text[:2])
    if fault is None and (fault := minute(text[2:])) is not None:
        return fault._replace(start=2)
    return fault


def hour(text: str) -> Fault | None:
    """Ask for an hour of the day."""
    return None if int(text) < _HOURS else Fault("illegal_hour", 0, 2)


def minute(text: str) -> Fault | None:
    """Ask for a minute of the hour."""
    return None if int(text) < _SIXTY else Fault("illegal_minute", 0, 2)


def second(text: str) -> Fault | None:
    """Ask for a second of the minute."""
    return None if int(text) < _SIXTY else Fault("illegal_second", 0, 2)


def flag(text: str) -> Fault | None:
    """Ask for 0 or 1."""
    return None if text in {"0", "1"} else Fault("not_zero_or_one", 0, 1)


def sex(text: str) -> Fault | None:
    """Ask for a code of ISO 5218."""
    return None if text in {"0", "1", "2", "9"} else Fault("invalid_biological_sex_code", 0, 1)


def winding(text: str) -> Fault | None:
    """Ask for the winding direction of a roll: face out, face in, not defined (GS1 GS 3.9.1)."""
    return None if text in {"0", "1", "9"} else Fault("invalid_winding_direction", 0, 1)


def hyphen(text: str) -> Fault | None:
    """Ask for the minus sign of a temperature (GS1 General Specifications 3.7.13)."""
    return None if text == "-" else Fault("not_hyphen", 0, len(text))


def latitude(text: str) -> Fault | None:
    """Ask for ten digits up to 180 degrees, counted from the South Pole (GS1 GS 3.7.10)."""
    return None if int(text) <= _LATITUDES else Fault("invalid_latitude", 0, len(text))


def longitude(text: str) -> Fault | None:
    """Ask for ten digits up to 360 degrees (GS1 General Specifications 3.7.10)."""
    return None if int(text) <= _LONGITUDES else Fault("invalid_longitude", 0, len(text))


def percent_encoded(text: str) -> Fault | None:
    """Ask for two hexadecimal digits after each percent sign (RFC 3986 2.1)."""
    stray = _PERCENT.search(text)
    return stray and Fault("invalid_percent_sequence", stray.start(), min(3, len(text) - stray.start()))


def piece_of_total(text: str) -> Fault | None:
    """Ask for a piece number and a total of equal width, none of them zero (GS1 GS 3.9.6)."""
    half = len(text) // 2
    piece, total = int(text[:half]), int(text[half:])
    if not piece:
        return Fault("zero_piece_number", 0, half)
    if not total:
        return Fault("zero_total_pieces", half, half)
    return Fault("piece_number_exceeds_total", 0, len(text)) if piece > total else None


def place_of_all(text: str) -> Fault | None:
    """Ask for a position and an end with a slash between them (GS1 General Specifications 3.8.33)."""
    match = _PLACE.fullmatch(text)
    if match is None:
        return Fault("position_in_sequence_malformed", 0, len(text))
    for number in (1, 2):
        if match[number].startswith("0"):
            return Fault("illegal_zero_prefix", match.start(number), len(match[number]))
    return Fault("position_exceeds_end", 0, len(text)) if int(match[1]) > int(match[2]) else None


def media_type(text: str) -> Fault | None:
    """Ask for an AIDC media type that ICCBBA has assigned or left to local use (GS1 GS 3.8.28)."""
    number = int(text)
    known = 1 <= number <= 10 or 80 <= number <= 99  # noqa: PLR2004 - the two assigned ranges
    return None if known else Fault("invalid_media_type", 0, len(text))


def package_type(text: str) -> Fault | None:
    """Ask for a package type of UN/CEFACT Recommendation 21 or of GS1 (GS1 GS 3.8.24)."""
    return None if text in PACKAGE_TYPES else Fault("invalid_package_type", 0, len(text))


CHARACTER_SETS: Mapping[str, Linter] = MappingProxyType({"n": digits, "x": cset82, "y": cset39, "z": cset64})
LINTERS: Mapping[str, Linter] = MappingProxyType(
    {
        "check-digit": check_digit,
        "check-pair": check_pair,
        "country": country,
        "country-letters": country_letters,
        "country-or-999": country_or_999,
        "coupon": coupon,
        "currency": currency,
        "date": date,
        "date-or-month": date_or_month,
        "flag": flag,
        "hour": hour,
        "hyphen": hyphen,
        "iban": iban,
        "importer-index": importer_index,
        "latitude": latitude,
        "long-date": long_date,
        "longitude": longitude,
        "media-type": media_type,
        "minute": minute,
        "no-leading-zero": no_leading_zero,
        "not-only-digits": not_only_digits,
        "not-zero": not_zero,
        "package-type": package_type,
        "percent-encoded": percent_encoded,
        "piece-of-total": piece_of_total,
        "place-of-all": place_of_all,
        "positive-offer": positive_offer,
        "prefix-at-1": prefix_at_1,
        "prefix-at-2": prefix_at_2,
        "second": second,
        "sex": sex,
        "time": time,
        "winding": winding,
        "zero": zero,
    }
)
