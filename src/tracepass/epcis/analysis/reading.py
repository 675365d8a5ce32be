"""A document is read for analysis: what can be read is read, and what cannot becomes a problem with its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tracepass.epcis.contexts import namespaces_of
from tracepass.epcis.documents import read_document
from tracepass.epcis.problems import EpcisInvalid, Problem
from tracepass.epcis.validation import problems_of
from tracepass.epcis.xml import XmlInvalid, XmlStream, open_xml

MOST_EVENTS: Final = 20_000
MOST_PROBLEMS: Final = 5_000
"""Faults of the schema that are looked for; a broken exporter repeats itself."""
_LISTS: Final = (("epcisBody", "eventList"), ("epcisBody", "queryResults", "resultsBody", "eventList"))


class TooManyEvents(ValueError):
    """A document with more events than are looked at."""

    def __init__(self) -> None:
        super().__init__(f"An analysis takes at most {MOST_EVENTS} events.")


@dataclass(frozen=True, slots=True)
class GivenEvent:
    """An event as it came.

    Attributes:
        index: which of the document's events it is, from 0.
        event: its members; empty where it is no object or cannot be read.
        place: its JSON pointer, or in XML its path.
        line: in XML, where it begins, from 1.
        column: in that line, from 1.
        namespaces: prefix -> namespace of its extensions.
        problems: what the schema has against it; paths begin at the event.
        is_valid: whether the schema was asked and has nothing against it.
    """

    index: int
    event: Mapping[str, Any]
    place: str
    line: int | None
    column: int | None
    namespaces: Mapping[str, str]
    problems: tuple[Problem, ...]
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Given:
    """A document as it came.

    Attributes:
        is_xml: whether places are paths of XML.
        header: what stands around the events.
        events: the events, in their order.
        problems: what is wrong with the document beside its events.
        places: line and column of problems of the document in XML, by their place in ``problems``.
        unchecked: how many events the schema was not asked about, since there were too many faults before.
    """

    is_xml: bool
    header: Mapping[str, Any]
    events: tuple[GivenEvent, ...]
    problems: tuple[Problem, ...]
    places: tuple[tuple[int | None, int | None], ...] = ()
    unchecked: int = 0


@dataclass(slots=True)
class _Reader:
    """Gathers events until there are too many of them, and their faults until there are enough."""

    events: list[GivenEvent] = field(default_factory=list)
    found: int = 0
    unchecked: int = 0

    def add(
        self,
        value: Any,
        place: str,
        namespaces: Mapping[str, str],
        at: tuple[int | None, int | None] = (None, None),
        problem: Problem | None = None,
    ) -> None:
        index = len(self.events)
        if index >= MOST_EVENTS:
            raise TooManyEvents
        event = value if isinstance(value, dict) else {}
        own = event.get("@context")
        known = namespaces if own is None else namespaces_of(own, namespaces)
        asked = self.found < MOST_PROBLEMS
        problems = [problem] if problem is not None else problems_of(value, namespaces) if asked else []
        self.found += len(problems)
        self.unchecked += not asked
        valid = asked and not problems
        self.events.append(GivenEvent(index, event, place, *at, known, tuple(problems), valid))


def read_json(value: Any) -> Given:
    """Read one of the four shapes, or what can be made out of something like them.

    Raises:
        TooManyEvents: there are more than ``MOST_EVENTS``.
    """
    problems: tuple[Problem, ...] = ()
    try:
        document = read_document(value)
        events, paths = document.events, document.paths
    except EpcisInvalid as fault:
        problems = fault.problems
        events, paths = _events_of(value)
    header = {name: part for name, part in value.items() if name != "epcisBody"} if isinstance(value, dict) else {}
    namespaces = namespaces_of(header.get("@context", []))
    reader = _Reader()
    for event, path in zip(events, paths, strict=True):
        reader.add(event, path, namespaces)
    return Given(
        is_xml=False, header=header, events=tuple(reader.events), problems=problems, unchecked=reader.unchecked
    )


def _events_of(value: Any) -> tuple[list[Any], list[str]]:
    """Return the events of a document whose envelope is at fault."""
    for way in _LISTS:
        found = value
        for name in way:
            found = found.get(name) if isinstance(found, dict) else None
        if isinstance(found, list):
            stem = "".join(f"/{name}" for name in way)
            return found, [f"{stem}/{index}" for index in range(len(found))]
    is_event = isinstance(value, dict) and "eventTime" in value
    return ([value], [""]) if is_event else ([], [])


def read_xml(text: bytes) -> Given:
    """Read a document in XML, of EPCIS 2.0 or 1.2; of one that breaks off, the events before.

    Raises:
        TooManyEvents: there are more than ``MOST_EVENTS``.
    """
    reader, faults = _Reader(), list[XmlInvalid]()
    header: Mapping[str, Any] = {}
    try:
        stream = open_xml(text)
        _read_events(stream, reader)
        header = stream.envelope()
    except XmlInvalid as fault:
        faults.append(fault)
    return Given(
        is_xml=True,
        header=header,
        events=tuple(reader.events),
        problems=tuple(Problem(fault.path, fault.message, fault.code) for fault in faults),
        places=tuple((fault.line, fault.column) for fault in faults),
        unchecked=reader.unchecked,
    )


def _read_events(stream: XmlStream, reader: _Reader) -> None:
    namespaces = namespaces_of(stream.context)
    for found in stream:
        fault = found.problem
        if fault is None:
            reader.add(found.event, found.path, namespaces, (found.line, found.column))
        else:
            problem = Problem("", fault.message, "unreadable_xml")
            reader.add(None, fault.path, namespaces, (fault.line, fault.column), problem)
