"""What people write into cells, as the standard wants it: times, offsets, identifiers, words, numbers."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from difflib import get_close_matches
from typing import Any, Final

from tracepass.core.tables import LONGEST
from tracepass.epcis.times import instant
from tracepass.epcis.vocabulary import Vocabulary, bare, terms
from tracepass.gs1.checkdigit import check_digit, is_valid
from tracepass.gs1.elements import parse_bracketed
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import build_link

STEM: Final = "https://id.gs1.org"
_EXACT_DIGITS: Final = 15
_OFFSET = re.compile(r"([+-]?)(\d{1,2})(?::?(\d\d))?(?::00)?", re.ASCII)
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d?:\d\d)(:\d\d(?:[.,]\d+)?)?\s*(Z|z|[+-]\d\d:?\d\d)?", re.ASCII)
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}),? (\d\d?:\d\d)(:\d\d)?\s*(Z|[+-]\d\d:?\d\d)?", re.ASCII)
_DAY = re.compile(r"(?:(\d{4})-(\d\d)-(\d\d)|(\d{1,2})\.(\d{1,2})\.(\d{4}))", re.ASCII)
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", re.ASCII)
_KEYS: Final = {8: "01", 12: "01", 13: "01", 14: "01", 18: "00"}
_GLN: Final = 13
_GTIN: Final = 14


class ValueFaulty(ValueError):
    """A cell that cannot be read; the message says what to write."""


def text_of(value: Any) -> str:
    """Return the text of a cell.

    Raises:
        ValueFaulty: it is a number whose last digits the spreadsheet has lost, or too long.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _digits(value)
    text = str(value).strip()
    if len(text) > LONGEST:
        raise ValueFaulty(f"holds more than {LONGEST} characters")
    return text


def _digits(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueFaulty("is no number")
    if abs(value) >= 10**_EXACT_DIGITS:
        raise ValueFaulty(
            "is a number of more than 15 digits, of which spreadsheets lose the last: make it a text cell"
        )
    return str(int(value)) if float(value).is_integer() else repr(value)


def parts_of(value: Any) -> list[str]:
    """Return the values of a cell that may hold several, with line breaks or ``|`` between."""
    return [part.strip() for part in re.split(r"[\r\n|]+", text_of(value)) if part.strip()]


def offset_of(value: Any) -> str:
    """Return an offset as ``+02:00``; spreadsheets make times of such texts, and those are taken as well.

    Raises:
        ValueFaulty: it is none.
    """
    if isinstance(value, time):
        return f"+{value:%H:%M}"
    text = text_of(value)
    if text.upper() in {"Z", "UTC", "GMT"}:
        return "+00:00"
    found = _OFFSET.fullmatch(text.upper().removeprefix("UTC").removeprefix("GMT").strip())
    if found is None or int(found[2]) > 14:  # noqa: PLR2004 - the easternmost offset on earth
        raise ValueFaulty("is no offset from UTC: write it like +02:00, in a text cell")
    return f"{found[1] or '+'}{int(found[2]):02d}:{found[3] or '00'}"


def time_of(value: Any, offset: str | None) -> tuple[str, str]:
    """Return an instant as the standard writes it, and the offset of the place.

    A date cell and a text without zone are local times of the offset.

    Raises:
        ValueFaulty: it is no time, or nobody says of which zone.
    """
    local, zone = _local(value)
    if zone is None and offset is None:
        raise ValueFaulty(
            "has no zone: fill the column eventTimeZoneOffset, or write it like 2026-06-01T12:00:00+02:00"
        )
    own = offset_of(zone) if zone is not None else offset or ""
    try:
        moment = instant(local.isoformat(timespec="milliseconds") + own)
    except ValueError:
        raise ValueFaulty("lies outside the calendar") from None
    beside = offset or own
    place = timezone(_delta(beside))
    try:
        return moment.astimezone(place).isoformat(timespec="milliseconds"), beside
    except OverflowError:
        raise ValueFaulty("lies outside the calendar") from None


def _delta(offset: str) -> timedelta:
    sign = -1 if offset[0] == "-" else 1
    return sign * timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6]))


def _local(value: Any) -> tuple[datetime, str | None]:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None), None
    if isinstance(value, date):
        raise ValueFaulty("is a day without a time of day")
    text = text_of(value)
    iso, german = _ISO.fullmatch(text), _GERMAN.fullmatch(text)
    try:
        if iso:
            return _moment(f"{iso[1]}T{iso[2]:0>5}", iso[3]), iso[4]
        if german:
            day = f"{german[3]}-{int(german[2]):02d}-{int(german[1]):02d}"
            return _moment(f"{day}T{german[4]:0>5}", german[5]), german[6]
    except ValueError:
        raise ValueFaulty("names a day or a time of day that there is not") from None
    raise ValueFaulty("is no time: use a date cell, or write it like 2026-06-01T12:00:00+02:00")


