"""What the raw value of an application identifier means, as JSON: `tracepass.gs1.values` in the shape of the tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tracepass.gs1.codes import Code
from tracepass.gs1.values import (
    Approval,
    Money,
    Period,
    Pieces,
    Place,
    PostalCode,
    Quantity,
    typed_value,
)


@dataclass(frozen=True, slots=True)
class Typed:
    """A value, its type, and what makes it clear: ``unit`` and ``unitCode``, ``currency`` and ``currencyCode``.

    Days are ``YYYY-MM-DD``, countries the two letters of ISO 3166-1.
    """

    type: str
    value: Any
    more: dict[str, str] | None = None


def typed(ai: str, raw: str, *, today: date) -> Typed:
    """Return what a raw value means; ``today`` settles the century of a year of two digits."""
    meaning = typed_value(ai, raw, today=today)
    return _SHAPES[type(meaning)](meaning)


def _quantity(meaning: Quantity) -> Typed:
    return Typed("decimal", _number(meaning.number), {"unit": meaning.unit.symbol, "unitCode": meaning.unit.code})


def _money(meaning: Money) -> Typed:
    currency = meaning.currency
    more = None if currency is None else {"currency": currency.number, "currencyCode": currency.letters}
    return Typed("amount", _number(meaning.amount), more)


def _approval(meaning: Approval) -> Typed:
    country = meaning.country
    return Typed("approval", {"country": None if country is None else country.letters, "number": meaning.number})


def _number(number: Decimal) -> float | int:
    """Return the number; fifteen digits and fewer survive as a double (IEEE 754)."""
    return float(number) if int(number.as_tuple().exponent) < 0 else int(number)


_SHAPES: Mapping[type, Callable[[Any], Typed]] = {
    str: lambda meaning: Typed("text", meaning),
    bool: lambda meaning: Typed("boolean", meaning),
    int: lambda meaning: Typed("integer", meaning),
    datetime: lambda meaning: Typed("datetime", meaning.isoformat()),
    date: lambda meaning: Typed("date", meaning.isoformat()),
    Code: lambda meaning: Typed("country", meaning.letters),
    tuple: lambda meaning: Typed("countries", [country.letters for country in meaning]),
    Quantity: _quantity,
    Money: _money,
    Approval: _approval,
    Period: lambda meaning: Typed("dates", [meaning.first.isoformat(), meaning.last.isoformat()]),
    Place: lambda meaning: Typed("coordinates", [_number(meaning.latitude), _number(meaning.longitude)]),
    Pieces: lambda meaning: Typed("pieces", {"gtin": meaning.gtin, "piece": meaning.piece, "total": meaning.total}),
    PostalCode: lambda meaning: Typed("postalCode", {"country": meaning.country.letters, "code": meaning.code}),
}
