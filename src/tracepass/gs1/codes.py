"""Code lists that GS1 values refer to: countries (ISO 3166-1), currencies (ISO 4217), package types (UN/CEFACT 21)."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from types import MappingProxyType
from typing import NamedTuple


class Code(NamedTuple):
    """One country or currency: its three digits, its letters, its English name."""

    number: str
    letters: str
    name: str


def _lines(name: str) -> Iterator[str]:
    text = files("tracepass.gs1").joinpath("data", name).read_text("utf-8")
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _codes(name: str) -> tuple[Code, ...]:
    return tuple(Code(*line.split(" ", 2)) for line in _lines(name))


COUNTRIES = _codes("countries.txt")
CURRENCIES = _codes("currencies.txt")
COUNTRY_BY_NUMBER = MappingProxyType({one.number: one for one in COUNTRIES})
COUNTRY_BY_LETTERS = MappingProxyType({one.letters: one for one in COUNTRIES})
CURRENCY_BY_NUMBER = MappingProxyType({one.number: one for one in CURRENCIES})
PACKAGE_TYPES = frozenset(code for line in _lines("packagetypes.txt") for code in line.split())
