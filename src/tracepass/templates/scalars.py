"""Checks of single values: text, numbers, dates, choices and addresses. Nothing is ever converted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import TypeGuard

from tracepass.templates.formats import FORMATS, is_url
from tracepass.templates.models import Precision, ValueProblem, ValueType

DEFAULT_MAX_LENGTH = 10_000
LARGEST_NUMBER = 2**53 - 1
"""Beyond it integers are not exact everywhere (RFC 7493 2.2)."""

NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")
_DATES: dict[Precision, tuple[re.Pattern[str], str, str]] = {
    "month": (re.compile(r"[0-9]{4}-[0-9]{2}"), "%Y-%m", "a month such as 2027-02"),
    "day": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "%Y-%m-%d", "a day such as 2027-02-18"),
    "second": (
        re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{3})?Z"),
        "%Y-%m-%dT%H:%M:%S",
        "a time in UTC such as 2027-02-18T10:00:00Z",
    ),
}
_TYPE_NAMES: dict[type, str] = {bool: "boolean", int: "number", float: "number", str: "string", list: "array"}


def type_name(value: object) -> str:
    """Return the JSON type of a value, for messages."""
    return "null" if value is None else _TYPE_NAMES.get(type(value), "object")


def wrong_type(wanted: str, value: object) -> ValueProblem:
    """Return the problem of a value that has another type than the field."""
    return ValueProblem("", "type", f"must be {wanted}, not {type_name(value)}")


def check_string(typed: ValueType, value: object) -> Iterator[ValueProblem]:
    """Check a text: I-JSON characters (RFC 7493 2.1), lengths, pattern and named format."""
    if not isinstance(value, str):
        yield wrong_type("string", value)
    elif NOT_TEXT.search(value):
        yield ValueProblem("", "characters", "must not hold control characters or broken Unicode")
    elif not value.strip():
        yield ValueProblem("", "minLength", "must not be empty")
    else:
        yield from _check_length(typed, value)
        yield from _check_shape(typed, value)


def _check_length(typed: ValueType, text: str) -> Iterator[ValueProblem]:
    longest = typed.validation.max_length or DEFAULT_MAX_LENGTH
    shortest = typed.validation.min_length or 1
    if len(text) > longest:
        yield ValueProblem("", "maxLength", f"must be at most {longest} characters long")
    if len(text) < shortest:
        yield ValueProblem("", "minLength", f"must be at least {shortest} characters long")


def _check_shape(typed: ValueType, text: str) -> Iterator[ValueProblem]:
    pattern = typed.validation.pattern
    if pattern is not None and not re.fullmatch(pattern, text):
        yield ValueProblem("", "pattern", f"must match {pattern}")
    if typed.format is not None and typed.format in FORMATS:
        accepts, sentence = FORMATS[typed.format]
        if not accepts(text):
            yield ValueProblem("", typed.format, sentence)


def is_number(value: object) -> TypeGuard[int | float]:
    """Tell whether the value is a JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def check_number(typed: ValueType, value: object) -> Iterator[ValueProblem]:
    """Check a number: I-JSON range, whole numbers where asked for, bounds with their unit."""
    if not is_number(value):
        yield wrong_type("number", value)
    elif not abs(value) <= LARGEST_NUMBER:
        yield ValueProblem("", "range", f"must be a number between -{LARGEST_NUMBER} and {LARGEST_NUMBER}")
    elif typed.integer and value != int(value):
        yield ValueProblem("", "integer", "must be a whole number")
    else:
        yield from _check_bounds(typed, value)


def _check_bounds(typed: ValueType, value: float) -> Iterator[ValueProblem]:
    lowest, highest = typed.validation.min, typed.validation.max
    unit = f" ({typed.unit})" if typed.unit else ""
    if lowest is not None and value < lowest:
        yield ValueProblem("", "min", f"must be at least {_plain(lowest)}{unit}")
    if highest is not None and value > highest:
        yield ValueProblem("", "max", f"must be at most {_plain(highest)}{unit}")


def _plain(bound: float) -> str:
    return str(int(bound)) if bound == int(bound) else str(bound)


def check_boolean(_typed: ValueType, value: object) -> Iterator[ValueProblem]:
    """Check that the value is true or false."""
    if not isinstance(value, bool):
        yield wrong_type("boolean", value)


def check_date(typed: ValueType, value: object) -> Iterator[ValueProblem]:
    """Check a date of the field's precision: a real day of the calendar, times in UTC (RFC 3339 5.6)."""
    shape, layout, example = _DATES[typed.precision or "day"]
    if not isinstance(value, str):
        yield wrong_type(f"a string with {example}", value)
    elif not shape.fullmatch(value) or not _is_in_the_calendar(value, layout):
        yield ValueProblem("", "date", f"must be {example}")


def _is_in_the_calendar(text: str, layout: str) -> bool:
    without_fraction = text.removesuffix("Z").split(".", maxsplit=1)[0]
    try:
        datetime.strptime(without_fraction, layout)  # noqa: DTZ007  the shape has pinned the zone to Z already
    except ValueError:
        return False
    return True


def check_enum(typed: ValueType, value: object) -> Iterator[ValueProblem]:
    """Check that the value is one of the options."""
    if not isinstance(value, str):
        yield wrong_type("string", value)
    elif all(value != option.value for option in typed.options):
        yield ValueProblem("", "enum", f"must be one of {_choices(typed)}")


def check_multi_enum(typed: ValueType, value: object) -> Iterator[ValueProblem]:
    """Check that the value is a list of different options."""
    if not isinstance(value, list):
        yield wrong_type("array", value)
        return
    if len(value) > len(typed.options):
        yield ValueProblem("", "maxItems", f"must hold at most {len(typed.options)} entries")
        return
    for index, choice in enumerate(value):
        for problem in check_enum(typed, choice):
            yield problem.within(f"[{index}]")
        if choice in value[:index]:
            yield ValueProblem(f"[{index}]", "duplicate", "must not repeat an earlier entry")


def _choices(typed: ValueType) -> str:
    return ", ".join(option.value for option in typed.options)


def check_url(_typed: ValueType, value: object) -> Iterator[ValueProblem]:
    """Check an absolute address under https or http."""
    if not isinstance(value, str):
        yield wrong_type("string", value)
    elif not is_url(value):
        yield ValueProblem("", "url", "must be an absolute https or http address")
