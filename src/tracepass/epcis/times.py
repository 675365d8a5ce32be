"""Times of events: read with their offset, written in UTC with milliseconds, so that their texts sort as they do."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|z|[+-]\d\d:?\d\d)", re.ASCII)
_WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
"""As we write times ourselves, and most others do."""
_LONGEST = 40
_LEAP_SECOND = ":60"
_UTC_OFFSET = len("+00:00")


def timestamp(text: str) -> str:
    """Return an ISO 8601 time with offset as UTC with milliseconds, ``2005-04-05T02:33:31.116Z``.

    What is finer is rounded, half to even.

    Raises:
        ValueError: it is none, or lies outside the years 1 to 9999.
    """
    if _WRITTEN.fullmatch(text):
        try:
            datetime.fromisoformat(text)
        except ValueError:
            # A leap second, or no day of the calendar.
            return written(instant(text))
        return text
    return _remembered(text) if len(text) <= _LONGEST else written(instant(text))


@lru_cache(maxsize=4096)
def _remembered(text: str) -> str:
    return written(instant(text))


def instant(text: str) -> datetime:
    """Return an ISO 8601 time with offset as an instant in UTC, to the millisecond.

    Raises:
        ValueError: it is none, or lies outside the years 1 to 9999.
    """
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time with an offset")
    day, clock, fraction, zone = found.groups()
    leap = clock.endswith(_LEAP_SECOND)
    whole = datetime.fromisoformat(f"{day}T{clock[:-2] + '59' if leap else clock}{zone.upper()}")
    milliseconds = round(int(f"{fraction or '0':0<6}"[:6]) / 1000) + (1000 if leap else 0)
    try:
        return (whole + timedelta(milliseconds=milliseconds)).astimezone(UTC)
    except OverflowError as fault:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999") from fault


def written(when: datetime) -> str:
    """Return an instant in UTC as a timestamp."""
    return when.isoformat(timespec="milliseconds")[:-_UTC_OFFSET] + "Z"
