"""What pydantic finds wrong, as sentences by path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracepass.core.errors import Invalid

_OPENINGS = ("Input should ", "String should ", "List should ", "Dictionary should ", "Value should ")
_OBJECTS = frozenset({"model_type", "model_attributes_type", "dict_type"})


def invalid(errors: Sequence[Mapping[str, Any]], *, skip: int = 1) -> Invalid:
    """Turn errors into a refusal; ``skip`` leading parts of a location (``body``, ``query``) are left out.

    What is wrong with the body as a whole becomes a form error.
    """
    fields: dict[str, list[str]] = {}
    form: list[str] = []
    for error in errors:
        path = _path(error["loc"][skip:])
        if path:
            fields.setdefault(path, []).append(_sentence(error))
        else:
            form.append(f"The body {_sentence(error)}.")
    return Invalid(fields, form_errors=form)


def _path(location: Sequence[str | int]) -> str:
    """Write ``("passports", 3, "gs1", "gtin")`` as ``passports[3].gs1.gtin``."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _sentence(error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx") or {}
    if kind == "extra_forbidden":
        return "is not known here"
    if kind == "missing":
        return "is required"
    if kind in _OBJECTS:
        return "must be an object"
    if kind == "value_error":
        return str(context["error"])
    message = str(error["msg"]).replace(" after validation", "")
    for opening in _OPENINGS:
        if message.startswith(opening):
            return "must " + message.removeprefix(opening)
    return message[:1].lower() + message[1:]
