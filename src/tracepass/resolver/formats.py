"""Numbers, dates and names as a reader's language writes them (Unicode CLDR, through babel)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal
from babel.units import format_unit

from tracepass.core.clock import parse_timestamp
from tracepass.templates.models import Precision
from tracepass.templates.service import unit_symbol

REGIONS = {"en": "en_IE", "pt": "pt_PT"}
"""Where the bare language would mean a country outside the Union."""

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_TIME_UNITS = {"a": "duration-year", "mo": "duration-month"}
_MANY = 5
"""An amount whose plural stands for amounts in general."""
_MONTH_LENGTH = len("2027-02")


@dataclass(frozen=True, slots=True)
class Formats:
    """The ways of one language; make them with `formats_for`."""

    language: Locale
    region: Locale

    def number(self, value: float) -> str:
        """Write a number with all its digits."""
        return str(format_decimal(value, locale=self.region, decimal_quantization=False))

    def unit(self, code: str, value: float = _MANY) -> str:
        """Write a unit as it follows an amount: its symbol, or for spans of time its name, where CLDR knows it."""
        if code in _TIME_UNITS:
            return self._time_unit(code, value)
        if code == "%/month":
            return f"%{NO_BREAK_SPACE}/{NO_BREAK_SPACE}{self._time_unit('mo', 1)}"
        return unit_symbol(code)

    def _time_unit(self, code: str, value: float) -> str:
        """Take the amount out of the whole phrase, since only the phrase is declined."""
        name = _TIME_UNITS[code]
        phrase = format_unit(value, name, length="long", locale=self.language)
        amount = format_decimal(value, locale=self.language)
        return unit_symbol(code) if name in phrase else phrase.replace(amount, "").strip()

    def date(self, text: str, precision: Precision = "day") -> str:
        """Write ``2027-02``, ``2027-02-18`` or a timestamp; what is none of these stays as it is."""
        try:
            return self._date(text, precision)
        except ValueError:
            return text

    def _date(self, text: str, precision: Precision) -> str:
        if precision == "month":
            month = date.fromisoformat(f"{text[:_MONTH_LENGTH]}-01")
            return str(format_skeleton("yMMMM", month, locale=self.region))
        if precision == "day":
            return str(format_date(date.fromisoformat(text), "long", locale=self.region))
        moment = parse_timestamp(text)
        return (
            f"{format_date(moment, 'long', locale=self.region)}, {format_time(moment, 'short', locale=self.region)} UTC"
        )

    def short_date(self, text: str) -> str:
        """Write ``2027-02-18`` as briefly as tables want it."""
        try:
            return str(format_date(date.fromisoformat(text), "medium", locale=self.region))
        except ValueError:
            return text

    def day_of(self, timestamp: str) -> str:
        """Write the UTC day of a timestamp."""
        return str(format_date(parse_timestamp(timestamp), "long", locale=self.region))

    def country(self, code: str) -> str:
        """Write an ISO 3166-1 alpha-2 code as a name; one that CLDR does not know stays a code."""
        return str(self.language.territories.get(code, code))

    def language_name(self, code: str) -> str:
        """Write a language code as a name in the reader's language."""
        return str(self.language.languages.get(code, code))


@cache
def formats_for(locale: str) -> Formats:
    """Return the ways of one of the 24 languages."""
    return Formats(Locale.parse(locale), Locale.parse(REGIONS.get(locale, locale)))


@cache
def own_name(locale: str) -> str:
    """Return what a language calls itself, with a capital, as menus write it."""
    name: Any = Locale.parse(locale).display_name
    return str(name[:1].upper() + name[1:])
