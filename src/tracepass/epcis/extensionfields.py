"""Fields of extensions and ILMD, flattened: found by where they stand and what they are called, and compared typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tracepass.epcis.contexts import split_name
from tracepass.epcis.identifiers import normal
from tracepass.epcis.times import instant

Field = dict[str, Any]

_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_DATE: Final = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9](?:Z|[+-][0-9]{2}:[0-9]{2})?(T.*)?")
_DAY: Final = len("2024-05-17")
_LONGEST_NUMBER: Final = 40
_URIS: Final = ("urn:epc:", "http://", "https://")
_TEXT: Final = "#text"
_COMMENTS: Final = frozenset({"rdfs:comment", "comment"})


class Scope:
    """Where an extension field stands; the inner scopes are for what lies below a top-level extension field there.

    A field is there once for each form its value can be compared in: its text (str; of an identifier also the canonical
    one), a number (float) where it is or reads as one, an instant (datetime, UTC) where it reads as a time or a day, a
    truth value (bool) for JSON's. An object has an entry with ``v`` None, so that EXISTS finds it.
    """

    EVENT: Final = "event"
    ILMD: Final = "ilmd"
    ERROR: Final = "error"
    READ_POINT: Final = "readPoint"
    BIZ_LOCATION: Final = "bizLocation"
    SENSOR_ELEMENT: Final = "sensorElement"
    SENSOR_METADATA: Final = "sensorMetadata"
    SENSOR_REPORT: Final = "sensorReport"
    INNER: Final = "inner:"
    """Stands before one of the others: ``inner:ilmd|http://ns.example.com/lot``."""


def field_key(scope: str, namespace: str, name: str, *, inner: bool = False) -> str:
    """Return the ``k`` under which a field is found, of ``EQ_INNER_ILMD_ex:lot`` for example."""
    return f"{Scope.INNER if inner else ''}{scope}|{namespace}{name}"


class Fields:
    """Gathers the extension fields of one event; ``namespaces`` as for ``hashing.event_hash``."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self.found: list[Field] = []
        self._namespaces = namespaces

    def add(self, scope: str, name: str, value: Any) -> None:
        """Add one field that stands at the top of its scope."""
        self._add(scope, name, value, inner=False)

    def add_all(self, scope: str, owner: Mapping[str, Any], known: Mapping[str, Any] | frozenset[str]) -> None:
        """Add what an object holds beside the members that the standard knows."""
        for name, value in owner.items():
            if name not in known:
                self._add(scope, name, value, inner=False)

    def _add(self, scope: str, name: str, value: Any, *, inner: bool) -> None:
        if name in _COMMENTS or name.startswith("@"):
            return
        namespace, local = split_name(name, self._namespaces) or ("", name)
        self._add_value(scope, field_key(scope, namespace, local, inner=inner), value)

    def _add_value(self, scope: str, key: str, value: Any) -> None:
        if isinstance(value, list):
            for item in value:
                self._add_value(scope, key, item)
        elif isinstance(value, dict):
            self.found.append({"k": key, "v": None})
            for name, below in value.items():
                if name == _TEXT:
                    self._add_value(scope, key, below)
                else:
                    self._add(scope, name, below, inner=True)
        elif value is not None:
            self.found.extend({"k": key, "v": form} for form in forms(value))


def forms(value: str | float | bool) -> list[Any]:  # noqa: FBT001 - a value of JSON, not a switch
    """Return the forms in which a value can be compared."""
    if isinstance(value, bool):
        return [value]
    if not isinstance(value, str):
        return [str(value), _as_float(value)]
    if not value:
        return [value]
    if value[0] in "0123456789+-.":
        return [value, *_number_or_instant(value)]
    if value.startswith(_URIS):
        canonical = normal(value)
        return [value] if canonical == value else [value, canonical]
    return [value]


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def _number_or_instant(text: str) -> list[float | datetime]:
    if len(text) <= _LONGEST_NUMBER:
        if _NUMBER.fullmatch(text):
            return [float(text)]
        found = _DATE.fullmatch(text)
        if found:
            moment = _instant(text, day=found[1] is None)
            return [] if moment is None else [moment]
    return []


def _instant(text: str, *, day: bool) -> datetime | None:
    try:
        return datetime.fromisoformat(text[:_DAY]).replace(tzinfo=UTC) if day else instant(text)
    except ValueError:  # it looks like a time and is none: a text then
        return None
