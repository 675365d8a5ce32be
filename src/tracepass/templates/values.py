"""Whether a value is what a field asks for: every type of the templates, tables and objects included.

Nothing is converted: ``"5"`` is not 5 and ``true`` is not a number. A legal ``limit`` is no input error and is
not looked at here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice

from tracepass.templates import scalars
from tracepass.templates.models import Column, DataType, ValueProblem, ValueType
from tracepass.templates.objects import FILE_REFERENCE, NAMED, PARTY
from tracepass.templates.quick import is_surely_fine

__all__ = ["ValueProblem", "check_party", "check_value"]

MAX_ROWS = 1000
MAX_PROBLEMS = 50
"""A broken table of a thousand rows is explained well enough by its first faults."""


def check_value(typed: ValueType, value: object) -> tuple[ValueProblem, ...]:
    """Check a value, as parsed from JSON, against a field or column.

    Returns what is wrong with it, at most 50 problems; nothing means that the value is fine.
    """
    return () if is_surely_fine(typed, value) else tuple(islice(_check(typed, value), MAX_PROBLEMS))


def check_party(value: object) -> tuple[ValueProblem, ...]:
    """Check an object against the schema of a party inside a field value: only its legal name must be there."""
    return tuple(islice(_check_members(PARTY, value), MAX_PROBLEMS))


def _check(typed: ValueType, value: object) -> Iterator[ValueProblem]:
    return _CHECKS[typed.data_type](typed, value)


def _within(outer: str, problems: Iterable[ValueProblem]) -> Iterator[ValueProblem]:
    return (problem.within(outer) for problem in problems)


def _check_array(typed: ValueType, value: object) -> Iterator[ValueProblem]:
    if not isinstance(value, list):
        yield scalars.wrong_type("array", value)
    elif len(value) > MAX_ROWS:
        yield ValueProblem("", "maxItems", f"must hold at most {MAX_ROWS} entries")
    else:
        for index, entry in enumerate(value):
            yield from _within(f"[{index}]", _check_entry(typed, entry))


def _check_entry(typed: ValueType, entry: object) -> Iterator[ValueProblem]:
    if typed.columns:
        return _check_members(typed.columns, entry)
    return scalars.check_string(typed, entry)


def _check_members(columns: tuple[Column, ...], value: object) -> Iterator[ValueProblem]:
    if not isinstance(value, dict):
        yield scalars.wrong_type("object", value)
        return
    for column in columns:
        if column.key in value:
            yield from _within(column.key, _check_member(column, value[column.key]))
        elif column.required:
            yield ValueProblem(column.key, "required", "must be there")
    known = {column.key for column in columns}
    for key in value:
        if key not in known:
            yield ValueProblem(key, "unknown", f"is not known here; known are {', '.join(sorted(known))}")


def _check_member(column: Column, value: object) -> Iterator[ValueProblem]:
    if value is None and not column.required:
        yield ValueProblem("", "type", "must be left out rather than null")
    else:
        yield from _check(column, value)


def _check_object(typed: ValueType, value: object) -> Iterator[ValueProblem]:
    if typed.schema is None:
        if not isinstance(value, dict):
            yield scalars.wrong_type("object", value)
        return
    problems = list(_check_members(NAMED[typed.schema], value))
    yield from problems
    if typed.schema == "Range" and isinstance(value, dict) and not problems:
        yield from _check_range(typed, value)


def _check_range(typed: ValueType, value: Mapping[str, object]) -> Iterator[ValueProblem]:
    """Check ends of which each is a number already: there, in order, within bounds, in the field's unit."""
    ends = {end: number for end in ("min", "max") if scalars.is_number(number := value.get(end))}
    if not ends:
        yield ValueProblem("", "required", "must have min or max")
    for end, number in ends.items():
        yield from _within(end, scalars.check_number(typed, number))
    if len(ends) > 1 and ends["min"] > ends["max"]:
        yield ValueProblem("min", "order", "must not be greater than max")
    if typed.unit is not None and value.get("unit", typed.unit) != typed.unit:
        yield ValueProblem("unit", "unit", f"must be {typed.unit}, the unit of the field")


def _check_file_reference(_typed: ValueType, value: object) -> Iterator[ValueProblem]:
    problems = list(_check_members(FILE_REFERENCE, value))
    yield from problems
    if isinstance(value, dict) and not problems:
        if ("fileId" in value) == ("url" in value):
            yield ValueProblem("", "oneOf", "must have either fileId or url")
        elif "fileId" in value and len(value) > 1:
            yield ValueProblem("", "oneOf", "must have fileId alone: digest and title go with url")


_CHECKS: Mapping[DataType, Callable[[ValueType, object], Iterator[ValueProblem]]] = {
    "string": scalars.check_string,
    "number": scalars.check_number,
    "boolean": scalars.check_boolean,
    "date": scalars.check_date,
    "enum": scalars.check_enum,
    "multi_enum": scalars.check_multi_enum,
    "array": _check_array,
    "object": _check_object,
    "url": scalars.check_url,
    "file_reference": _check_file_reference,
}
