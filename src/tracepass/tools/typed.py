"""What the raw value of an application identifier means: a day, a quantity with its unit, an amount of money, a count.

Source: GS1 General Specifications, section 3 (formats), 3.6.2 (the last digit of a measure's identifier counts the
decimals), 7.12 (the century of a year of two digits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tracepass.gs1.applicationidentifiers import AI_TABLE, Part
from tracepass.gs1.dates import read_date

_DATES = frozenset({"date", "date-or-month", "long-date"})
_COUNTS = frozenset({"30", "37"})
_CURRENCY_DIGITS = 3
# The unit that a measure's first three digits fix (GS1 General Specifications, figures 3.6.2-1 to 3.6.3-2).
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(("310", "330"), "kg"),
    **dict.fromkeys(("311", "312", "313", "331", "332", "333"), "m"),
    **dict.fromkeys(("314", "334"), "m2"),
    **dict.fromkeys(("315", "335"), "l"),
    **dict.fromkeys(("316", "336"), "m3"),
    "337": "kg/m2",
    **dict.fromkeys(("320", "340"), "lb"),
    **dict.fromkeys(("321", "324", "327", "341", "344", "347"), "in"),
    **dict.fromkeys(("322", "325", "328", "342", "345", "348"), "ft"),
    **dict.fromkeys(("323", "326", "329", "343", "346", "349"), "yd"),
    **dict.fromkeys(("350", "353"), "in2"),
    **dict.fromkeys(("351", "354"), "ft2"),
    **dict.fromkeys(("352", "355"), "yd2"),
    "356": "troy oz",
    "357": "oz",
    **dict.fromkeys(("360", "362"), "qt"),
    **dict.fromkeys(("361", "363"), "gal"),
    **dict.fromkeys(("364", "367"), "in3"),
    **dict.fromkeys(("365", "368"), "ft3"),
    **dict.fromkeys(("366", "369"), "yd3"),
    "394": "%",
}
_AMOUNTS = frozenset({"390", "392", "395"})
_AMOUNTS_WITH_CURRENCY = frozenset({"391", "393"})


@dataclass(frozen=True, slots=True)
class Typed:
    """A value and its type: ``text``, ``date``, ``datetime``, ``dates``, ``integer``, ``decimal`` or ``amount``.

    Days are ``YYYY-MM-DD``; ``unit`` is that of a decimal, ``currency`` the number of ISO 4217 of an amount.
    """

    type: str
    value: Any
    unit: str | None = None
    currency: str | None = None


def typed(ai: str, raw: str, *, today: date) -> Typed:
    """Return what a raw value means; ``today`` settles the century of a year of two digits."""
    family = ai[:3]
    if ai in _COUNTS:
        return Typed("integer", int(raw))
    if len(ai) == len("310n") and family in _UNITS:
        return Typed("decimal", _decimal(raw, int(ai[-1])), unit=_UNITS[family])
    if len(ai) == len("390n") and family in _AMOUNTS:
        return Typed("amount", _decimal(raw, int(ai[-1])))
    if len(ai) == len("391n") and family in _AMOUNTS_WITH_CURRENCY:
        amount = _decimal(raw[_CURRENCY_DIGITS:], int(ai[-1]))
        return Typed("amount", amount, currency=raw[:_CURRENCY_DIGITS])
    parts = AI_TABLE[ai].parts if ai in AI_TABLE else ()
    if parts and _DATES.intersection(parts[0].checks):
        return _moment(parts, raw, today)
    return Typed("text", raw)


def _decimal(digits: str, places: int) -> float | int:
    """Return the number; fifteen digits and fewer survive as a double (IEEE 754)."""
    return int(digits) / 10**places if places else int(digits)


def _moment(parts: tuple[Part, ...], raw: str, today: date) -> Typed:
    """Return the day, the days or the day and time; a day that a century rule makes impossible stays text."""
    width = parts[0].maximum
    rest = raw[width:]
    try:
        day = read_date(raw[:width], today=today).isoformat()
        if len(parts) == 1 or not rest:
            return Typed("date", day)
        if _DATES.intersection(parts[1].checks):
            return Typed("dates", [day, read_date(rest, today=today).isoformat()])
    except ValueError:
        return Typed("text", raw)
    clock = [rest[at : at + 2] for at in range(0, len(rest), 2)]
    return Typed("datetime", f"{day}T{':'.join([*clock, '00', '00'][:3])}")
