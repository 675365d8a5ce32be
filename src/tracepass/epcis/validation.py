"""Events are held against the schema, and every fault is told with its place, a code and a sentence.

Two looks: at the schema of the event's type (formats on), which almost every event passes at once; and at the names of
extensions, whose prefixes must be declared in a context (EPCIS 2.0, 9.3: an undeclared name means nothing in JSON-LD).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Final

from jsonschema_rs import Draft202012Validator, ValidationError

from tracepass.epcis.contexts import is_open, namespaces_of, split_name
from tracepass.epcis.documents import Document
from tracepass.epcis.problems import Problem, pointer
from tracepass.epcis.schema import EVENT_SCHEMAS, OTHER_EVENT_SCHEMA
from tracepass.epcis.sentences import problem_of

MOST_PROBLEMS: Final = 100
"""How many faults of one event are told; a broken exporter repeats itself."""
_VALIDATORS: Mapping[str, Draft202012Validator] = {
    name: Draft202012Validator(schema, validate_formats=True) for name, schema in EVENT_SCHEMAS.items()
}
_OTHER = Draft202012Validator(OTHER_EVENT_SCHEMA, validate_formats=True)
_CONTAINERS = (dict, list)
_PLACES: Final = frozenset({"readPoint", "bizLocation"})
_NEVER_EXTENDED: Final = frozenset(
    {
        *("type", "eventID", "eventTime", "eventTimeZoneOffset", "recordTime", "action", "bizStep", "disposition"),
        *("epcList", "parentID", "childEPCs", "inputEPCList", "outputEPCList", "transformationID", "certificationInfo"),
    }
)
"""What holds texts alone where an event is valid."""


def problems_of(event: Any, namespaces: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with one event, an empty list if nothing is; paths begin at the event.

    ``namespaces`` are those of its document (``Document.namespaces``); an ``@context`` of its own counts as well.
    """
    if not isinstance(event, dict):
        return [Problem("", "an event is an object", "invalid_type")]
    kind = event.get("type")
    if not isinstance(kind, str):
        code = "missing_property" if kind is None else "invalid_type"
        return [Problem("" if kind is None else "/type", "an event has a type, ObjectEvent for example", code)]
    validator = _VALIDATORS.get(kind, _OTHER)
    found = [] if validator.is_valid(event) else list(_told(validator.iter_errors(event), kind))
    own = event.get("@context")
    known = namespaces if own is None else namespaces_of(own, namespaces)
    if names_undeclared(event, known):
        found.extend(islice(_undeclared(event, known, ()), MOST_PROBLEMS - len(found)))
    return found


def has_shape(event: Any) -> bool:
    """Tell whether an event is what the schema of its type says; names of extensions are not looked at."""
    kind = event.get("type") if isinstance(event, dict) else None
    return isinstance(kind, str) and _VALIDATORS.get(kind, _OTHER).is_valid(event)


def problems_in(document: Document) -> list[Problem]:
    """Return what is wrong with all events of a document, with paths from its root and the index of each event."""
    found: list[Problem] = []
    for index, event in enumerate(document.events):
        problems = problems_of(event, document.namespaces)
        if problems:
            path = document.paths[index]
            found.extend(problem.within(path, index) for problem in problems)
    return found


def _told(errors: Iterator[ValidationError], kind: str) -> Iterator[Problem]:
    return islice((problem for error in errors for problem in problem_of(error, kind)), MOST_PROBLEMS)


def names_undeclared(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> bool:
    """Tell whether any name's prefix is declared nowhere; almost every event is done with here."""
    pending: list[Any] = []
    for name, value in event.items():
        if name in _NEVER_EXTENDED or (name in _PLACES and isinstance(value, dict) and len(value) == 1):
            continue
        if ":" in name and split_name(name, namespaces) is None:
            return True
        if isinstance(value, _CONTAINERS) and name != "@context":
            pending.append(value)
    while pending:
        value = pending.pop()
        if type(value) is list:
            pending += [item for item in value if type(item) is dict or type(item) is list]
            continue
        for name, inner in value.items():
            if ":" in name and split_name(name, namespaces) is None:
                return True
            kind = type(inner)
            if (kind is dict or kind is list) and name != "@context":
                pending.append(inner)
    return False


def _undeclared(
    value: Mapping[str, Any], namespaces: Mapping[str, str], way: tuple[str | int, ...]
) -> Iterator[Problem]:
    """Yield the names whose prefix is declared nowhere, at any depth."""
    for name, inner in value.items():
        if ":" in name and split_name(name, namespaces) is None and not is_open(namespaces):
            prefix = name.partition(":")[0]
            message = f"the prefix {prefix!r} of {name!r} is declared in no @context"
            yield Problem(pointer(*way, name), message, "namespace_unknown")
        if isinstance(inner, _CONTAINERS) and name != "@context":
            yield from _undeclared_below(inner, namespaces, (*way, name))


def _undeclared_below(value: Any, namespaces: Mapping[str, str], way: tuple[str | int, ...]) -> Iterator[Problem]:
    if isinstance(value, dict):
        yield from _undeclared(value, namespaces, way)
        return
    for index, item in enumerate(value):
        if isinstance(item, _CONTAINERS):
            yield from _undeclared_below(item, namespaces, (*way, index))
