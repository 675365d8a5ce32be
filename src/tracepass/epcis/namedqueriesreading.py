"""A query written as an object of JSON, read as the parameters that it would be in a query string (EPCIS 2.0, 12.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.errors import Invalid
from tracepass.epcis.parameters import PLACES

_MESSAGE = "must be a text, a number, true, false, or a list of these"


def parameters_of(query: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return names and values; whether they are such as the standard knows is not looked at here.

    Raises:
        Invalid: a value is none that a parameter can have, or it names a page.
    """
    faults: dict[str, list[str]] = {}
    found: dict[str, list[str]] = {}
    for name, value in query.items():
        texts = _texts(value)
        if name in PLACES:
            faults[f"query.{name}"] = ["belongs to the request for events, not to the query"]
        elif texts is None or any("\x00" in text for text in (name, *texts)):
            faults[f"query.{name}"] = [_MESSAGE]
        else:
            found[name] = texts
    if faults:
        raise Invalid(faults)
    return found


def _texts(value: Any) -> list[str] | None:
    """Return the texts of a value, None if it is no value of a parameter; null is that of ``EXISTS_``."""
    if isinstance(value, list):
        texts = [_text(one) for one in value]
        return None if not texts or None in texts else [text for text in texts if text is not None]
    if value is None:
        return [""]
    text = _text(value)
    return None if text is None else [text]


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    return repr(value) if isinstance(value, int | float) else None
