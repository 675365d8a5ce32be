"""Events as the standard gives them back: an EPCISQueryDocument whose context knows all prefixes of its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.mongo import Document
from tracepass.epcis.contexts import context_for
from tracepass.epcis.storing import shown

VERSION = "2.0.0"
SIMPLE = "SimpleEventQuery"


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events as they are stored, the token of the page that follows, and when they were looked for."""

    events: list[Document]
    token: str | None
    at: str


def query_document(page: EventPage, *, name: str = SIMPLE) -> dict[str, Any]:
    """Return a page as a document of the standard.

    Where events write one prefix for two namespaces, those that differ from the first say so themselves.
    """
    namespaces: dict[str, str] = {}
    events = [_with_context(stored, namespaces) for stored in page.events]
    return {
        "@context": context_for(namespaces),
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": page.at,
        "epcisBody": {"queryResults": {"queryName": name, "resultsBody": {"eventList": events}}},
    }


def event_document(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return one event that stands for itself."""
    return {"@context": context_for(_pairs(stored["namespaces"])), **shown(stored)}


def _with_context(stored: Mapping[str, Any], namespaces: dict[str, str]) -> dict[str, Any]:
    own = _pairs(stored["namespaces"])
    differing = {prefix: uri for prefix, uri in own.items() if namespaces.setdefault(prefix, uri) != uri}
    return {"@context": [differing], **shown(stored)} if differing else shown(stored)


def _pairs(namespaces: Sequence[Sequence[str]]) -> dict[str, str]:
    return {pair[0]: pair[1] for pair in namespaces}
