"""What the value of an AI means: a day, a measure with its unit, an amount of money, a country, a count, a number.

Only valid values are asked for here; :mod:`tracepass.gs1.elements` and :mod:`tracepass.gs1.link` see to that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from tracepass.gs1.applicationidentifiers import AI_TABLE
from tracepass.gs1.codes import COUNTRY_BY_LETTERS, COUNTRY_BY_NUMBER, CURRENCY_BY_NUMBER, Code
from tracepass.gs1.dates import read_date
from tracepass.gs1.link import unescape


class Unit(NamedTuple):
    """A unit of measure: its code of UN/CEFACT Recommendation 20, and how it is written."""

    code: str
    symbol: str


def _units() -> Mapping[str, Unit]:
    families = {
        Unit("KGM", "kg"): ("310", "330"),
        Unit("MTR", "m"): ("311", "312", "313", "331", "332", "333"),
        Unit("MTK", "m2"): ("314", "334"),
        Unit("LTR", "l"): ("315", "335"),
        Unit("MTQ", "m3"): ("316", "336"),
        Unit("28", "kg/m2"): ("337",),
        Unit("LBR", "lb"): ("320", "340"),
        Unit("INH", "in"): ("321", "324", "327", "341", "344", "347"),
        Unit("FOT", "ft"): ("322", "325", "328", "342", "345", "348"),
        Unit("YRD", "yd"): ("323", "326", "329", "343", "346", "349"),
        Unit("INK", "in2"): ("350", "353"),
        Unit("FTK", "ft2"): ("351", "354"),
        Unit("YDK", "yd2"): ("352", "355"),
        Unit("APZ", "troy oz"): ("356",),
        Unit("ONZ", "oz"): ("357",),
        Unit("QTL", "qt"): ("360", "362"),
        Unit("GLL", "gal"): ("361", "363"),
        Unit("INQ", "in3"): ("364", "367"),
        Unit("FTQ", "ft3"): ("365", "368"),
        Unit("YDQ", "yd3"): ("366", "369"),
    }
    return MappingProxyType({family: unit for unit, listed in families.items() for family in listed})


UNITS = _units()
"""The unit of a measure by the first three digits of its AI (GS1 General Specifications 3.6.2 and 3.6.3)."""
PER_CENT = Unit("P1", "%")
CELSIUS = Unit("CEL", "\u00b0C")
FAHRENHEIT = Unit("FAH", "\u00b0F")
_SEVERAL_COUNTRIES = "999"
_DEGREES = 10_000_000
_MEASURES = range(310, 370)
_CENTIGRADE = frozenset({"4331", "4333"})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit."""

    number: Decimal
    unit: Unit


@dataclass(frozen=True, slots=True)
class Money:
    """An amount with its currency, None for the currency of the place where it is paid."""

    amount: Decimal
    currency: Code | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A position on the globe in degrees (WGS 84)."""

    latitude: Decimal
    longitude: Decimal


@dataclass(frozen=True, slots=True)
class Pieces:
    """A piece of so many."""

    gtin: str
    piece: int
    total: int


@dataclass(frozen=True, slots=True)
class Approval:
    """A processor's country and approval number; no country stands for several."""

    country: Code | None
    number: str


@dataclass(frozen=True, slots=True)
class PostalCode:
    """A postal code in a country."""

    country: Code
    code: str


@dataclass(frozen=True, slots=True)
class Period:
    """Two days, both included."""

    first: dt.date
    last: dt.date


Value = (
    str
    | int
    | bool
    | Decimal
    | dt.date
    | dt.datetime
    | Quantity
    | Money
    | Place
    | Pieces
    | Approval
    | PostalCode
    | Period
    | Code
    | tuple[Code, ...]
)
_Reader = Callable[[str, str, dt.date], Value]


def typed_value(ai: str, value: str, *, today: dt.date) -> Value:
    """Return what a valid value means; text stays text.

    Args:
        ai: the AI.
        value: its valid value.
        today: the day from which two-digit years are counted (GS1 General Specifications 7.12).
    """
    if ai not in AI_TABLE:
        return value
    reader = _READERS.get(ai) or _READERS.get(ai[:3]) or _by_format(ai)
    return reader(ai, value, today) if reader is not None else value


def _by_format(ai: str) -> _Reader | None:
    """Return the reader for a kind of AI: a measure, a day, text that is percent-encoded, a flag."""
    if len(ai) == 4 and int(ai[:3]) in _MEASURES:  # noqa: PLR2004 - measures have AIs of four digits
        return _measure
    checks = [part.checks for part in AI_TABLE[ai].parts]
    if len(checks) == 1:
        return next((_BY_CHECK[check] for check in checks[0] if check in _BY_CHECK), None)
    return None


def _decimal(ai: str, digits: str) -> Decimal:
    """Place the decimal point as the last digit of the AI says (GS1 General Specifications 3.6.1)."""
    return Decimal(int(digits)).scaleb(-int(ai[-1]))


