"""Rules on the document: its form, and its events as such."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Final

from tracepass.epcis.analysis.chain import Chain, same_content
from tracepass.epcis.analysis.happenings import Happening, time_at
from tracepass.epcis.analysis.reading import Given
from tracepass.epcis.analysis.rule import Hit, Rule, named, within
from tracepass.epcis.analysis.vocabulary_rules import is_about_a_word
from tracepass.epcis.hashing import event_hash
from tracepass.epcis.schema import EVENT_SCHEMAS

CLOCKS_DIFFER = timedelta(minutes=5)
_SCHEMA: Final[Mapping[str, str]] = {
    "missing_property": "Add what is missing; the standard requires it.",
    "unknown_property": "Correct the name{hint}, or give it the prefix of a namespace of yours if it is an extension.",
    "namespace_unknown": "Declare the prefix in the @context of the document.",
    "invalid_type": "Write a value of the type that the standard has here.",
    "invalid_value": "Write one of the values that the standard allows here.",
    "invalid_format": "Write the value in the form that the standard has here.",
    "too_few_items": "Fill the list, or leave it out.",
    "duplicate_items": "Name each thing once.",
    "incomplete_event": "Say which things the event is about.",
    "ilmd_not_allowed": "Move ilmd to the event that brings the things into being (action ADD).",
    "unreadable_xml": "Correct the XML at this place; the rest of the document was read.",
}
_NAMES: Final = sorted({name for schema in EVENT_SCHEMAS.values() for name in schema["properties"]})
_NAME_LONGEST: Final = 60


def _schema(code: str, chain: Chain) -> Iterator[Hit]:
    """Find what the schema has against the document and its events."""
    given = chain.given
    for number, problem in enumerate(given.problems):
        if _code(problem.code, given) == code:
            line, column = given.places[number] if given.places else (None, None)
            yield Hit(None, problem.path, None, {"what": problem.message}, line, column)
    for happening in chain.happenings:
        for problem in happening.given.problems:
            if _code(problem.code, given) == code and not is_about_a_word(problem):
                yield within(happening, problem.path, what=problem.message)


def _code(code: str, given: Given) -> str:
    """Return the row that tells of a problem; those of reading XML have one in common."""
    return code if code in _SCHEMA else "unreadable_xml" if given.is_xml else "invalid_value"


def _near(hit: Hit) -> Mapping[str, Any]:
    """Name the property that was meant by one that there is not."""
    name = hit.at.rpartition("/")[2][:_NAME_LONGEST]
    near = get_close_matches(name, _NAMES, 1, 0.7)
    return {"hint": f" (did you mean {near[0]}?)" if near else ""}


def _unchecked(chain: Chain) -> Iterator[Hit]:
    if chain.given.unchecked:
        yield Hit(None, words={"count": chain.given.unchecked})


def _no_events(chain: Chain) -> Iterator[Hit]:
    given = chain.given
    has_master_data = bool({"epcisHeader", "vocabularyList"} & set(given.header))
    if not given.events and not given.problems and not has_master_data:
        yield Hit(None)


def _created_in_future(chain: Chain) -> Iterator[Hit]:
    created = time_at(chain.given.header, "creationDate")
    if created is not None and created > chain.now + CLOCKS_DIFFER:
        yield Hit(None, "/creationDate", None, {"time": chain.given.header["creationDate"]})


def _repeated(chain: Chain) -> Iterator[Hit]:
    for happening, first in _same_id(chain):
        if same_content(happening, first):
            yield within(happening, "/eventID", first=named(first))


def _id_reused(chain: Chain) -> Iterator[Hit]:
    for happening, first in _same_id(chain):
        declared = happening.declaration is not None or first.declaration is not None
        if not declared and not same_content(happening, first):
            yield within(happening, "/eventID", first=named(first), id=happening.event_id)


def _same_id(chain: Chain) -> Iterator[tuple[Happening, Happening]]:
    for happenings in chain.by_id.values():
        for happening in happenings[1:]:
            yield happening, happenings[0]


def _hash_mismatch(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        found = happening.event_id or ""
        if found.startswith("ni:///sha-256;") and found.endswith("?ver=CBV2.0") and happening.given.is_valid:
            right = event_hash(happening.event, happening.given.namespaces)
            if right != found:
                yield within(happening, "/eventID", right=right)


DOCUMENT_RULES: Final = (
    *(
        Rule(code, "document", "error", "{what}.", fix, functools.partial(_schema, code), more)
        for code, fix in _SCHEMA.items()
        for more in [_near if code == "unknown_property" else None]
    ),
    Rule(
        "schema_check_stopped",
        "document",
        "warning",
        "The form of {count} events was not checked, since there were too many faults before them.",
        "Correct the faults told here, and analyse the document again.",
        _unchecked,
    ),
    Rule(
        "no_events",
        "document",
        "warning",
        "The document holds no events.",
        "Look whether the export that wrote it had a filter that nothing passed.",
        _no_events,
    ),
    Rule(
        "created_in_future",
        "document",
        "warning",
        "The document was made at {time}, which is still to come.",
        "Correct the clock or the time zone of the system that wrote it.",
        _created_in_future,
    ),
    Rule(
        "event_repeated",
        "document",
        "warning",
        "The event stands there twice: it is the same as {first}.",
        "Leave one of the two out; a capture counts them once.",
        _repeated,
    ),
    Rule(
        "event_id_reused",
        "document",
        "error",
        "The eventID {id} is that of {first}, which says something else.",
        "Give each event an eventID of its own; one that corrects another carries an errorDeclaration.",
        _id_reused,
    ),
    Rule(
        "hash_id_mismatch",
        "document",
        "warning",
        "The eventID is a hash that does not belong to what the event says.",
        "Compute it anew when an event changes: {right}. Early versions of the algorithm gave other hashes.",
        _hash_mismatch,
    ),
)