def _moment(minutes: str, seconds: str | None) -> datetime:
    whole, _, fraction = (seconds or ":00").replace(",", ".").partition(".")
    return datetime.fromisoformat(f"{minutes}{whole}.{fraction[:6]:0<6}")


def day_of(value: Any) -> str:
    """Return a day as ``2027-06-30``.

    Raises:
        ValueFaulty: it is none.
    """
    if isinstance(value, date):
        return value.isoformat()[:10]
    found = _DAY.fullmatch(text_of(value))
    if found is None:
        raise ValueFaulty("is no day: use a date cell, or write it like 2027-06-30")
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return datetime(int(year), int(month), int(day), tzinfo=UTC).date().isoformat()
    except ValueError:
        raise ValueFaulty("names a day that there is not") from None


def thing_of(text: str) -> str:
    """Return the URI of a thing or class: as it is, or made of an element string, a GTIN or an SSCC.

    Raises:
        ValueFaulty: it is none of these, or its check digit is wrong.
    """
    if _URI.fullmatch(text):
        return text
    if text.startswith("("):
        return _of_elements(text)
    if text.isascii() and text.isdigit() and len(text) in _KEYS:
        _verify(text)
        return f"{STEM}/01/{text.zfill(_GTIN)}" if _KEYS[len(text)] == "01" else f"{STEM}/00/{text}"
    raise ValueFaulty("is no identifier: write a URN, a Digital Link, (01)...(21)..., a GTIN or an SSCC")


def place_of(text: str) -> str:
    """Return the URI of a place or party: as it is, or made of a GLN.

    Raises:
        ValueFaulty: it is neither, or its check digit is wrong.
    """
    if _URI.fullmatch(text):
        return text
    if text.startswith("("):
        return _of_elements(text)
    if text.isascii() and text.isdigit() and len(text) == _GLN:
        _verify(text)
        return f"{STEM}/414/{text}"
    raise ValueFaulty("is no place: write a GLN of 13 digits, a URN, a Digital Link or another URI")


def uri_of(text: str) -> str:
    """Return a URI as it is.

    Raises:
        ValueFaulty: it is none.
    """
    if not _URI.fullmatch(text):
        raise ValueFaulty("is no URI, like urn:uuid:... or https://...")
    return text


def word_of(vocabulary: Vocabulary, text: str) -> str:
    """Return a term, however it is written, or the URI of somebody's own.

    Raises:
        ValueFaulty: it is neither; the message names what may have been meant.
    """
    known = terms(vocabulary)
    for written in (bare(vocabulary, text), text.lower().replace(" ", "_").replace("-", "_"), text):
        if written in known:
            return written
    if _URI.fullmatch(text):
        return text
    near = get_close_matches(text[:60].lower().replace(" ", "_"), sorted(known), 1, 0.7)
    raise ValueFaulty("is no term of the vocabulary" + (f"; did you mean {near[0]}?" if near else ""))


def choice_of(choices: tuple[str, ...], text: str) -> str:
    """Return one of some words, whatever the case, ``Event`` at the end left out or not.

    Raises:
        ValueFaulty: it is none.
    """
    wanted = text.lower().replace(" ", "").removesuffix("event")
    for choice in choices:
        if choice.lower().removesuffix("event") == wanted:
            return choice
    raise ValueFaulty(f"is none of {', '.join(choices)}")


def number_of(text: str) -> float | int:
    """Return a number, with a point or a comma in it.

    Raises:
        ValueFaulty: it is none.
    """
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    try:
        number = float(plain)
    except ValueError:
        raise ValueFaulty("is no number; write it without separators of thousands") from None
    if not math.isfinite(number) or abs(number) >= 10**_EXACT_DIGITS:
        raise ValueFaulty("is no number that can be told exactly")
    return int(number) if number.is_integer() else number


def _of_elements(text: str) -> str:
    try:
        return build_link(parse_bracketed(text))
    except Gs1SyntaxError as fault:
        raise ValueFaulty(f"is no element string: {fault.message} (position {fault.position})") from None


def _verify(digits: str) -> None:
    if not is_valid(digits):
        raise ValueFaulty(f"has check digit {digits[-1]}, but {check_digit(digits[:-1])} is right")