def _measure(ai: str, value: str, _: dt.date) -> Quantity:
    return Quantity(_decimal(ai, value), UNITS[ai[:3]])


def _amount(ai: str, value: str, _: dt.date) -> Money:
    return Money(_decimal(ai, value))


def _amount_with_currency(ai: str, value: str, _: dt.date) -> Money:
    return Money(_decimal(ai, value[3:]), CURRENCY_BY_NUMBER[value[:3]])


def _percentage(ai: str, value: str, _: dt.date) -> Quantity:
    return Quantity(_decimal(ai, value), PER_CENT)


def _day(_: str, value: str, today: dt.date) -> Value:
    """Return the day; an impossible one, which a two-digit year can hide, stays text."""
    try:
        return read_date(value, today=today)
    except ValueError:
        return value


def _clock(width: int) -> _Reader:
    """Return a reader of a day followed by hours, minutes and seconds, the latter two of which may be missing."""

    def read(_: str, value: str, today: dt.date) -> Value:
        day = _day("", value[:width], today)
        if not isinstance(day, dt.date):
            return value
        hours, minutes, seconds = (int(value[at : at + 2] or "0") for at in (width, width + 2, width + 4))
        return dt.datetime(day.year, day.month, day.day, hours, minutes, seconds)  # noqa: DTZ001 - GS1 gives local time

    return read


def _day_or_moment(ai: str, value: str, today: dt.date) -> Value:
    return _day(ai, value, today) if len(value) == len("YYMMDD") else _clock(6)(ai, value, today)


def _days(ai: str, value: str, today: dt.date) -> Value:
    first = _day(ai, value[:6], today)
    if not value[6:]:
        return first
    last = _day(ai, value[6:], today)
    return Period(first, last) if isinstance(first, dt.date) and isinstance(last, dt.date) else value


def _count(_: str, value: str, __: dt.date) -> int:
    return int(value)


def _country(_: str, value: str, __: dt.date) -> Code:
    return COUNTRY_BY_NUMBER[value]


def _country_letters(_: str, value: str, __: dt.date) -> Code:
    return COUNTRY_BY_LETTERS[value]


def _countries(_: str, value: str, __: dt.date) -> tuple[Code, ...]:
    return tuple(COUNTRY_BY_NUMBER[value[at : at + 3]] for at in range(0, len(value), 3))


def _approval(_: str, value: str, __: dt.date) -> Approval:
    return Approval(None if value[:3] == _SEVERAL_COUNTRIES else COUNTRY_BY_NUMBER[value[:3]], value[3:])


def _postal_code(_: str, value: str, __: dt.date) -> PostalCode:
    return PostalCode(COUNTRY_BY_NUMBER[value[:3]], value[3:])


def _place(_: str, value: str, __: dt.date) -> Place:
    """Return degrees: latitude is counted from 90 South, longitude from Greenwich eastwards (GS1 GS 3.7.10)."""
    latitude = Decimal(int(value[:10])) / _DEGREES - 90
    longitude = Decimal(int(value[10:])) / _DEGREES
    return Place(latitude, longitude - 360 if longitude > 180 else longitude)  # noqa: PLR2004 - degrees


def _pieces(_: str, value: str, __: dt.date) -> Pieces:
    return Pieces(value[:14], int(value[14:16]), int(value[16:]))


def _temperature(ai: str, value: str, _: dt.date) -> Quantity:
    """Return degrees with two decimals; a hyphen at the end makes them negative (GS1 GS 3.7.13)."""
    number = Decimal(int(value[:6])).scaleb(-2)
    return Quantity(-number if value.endswith("-") else number, CELSIUS if ai in _CENTIGRADE else FAHRENHEIT)


def _plain_text(_: str, value: str, __: dt.date) -> str:
    return unescape(value.replace("+", " ")).encode("latin-1", "ignore").decode("utf-8", "replace")


def _flag(_: str, value: str, __: dt.date) -> bool:
    return value == "1"


_BY_CHECK: Mapping[str, _Reader] = MappingProxyType(
    {
        "country": _country,
        "country-letters": _country_letters,
        "date": _day,
        "date-or-month": _day,
        "flag": _flag,
        "long-date": _day,
        "percent-encoded": _plain_text,
    }
)
_READERS: Mapping[str, _Reader] = MappingProxyType(
    {
        "30": _count,
        "37": _count,
        "390": _amount,
        "391": _amount_with_currency,
        "392": _amount,
        "393": _amount_with_currency,
        "394": _percentage,
        "395": _amount,
        "421": _postal_code,
        "423": _countries,
        "425": _countries,
        "4309": _place,
        "4324": _clock(6),
        "4325": _clock(6),
        **dict.fromkeys(("4330", "4331", "4332", "4333"), _temperature),
        "7003": _clock(6),
        "7007": _days,
        "7011": _day_or_moment,
        **{f"703{number}": _approval for number in range(10)},
        "7251": _clock(8),
        "8006": _pieces,
        "8008": _clock(6),
        "8026": _pieces,
        "8111": _count,
    }
)
