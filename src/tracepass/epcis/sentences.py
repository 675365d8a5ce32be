"""What a validator found, said so that whoever sent the event knows what to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from jsonschema_rs import ValidationError

from tracepass.epcis.problems import Problem, pointer

_LONGEST: Final = 60
_NEEDS: Final[Mapping[str, str]] = {
    "ObjectEvent": "an ObjectEvent has an epcList, a quantityList, or a sensorElementList together with a readPoint",
    "AggregationEvent": "an AggregationEvent that is no DELETE has childEPCs or a childQuantityList",
    "AssociationEvent": "an AssociationEvent that is no DELETE has childEPCs or a childQuantityList",
    "TransactionEvent": "a TransactionEvent that is no DELETE has an epcList or a quantityList",
    "TransformationEvent": "a TransformationEvent has inputs and outputs, or one of them and a transformationID",
}
_TERMS: Final[Mapping[str, str]] = {
    "bizStep": "a business step of the CBV, or the URI of one of your own",
    "disposition": "a disposition of the CBV, or the URI of one of your own",
    "set": "a disposition of the CBV, or the URI of one of your own",
    "unset": "a disposition of the CBV, or the URI of one of your own",
    "reason": "did_not_occur, incorrect_data, or the URI of one of your own",
    "component": "a component of the CBV, or the URI of one of your own",
    "exception": "ALARM_CONDITION, ERROR_CONDITION, or the URI of one of your own",
    "type": "a type of the standard, or the URI of one of your own",
    "certificationInfo": "a URI, or a list of URIs",
    "@context": "a URI, an object, or a list of these",
}
_FORMATS: Final[Mapping[str, str]] = {
    "uri": "is no URI",
    "date-time": "is no time with a zone, like 2024-05-17T09:30:00.000+02:00",
}
_PATTERNS: Final[Mapping[str, str]] = {
    "eventTimeZoneOffset": "is no offset from UTC, like +02:00",
    "uom": "is no unit of UN/CEFACT Recommendation 20, like KGM",
    "hexBinaryValue": "is no row of hexadecimal digits",
    "schemaVersion": "is no version, like 2.0",
}
_BEYOND: Final = "lies beyond the calendar"
_TYPES: Final[Mapping[str, str]] = {"array": "a list", "object": "an object", "integer": "a whole number"}


def problem_of(error: ValidationError, kind: str) -> Iterator[Problem]:
    """Yield the faults that a validator's error stands for; ``kind`` is the type of event or document."""
    path, way = pointer(*error.instance_path), list(error.instance_path)
    name = next((str(part) for part in reversed(way) if isinstance(part, str)), "")
    say = _SAYINGS.get(error.kind.name, _something)
    for code, place, message in say(error, name, kind):
        yield Problem(path + place, message, code)


Said = Iterator[tuple[str, str, str]]


def _missing(error: ValidationError, _name: str, kind: str) -> Said:
    owner = _owner(error, kind)
    yield "missing_property", "", f"{owner} has no {error.kind.property}"  # type: ignore[attr-defined]


def _unexpected(error: ValidationError, _name: str, kind: str) -> Said:
    owner = _owner(error, kind)
    for name in error.kind.unexpected:  # type: ignore[attr-defined]
        hint = "" if ":" in name else "; extensions are named prefix:name"
        yield "unknown_property", pointer(name), f"{owner} has no property {name!r}{hint}"


def _name_of_extension(error: ValidationError, _name: str, _kind: str) -> Said:
    wrong = error.kind.error.instance  # type: ignore[attr-defined]
    yield "unknown_property", pointer(str(wrong)), f"{wrong!r} is no name of an extension; they are named prefix:name"


def _none_of(error: ValidationError, name: str, kind: str) -> Said:
    if not error.instance_path:
        yield "incomplete_event", "", _NEEDS.get(kind, "the event is incomplete")
    elif name == "sensorReport":
        yield "missing_property", "", "sensorReport has no type"
    else:
        yield "invalid_value", "", f"{_shown(error)} is not {_TERMS.get(name, 'an allowed value')}"


def _not_one_of(error: ValidationError, _name: str, _kind: str) -> Said:
    options = ", ".join(str(option) for option in error.kind.options)  # type: ignore[attr-defined]
    yield "invalid_value", "", f"{_shown(error)} is none of {options}"


def _format(error: ValidationError, _name: str, _kind: str) -> Said:
    yield "invalid_format", "", f"{_shown(error)} {_FORMATS[error.kind.format]}"  # type: ignore[attr-defined]


def _pattern(error: ValidationError, name: str, _kind: str) -> Said:
    yield "invalid_format", "", f"{_shown(error)} {_PATTERNS.get(name, _otherwise(name))}"


def _otherwise(name: str) -> str:
    return _BEYOND if name.lower().endswith("time") else "is not allowed here"


def _type(error: ValidationError, name: str, _kind: str) -> Said:
    wanted = " or ".join(_TYPES.get(one, f"a {one}") for one in error.kind.types)  # type: ignore[attr-defined]
    yield "invalid_type", "", f"{name or 'the whole'} is to be {wanted}, not {_shown(error)}"


def _too_few(_error: ValidationError, name: str, _kind: str) -> Said:
    yield "too_few_items", "", f"{name} is empty"


def _twice(_error: ValidationError, name: str, _kind: str) -> Said:
    yield "duplicate_items", "", f"{name} names something twice"


def _forbidden(_error: ValidationError, name: str, _kind: str) -> Said:
    yield "ilmd_not_allowed", "", f"{name} stands only in events with action ADD"


def _something(error: ValidationError, _name: str, _kind: str) -> Said:
    yield "invalid_value", "", error.message[: _LONGEST * 4]


_SAYINGS: Final[Mapping[str, Callable[[ValidationError, str, str], Said]]] = {
    "required": _missing,
    "additionalProperties": _unexpected,
    "propertyNames": _name_of_extension,
    "anyOf": _none_of,
    "enum": _not_one_of,
    "format": _format,
    "pattern": _pattern,
    "type": _type,
    "minItems": _too_few,
    "minProperties": _too_few,
    "uniqueItems": _twice,
    "falseSchema": _forbidden,
}


def _owner(error: ValidationError, kind: str) -> str:
    names = [str(part) for part in error.instance_path if isinstance(part, str)]
    return names[-1] if names else kind


def _shown(error: ValidationError) -> str:
    value: Any = error.instance
    text = repr(value) if not isinstance(value, dict | list) else ("an object" if isinstance(value, dict) else "a list")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
