"""Dates in GS1 values: YYMMDD with the century that is meant, 00 for the last day of a month (GS1 GS 3.4.2, 7.12)."""

from __future__ import annotations

import datetime as dt
from calendar import isleap

from tracepass.gs1.faults import Fault

_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FEBRUARY = 2
_DECEMBER = 12
_CENTURY = 100
_HORIZON = 50


def date_or_month(text: str) -> Fault | None:
    """Hold YYMMDD against the calendar; 00 is a day too, the last of the month.

    Two digits make a leap year of 00 as well: the century rule gives 2000 until 2050 (GS1 GS 7.12).
    """
    month, day = int(text[2:4]), int(text[4:6])
    if not 1 <= month <= _DECEMBER:
        return Fault("illegal_month", 2, 2)
    if day > _DAYS[month] or (month == _FEBRUARY and day == _DAYS[month] and int(text[:2]) % 4):
        return Fault("illegal_day", 4, 2)
    return None


def date(text: str) -> Fault | None:
    """Hold YYMMDD against the calendar; the day must be a real one."""
    fault = date_or_month(text)
    return Fault("illegal_day", 4, 2) if fault is None and text[4:6] == "00" else fault


def long_date(text: str) -> Fault | None:
    """Hold YYYYMMDD against the calendar; the day must be a real one."""
    month, day = int(text[4:6]), int(text[6:8])
    if not 1 <= month <= _DECEMBER:
        return Fault("illegal_month", 4, 2)
    last = _DAYS[month] if month != _FEBRUARY or isleap(int(text[:4])) else _DAYS[month] - 1
    return None if 1 <= day <= last else Fault("illegal_day", 6, 2)


def full_year(two_digits: int, *, today: dt.date) -> int:
    """Return the year that two digits mean: at most 49 years back and 50 ahead of today (GS1 GS 7.12)."""
    century = today.year - today.year % _CENTURY
    distance = two_digits - today.year % _CENTURY
    if distance > _HORIZON:
        return century - _CENTURY + two_digits
    if distance <= -_HORIZON:
        return century + _CENTURY + two_digits
    return century + two_digits


def read_date(text: str, *, today: dt.date) -> dt.date:
    """Return the day that a valid YYMMDD or YYYYMMDD means; day 00 is the last day of the month.

    Raises:
        ValueError: no such day, which a two-digit year can hide: 29 February 1900.
    """
    year = full_year(int(text[:2]), today=today) if len(text) == len("YYMMDD") else int(text[:4])
    month, day = int(text[-4:-2]), int(text[-2:])
    return dt.date(year, month, day or last_day(year, month))


def last_day(year: int, month: int) -> int:
    """Return the number of the last day of a month."""
    return _DAYS[month] if month != _FEBRUARY or isleap(year) else _DAYS[month] - 1
