"""Field values held against the template of their passport."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

import orjson

from tracepass.core.canonical import plain
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, find_id
from tracepass.passports.audiences import is_open
from tracepass.templates.models import Audience, Field, Template, ValueType
from tracepass.templates.service import check_value

VALUE_LIMIT = 256 * 1024
PASSPORT_LIMIT = 4 * 1024 * 1024


def writable(template: Template, key: str, *, path: str | None = None) -> Field:
    """Return a field that may be written; ``path`` names it in errors, else its key.

    Raises:
        Invalid: the template has no such field, or the platform fills it.
    """
    field = template.fields.get(key)
    if field is None:
        message = f"{key!r} is no field of the template {template.category} {template.version}."
        raise Invalid({path or key: ["is no field of the template"]}, code="unknown_field", message=message)
    if field.filled_by == "system":
        message = f"{key} is filled by the platform and takes no writes."
        raise Invalid({path or key: ["is filled by the platform"]}, code="read_only_field", message=message)
    return field


def check(field: Field, value: Any, *, path: str) -> None:
    """Check a value against its field; null, which empties a field, always fits.

    Raises:
        Invalid: it does not fit; the paths begin with ``path``.
    """
    if value is None:
        return
    problems = check_value(field, value)
    if problems:
        errors: dict[str, list[str]] = {}
        for problem in problems:
            errors.setdefault(problem.within(path).path, []).append(problem.message)
        raise Invalid(errors)
    refuse_large(value, path=path)


def refuse_large(value: Any, *, path: str) -> None:
    """Refuse a value of too many bytes.

    Raises:
        Invalid: ``too_large``.
    """
    if not is_surely_small(value) and len(orjson.dumps(value)) > VALUE_LIMIT:
        message = f"{path}: one value has at most {VALUE_LIMIT} bytes."
        raise Invalid({path: [f"has more than {VALUE_LIMIT} bytes"]}, code="too_large", message=message)


def is_surely_small(value: Any) -> bool:
    """Tell whether bytes need not be counted: a character has at most six, as an escape."""
    kind = type(value)
    if kind is str:
        return 6 * len(value) <= VALUE_LIMIT - 2
    return kind is not list and kind is not dict


def check_size(passport: Mapping[str, Any]) -> None:
    """Refuse a passport that has grown too large.

    Raises:
        Invalid: ``too_large``.
    """
    if len(orjson.dumps(passport, default=plain)) > PASSPORT_LIMIT:
        message = f"A passport has at most {PASSPORT_LIMIT} bytes; keep documents in files and refer to them."
        raise Invalid(form_errors=[message], code="too_large", message=message)


def file_ids(
    template: Template, fields: Mapping[str, Mapping[str, Any]], *, audiences: frozenset[Audience] | None = None
) -> list[Id]:
    """List the files that the fields refer to; with ``audiences``, those of approved values that are open to them."""
    found: set[Id] = set()
    for key in _file_fields(template) & fields.keys():
        field, state = template.fields[key], fields[key]
        if audiences is None:
            values = [state["value"], state.get("pending", {}).get("value")]
        else:
            values = [state["value"]] if is_open(field, state, audiences) else []
        found.update(reference for value in values for reference in _references(field, value))
    return sorted(found)


@lru_cache
def _file_fields(template: Template) -> frozenset[str]:
    """Return the keys of the fields whose values can refer to files."""

    def refers(typed: ValueType) -> bool:
        return typed.data_type == "file_reference" or any(refers(column) for column in typed.columns)

    return frozenset(key for key, field in template.fields.items() if refers(field))


def _references(typed: ValueType, value: Any) -> Iterator[Id]:
    if typed.data_type == "file_reference" and isinstance(value, dict) and "fileId" in value:
        identifier = find_id(value["fileId"])
        if identifier is not None:
            yield identifier
    elif typed.columns and isinstance(value, list):
        for column in typed.columns:
            for row in value:
                yield from _references(column, row.get(column.key))
