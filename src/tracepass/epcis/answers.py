"""Events as the standard gives them back: an EPCISQueryDocument whose context knows all prefixes of its events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.mongo import Document
from tracepass.epcis.epcformats import formatted_event
from tracepass.epcis.keptcontexts import context_of, contexts_for
from tracepass.epcis.negotiation import Style
from tracepass.epcis.storing import shown

About = dict[str, str]
SIMPLE = "SimpleEventQuery"


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events as they are stored, the token of the page that follows, and when they were looked for.

    The token is good until ``expires``.
    """

    events: list[Document]
    token: str | None
    at: str
    expires: str | None = None


def query_document(
    page: EventPage, *, style: Style, name: str = SIMPLE, subscription: str | None = None
) -> tuple[dict[str, Any], About]:
    """Return a page as a document of the standard, and the headers that tell how it is written.

    What not all of its events declare, each of them declares for itself.
    """
    writer = _Writer(style)
    context, events = writer.events(page.events)
    results: dict[str, Any] = {"queryName": name}
    if subscription is not None:
        results["subscriptionID"] = subscription
    document = {
        "@context": context,
        "type": "EPCISQueryDocument",
        "schemaVersion": style.version,
        "creationDate": page.at,
        "epcisBody": {"queryResults": {**results, "resultsBody": {"eventList": events}}},
    }
    return document, writer.about


def history_document(page: EventPage, *, style: Style) -> tuple[dict[str, Any], About]:
    """Return a page as a document of events that can be captured elsewhere, and the headers that tell how."""
    writer = _Writer(style)
    context, events = writer.events(page.events)
    document = {
        "@context": context,
        "type": "EPCISDocument",
        "schemaVersion": style.version,
        "creationDate": page.at,
        "epcisBody": {"eventList": events},
    }
    return document, writer.about


def event_document(stored: Mapping[str, Any], *, style: Style) -> tuple[dict[str, Any], About]:
    """Return one event that stands for itself, and the headers that tell how it is written."""
    writer = _Writer(style)
    return {"@context": context_of(stored), **writer.event(stored)}, writer.about


def single_document(stored: Mapping[str, Any], *, style: Style) -> tuple[dict[str, Any], About]:
    """Return one event within a document, and the headers that tell how it is written."""
    return history_document(EventPage([dict(stored)], None, stored["recordTime"]), style=style)


class _Writer:
    """Writes events in the notation asked for, and remembers whether it could."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._translates = style.epc in {"Always_GS1_Digital_Link", "Always_EPC_URN"}
        self._is_mixed = False

    def events(self, stored: Sequence[Mapping[str, Any]]) -> tuple[list[Any], list[dict[str, Any]]]:
        """Return the context for a document of events, and these."""
        context, own = contexts_for(stored)
        return context, [_with_context(mine, self.event(one)) for mine, one in zip(own, stored, strict=True)]

    def event(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        """Return an event as it is given back."""
        event = shown(stored)
        return formatted_event(event, self._style.epc, self._prefix_length) if self._translates else event

    @property
    def about(self) -> About:
        """Return what became of the notations asked for."""
        done: str = self._style.epc if self._translates else "Never_Translates"
        about = {"GS1-EPC-Format": "No_Preference" if self._is_mixed else done}
        return {**about, "GS1-CBV-XML-Format": self._style.cbv} if self._style.is_xml else about

    def _prefix_length(self, _canonical: str) -> int | None:
        """Say that nobody knows where a company prefix ends in a link, which stays one then."""
        self._is_mixed = True
        return None


def _with_context(context: list[Any], event: dict[str, Any]) -> dict[str, Any]:
    return {"@context": context, **event} if context else event
