"""The quick way through the checks: predicates that know a fine value when they see one.

A predicate that says yes is never wrong; one that says no leaves the matter to the full check, which finds the words.
Nearly all values are fine, and of a passport's hundred the full checks would cost more than all else of a write.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from tracepass.templates.formats import FORMATS, is_url
from tracepass.templates.models import Column, DataType, Field, Precision, Template, ValueType
from tracepass.templates.objects import FILE_REFERENCE, NAMED
from tracepass.templates.scalars import DEFAULT_MAX_LENGTH, LARGEST_NUMBER, NOT_TEXT

Predicate = Callable[[object], bool]
_FEW_ROWS = 100
_DATES: Mapping[Precision, re.Pattern[str]] = {
    "month": re.compile("(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])"),
    "day": re.compile("(?:19|20|21)[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"),
}
"""Months, and the days that every month has; for others there is the full check."""
_WITH_RULES_BETWEEN_MEMBERS = frozenset({"Range"})


class _Predicates(dict[int, tuple[ValueType, Predicate]]):
    """The predicate of each field and column by its identity: to hash what it says would cost more than the check."""

    def of(self, typed: ValueType) -> Predicate:
        """Return a predicate, made at its first use."""
        known = self.get(id(typed))
        if known is None:
            make = _MAKERS.get(typed.data_type)
            known = self[id(typed)] = (typed, _never if make is None else make(typed))
        return known[1]


_PREDICATES = _Predicates()


def is_surely_fine(typed: ValueType, value: object) -> bool:
    """Tell whether a value is seen at once to be fine; of types without a quick way the answer is always no."""
    return _PREDICATES.of(typed)(value)


@lru_cache
def quick_checks(template: Template) -> Mapping[str, tuple[Field, Predicate]]:
    """Return the fields of a template that people may write, each with its quick check."""
    fields = template.fields.values()
    return {field.key: (field, _PREDICATES.of(field)) for field in fields if field.filled_by != "system"}


def _never(_: object) -> bool:
    return False


def _string(typed: ValueType) -> Predicate:
    longest = typed.validation.max_length or DEFAULT_MAX_LENGTH
    shortest = typed.validation.min_length or 1
    has_forbidden = NOT_TEXT.search

    def is_text(value: object) -> bool:
        return (
            isinstance(value, str)
            and shortest <= len(value) <= longest
            and (value.isprintable() or has_forbidden(value) is None)
            and not value.isspace()
        )

    return _shaped(typed, is_text)


def _shaped(typed: ValueType, is_text: Predicate) -> Predicate:
    """Add pattern and named format, where there are any."""
    tests: list[Callable[[str], object]] = []
    if typed.validation.pattern is not None:
        tests.append(re.compile(typed.validation.pattern).fullmatch)
    if typed.format is not None and typed.format in FORMATS:
        tests.append(FORMATS[typed.format][0])
    shaped = is_text
    for test in tests:
        shaped = _also(shaped, test)
    return shaped


def _also(is_text: Predicate, test: Callable[[str], object]) -> Predicate:
    def is_shaped(value: object) -> bool:
        return is_text(value) and isinstance(value, str) and bool(test(value))

    return is_shaped


def _number(typed: ValueType) -> Predicate:
    rules, integer = typed.validation, typed.integer
    lowest = max(-LARGEST_NUMBER, -LARGEST_NUMBER if rules.min is None else rules.min)
    highest = min(LARGEST_NUMBER, LARGEST_NUMBER if rules.max is None else rules.max)

    def is_number(value: object) -> bool:
        if type(value) is int:
            return lowest <= value <= highest
        return type(value) is float and lowest <= value <= highest and not (integer and not value.is_integer())

    return is_number


def _boolean(_: ValueType) -> Predicate:
    return lambda value: value is True or value is False


def _enum(typed: ValueType) -> Predicate:
    options = frozenset(option.value for option in typed.options)
    return lambda value: isinstance(value, str) and value in options


def _array(typed: ValueType) -> Predicate:
    is_fine = _row(typed.columns) if typed.columns else _string(typed)

    def is_list(value: object) -> bool:
        return isinstance(value, list) and len(value) <= _FEW_ROWS and all(map(is_fine, value))

    return is_list


def _row(columns: tuple[Column, ...]) -> Predicate:
    members = {column.key: _PREDICATES.of(column) for column in columns}
    required = frozenset(column.key for column in columns if column.required)

    def is_row(value: object) -> bool:
        if not isinstance(value, dict) or not required <= value.keys():
            return False
        for name, member in value.items():
            is_fine = members.get(name)
            if is_fine is None or not is_fine(member):
                return False
        return True

    return is_row


def _object(typed: ValueType) -> Predicate:
    if typed.schema is None:
        return lambda value: isinstance(value, dict)
    return _never if typed.schema in _WITH_RULES_BETWEEN_MEMBERS else _row(NAMED[typed.schema])


def _date(typed: ValueType) -> Predicate:
    shape = _DATES.get(typed.precision or "day")
    return _never if shape is None else lambda value: isinstance(value, str) and shape.fullmatch(value) is not None


def _file_reference(_: ValueType) -> Predicate:
    is_row = _row(FILE_REFERENCE)

    def is_reference(value: object) -> bool:
        return isinstance(value, dict) and ("url" in value or len(value) == 1) and _has_one_end(value) and is_row(value)

    return is_reference


def _has_one_end(value: dict[object, object]) -> bool:
    return ("fileId" in value) != ("url" in value)


def _url(_: ValueType) -> Predicate:
    return lambda value: isinstance(value, str) and is_url(value)


_MAKERS: Mapping[DataType, Callable[[ValueType], Predicate]] = {
    "string": _string,
    "number": _number,
    "boolean": _boolean,
    "enum": _enum,
    "array": _array,
    "object": _object,
    "date": _date,
    "file_reference": _file_reference,
    "url": _url,
}
