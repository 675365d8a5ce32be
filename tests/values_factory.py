"""Valid values for any field of any template, and broken ones: what a passport of each category can be filled with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tracepass.templates.models import DataType, Field, Limit, Precision, ValueType
from tracepass.templates.service import check_value

_TEXTS: dict[str, str] = {
    "country": "DE",
    "email": "service@example.com",
    "gln": "4012345000009",
    "https_url": "https://example.com/document",
    "object_id": "0123456789abcdef01234567",
    "sha256": "ab" * 32,
}
_PATTERNED = (
    "Sample text",
    "4027",
    "850760",
    "12345678",
    "7440-02-0",
    "231-111-4",
    "UN 3480",
    "DE123456789",
    "WVWZZZ1JZXW000001",
    "A1B2-C3D4-E5F6-G7H8",
    "01-2119457435-35-0000",
)
_DATES: dict[Precision, str] = {"month": "2027-02", "day": "2027-02-18", "second": "2027-02-18T10:00:00Z"}
_FILE = {"url": "https://example.com/document.pdf", "sha256": "cd" * 32, "title": "Document"}
_PARTY = {"legalName": "Voltwerk Energie GmbH", "gln": "4012345000009", "country": "DE"}


def value_of(field: Field) -> Any:
    """A value that the field takes and no legal limit speaks against."""
    value = _within(field.limit, _number(field)) if field.limit is not None else _value(field)
    assert check_value(field, value) == (), (field.key, value, check_value(field, value))
    return value


def _within(limit: Limit, number: float) -> float:
    return limit.value if limit.op in {"<=", ">="} else number


def broken(field: Field) -> Any:
    """A value of a type that the field never takes."""
    return {"no": "such value"} if field.data_type not in {"object", "file_reference"} else 5


def _value(typed: ValueType) -> Any:
    return _VALUES[typed.data_type](typed)


def _number(typed: ValueType) -> float:
    lowest, highest = typed.validation.min, typed.validation.max
    if lowest is not None:
        return int(lowest) if lowest == int(lowest) and (highest is None or lowest < highest) else lowest
    return 1 if highest is None or highest >= 1 else highest


def _text(typed: ValueType) -> str:
    pattern = typed.validation.pattern
    if pattern is not None:
        return next(text for text in _PATTERNED if re.fullmatch(pattern, text))
    text = _TEXTS.get(typed.format or "", "Sample text")
    return text.ljust(typed.validation.min_length or 0, "x")[: typed.validation.max_length]


def _rows(typed: ValueType) -> list[Any]:
    if not typed.columns:
        return [_text(typed)]
    return [{column.key: _value(column) for column in typed.columns}]


def _object(typed: ValueType) -> Any:
    if typed.schema == "Range":
        return {"min": _number(typed), "max": _number(typed)}
    return dict(_PARTY)


_VALUES: dict[DataType, Callable[[ValueType], Any]] = {
    "string": _text,
    "number": _number,
    "boolean": lambda _: True,
    "date": lambda typed: _DATES[typed.precision or "day"],
    "enum": lambda typed: typed.options[0].value,
    "multi_enum": lambda typed: [typed.options[0].value],
    "array": _rows,
    "object": _object,
    "url": lambda _: "https://example.com",
    "file_reference": lambda _: dict(_FILE),
}
