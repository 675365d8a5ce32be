"""An event as it is stored: its original text, what it is found by, and what makes it the same as another."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Document
from tracepass.epcis.contexts import namespaces_of
from tracepass.epcis.hashing import name_of
from tracepass.epcis.keptcontexts import kept_context
from tracepass.epcis.members import AFTER_TYPE, Members
from tracepass.epcis.problems import Problem
from tracepass.epcis.terms import Fact, term
from tracepass.epcis.times import timestamp
from tracepass.epcis.validation import has_shape, problems_of

LONG, MOST_BYTES = 64 * 1024, 15 * 1024 * 1024
"""An event that is longer is measured: what it is found by must fit with it into a document of the database (16 MB)."""
_CONTEXTS = 20
"""Contexts of single events whose sayings are remembered at once."""
_EACH = 20
"""What the database adds to each member of a list."""


@dataclass(slots=True)
class Prepared:
    """An event ready to be stored; ``products`` are the products, lots and items it names, canonical."""

    index: int
    document: Document
    products: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return what no two events of a workspace share."""
        return str(self.document["eventKey"])


@dataclass(frozen=True, slots=True)
class Batch:
    """Events of a document that were looked at: those that may be stored, and what is wrong with the others."""

    prepared: list[Prepared]
    problems: list[Problem]


def prepare(
    events: Iterable[Mapping[str, Any]],
    namespaces: Mapping[str, str],
    *,
    capture_id: Id,
    record_time: str,
    first: int = 0,
    context: Any = (),
) -> Batch:
    """Check events, bring them into one form and hash them.

    ``first`` is the place of the first in its document, ``context`` the ``@context`` of that document.
    """
    return Preparing(namespaces, capture_id=capture_id, record_time=record_time, context=context)(events, first)


def _keeper(context: list[Any]) -> Callable[[Any], bytes | None]:
    """Return who tells what is kept of the contexts of a document and of one of its events."""
    usual = kept_context(context)
    # Most events have no context of their own, and one that stands alone is its own document.
    return lambda own: usual if own is None or context in (own, [own]) else kept_context(context, own)


class Preparing:
    """Prepares the events of one document, some at a time."""

    def __init__(self, namespaces: Mapping[str, str], *, capture_id: Id, record_time: str, context: Any = ()) -> None:
        """Take what the events share: namespaces, capture, time of record, and the ``@context`` of their document."""
        self._namespaces = namespaces
        self._capture_id = capture_id
        self._record_time = record_time
        self._kept_of = _keeper(list(context))
        self._usual = _One(namespaces, capture_id, record_time)
        self._others: dict[bytes, _One] = {}

    def __call__(self, events: Iterable[Mapping[str, Any]], first: int = 0) -> Batch:
        """Check events, bring them into one form and hash them; ``first`` is the place of the first."""
        prepared, problems = [], []
        for index, event in enumerate(events, first):
            one = self._of(event).prepared(event, index) if has_shape(event) else None
            if one is None:
                problems += [problem.within("", index) for problem in problems_of(event, self._namespaces)]
                continue
            kept = self._kept_of(event.get("@context"))
            if kept is not None:
                one.document["context"] = kept
            if len(one.document["event"]) > LONG and _size(one.document) > MOST_BYTES:
                message = "the event says more than one can be found by; divide it"
                problems.append(Problem("", message, "event_too_large", index))
                continue
            prepared.append(one)
        return Batch(prepared, problems)

    def _of(self, event: Mapping[str, Any]) -> _One:
        if "@context" not in event:
            return self._usual
        context = orjson.dumps(event["@context"])
        other = self._others.get(context)
        if other is None:
            if len(self._others) == _CONTEXTS:
                self._others.clear()
            namespaces = namespaces_of(event["@context"], self._namespaces)
            other = self._others[context] = _One(namespaces, self._capture_id, self._record_time)
        return other


class _One:
    """Prepares events that share their namespaces, one by one."""

    def __init__(self, namespaces: Mapping[str, str], capture_id: Id, record_time: str) -> None:
        self._pairs = [[prefix, namespace] for prefix, namespace in namespaces.items()]
        self._members = Members(namespaces)
        self._capture_id = capture_id
        self._captured = term("capture", str(capture_id))
        self._record_time = record_time

    def prepared(self, event: Mapping[str, Any], index: int) -> Prepared | None:
        """Return an event as it is stored; None if a prefix in it is declared nowhere."""
        time = timestamp(event["eventTime"])
        places = [(AFTER_TYPE, f"eventTime={time}")]
        later: list[str] = []
        terms = [self._captured]
        facts: list[Fact] = []
        products: list[str] = []
        for said in self._members.of(event):
            if not said.is_declared:
                return None
            if said.place is not None:
                places.append(said.place)
            later += said.later
            terms += said.terms
            facts += said.facts
            products += said.products
        places.sort()
        later.sort()
        digest = name_of("".join([text for _, text in places] + later))
        event_id = event.get("eventID") or digest
        terms.append(term("eventID", event_id))
        document: Document = {
            "_id": new_id(),
            "captureId": self._capture_id,
            "eventID": event_id,
            "eventKey": _key(event_id, event.get("errorDeclaration")),
            "hash": digest,
            "eventTime": time,
            "recordTime": self._record_time,
            "terms": list(dict.fromkeys(terms)),
            "facts": [{"k": key, "v": value} for key, value in dict.fromkeys(facts)],
            "namespaces": self._pairs,
            "event": orjson.dumps(event),
        }
        return Prepared(index, document, tuple(dict.fromkeys(products)))


def _size(document: Document) -> int:
    """Return about how many bytes a document takes in the database, rather too many."""
    terms = sum(len(one.encode()) + _EACH for one in document["terms"])
    facts = sum(len(fact["k"].encode()) + 2 * _EACH for fact in document["facts"])
    return terms + facts + len(document["event"]) + len(document.get("context", b""))


def _key(event_id: str, declaration: Any) -> str:
    """Return the key: an event that was declared wrong stands beside the original."""
    if declaration is None:
        return event_id
    declared = orjson.dumps(declaration, option=orjson.OPT_SORT_KEYS)
    return f"{event_id}!{hashlib.sha256(declared).hexdigest()}"


def link(prepared: Sequence[Prepared], passports: Mapping[str, Id]) -> None:
    """Write into events which passports they are about, by the EPCs that these stand under."""
    for one in prepared:
        found = dict.fromkeys(passports[epc] for epc in one.products if epc in passports) if passports else {}
        one.document["passports"] = list(found)
        one.document["terms"] += [term("passport", str(passport)) for passport in found]


def shown(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return an event as it is given back: as it came, with its id and the time of its record."""
    event: dict[str, Any] = orjson.loads(stored["event"])
    event.pop("@context", None)
    return {**event, "eventID": stored["eventID"], "recordTime": stored["recordTime"]}
