"""What people write into cells, as values of a template."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Final

from tracepass.core.tables import LONGEST, Formula
from tracepass.templates.models import ValueType

_EXACT_DIGITS: Final = 15
_GERMAN = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", re.ASCII)
_ROWS = re.compile(r"[\r\n|]+")
_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)
_TRUE: Final = frozenset({"true", "yes", "1", "x", "ja", "oui", "sí", "si", "wahr", "vrai"})
_FALSE: Final = frozenset({"false", "no", "0", "nein", "non", "falsch", "faux"})
Choices = Mapping[str, str]
"""Stored values by what stands for them: themselves, and their labels in every language, in small letters."""
ChoicesOf = Callable[[ValueType], Choices]


class CellFaulty(ValueError):
    """A cell that cannot be read; the message goes on from the name of its column."""


def text_of(value: Any) -> str:
    """Return the text of a cell.

    Raises:
        CellFaulty: it is a formula, a number whose last digits the spreadsheet has lost, or too long.
    """
    if isinstance(value, Formula):
        raise CellFaulty("holds a formula: write its value instead")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _digits(value)
    text = value.isoformat() if isinstance(value, date) else str(value).strip()
    if len(text) > LONGEST:
        raise CellFaulty(f"holds more than {LONGEST} characters")
    return text


def _digits(value: float) -> str:
    if not math.isfinite(value):
        raise CellFaulty("is no number")
    if abs(value) >= 10**_EXACT_DIGITS:
        raise CellFaulty("is a number of more than 15 digits, of which spreadsheets lose the last: make it a text cell")
    return str(int(value)) if float(value).is_integer() else repr(value)


def value_of(typed: ValueType, value: Any, choices: ChoicesOf) -> Any:
    """Return the value that a cell of a field holds, in the type of the template as far as it can be read.

    Raises:
        CellFaulty: it cannot.
    """
    text = text_of(value)
    read = _READERS.get(typed.data_type)
    if read is not None:
        return read(typed, value if not isinstance(value, str) else text)
    if typed.data_type == "enum":
        return _choice(typed, text, choices)
    if typed.data_type == "multi_enum":
        return [_choice(typed, part, choices) for part in parts_of(text)]
    if typed.data_type == "array":
        return _list(typed, text, choices)
    return text


def parts_of(text: str) -> list[str]:
    """Return the entries of a cell that may hold several, with line breaks or ``|`` between."""
    return [part.strip() for part in _ROWS.split(text) if part.strip()]


def _choice(typed: ValueType, text: str, choices: ChoicesOf) -> str:
    return choices(typed).get(text.casefold(), text)


def _list(typed: ValueType, text: str, choices: ChoicesOf) -> Any:
    if text.startswith("["):
        return _json(text)
    if not typed.columns:
        return parts_of(text)
    return [_entry(typed, part, choices) for part in parts_of(text)]


def _entry(typed: ValueType, text: str, choices: ChoicesOf) -> dict[str, Any]:
    """Read ``cotton; 80`` as the first columns of a table."""
    cells = [cell.strip() for cell in text.split(";")]
    if len(cells) > len(typed.columns):
        raise CellFaulty(f"has {len(cells)} parts in {text[:60]!r}, and the table {len(typed.columns)} columns")
    pairs = zip(typed.columns, cells, strict=False)
    return {column.key: value_of(column, cell, choices) for column, cell in pairs if cell}


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise CellFaulty("is no JSON, which begins with { or [") from error


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _object(_: ValueType, value: Any) -> Any:
    return _json(text_of(value))


def _file(_: ValueType, value: Any) -> Any:
    text = text_of(value)
    if text.startswith("{"):
        return _json(text)
    return {"fileId": text} if _ID.fullmatch(text) else {"url": text}


def _number(_: ValueType, value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return int(value) if float(value).is_integer() else value
    text = text_of(value)
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    try:
        number = float(plain)
    except ValueError:
        raise CellFaulty("is no number; write it without separators of thousands, and without its unit") from None
    if not math.isfinite(number) or abs(number) >= 10**_EXACT_DIGITS:
        raise CellFaulty("is no number that can be told exactly")
    return int(number) if number.is_integer() else number


def _boolean(_: ValueType, value: Any) -> Any:
    word = text_of(value).casefold()
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise CellFaulty("is neither true nor false")


def _date(typed: ValueType, value: Any) -> str:
    """Return a date as fine as the template wants it."""
    if isinstance(value, datetime):
        form = {"month": "%Y-%m", "day": "%Y-%m-%d"}.get(typed.precision or "day", "%Y-%m-%dT%H:%M:%SZ")
        return value.strftime(form)
    text = text_of(value)
    found = _GERMAN.fullmatch(text)
    if found is None:
        return text
    day = f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"
    return day[:7] if typed.precision == "month" else day


_READERS: Final[Mapping[str, Callable[[ValueType, Any], Any]]] = {
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "object": _object,
    "file_reference": _file,
}
