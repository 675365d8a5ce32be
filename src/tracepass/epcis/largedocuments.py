"""Documents too large for memory: read as a stream to their end, then given out in parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from tracepass.core.spool import Spool
from tracepass.epcis.documents import Document, read_document
from tracepass.epcis.jsonstream import EVENT_BYTES, EventTooLarge, JsonStream, read_piece
from tracepass.epcis.problems import EpcisInvalid, Problem
from tracepass.epcis.xml import framed, open_xml, whole_events

PART_EVENTS: Final = 500
PART_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """Events that follow one another: which of the document's is the first, how many, and where their text is."""

    first: int
    count: int
    offset: int
    size: int


@dataclass(slots=True)
class Parts:
    """Divides a row of events; a part has at most 500 of them, and no more text than two megabytes or one event."""

    made: list[Part] = field(default_factory=list)
    count: int = 0

    def add(self, offset: int, size: int) -> None:
        """Add the text of the event that follows."""
        last = self.made[-1] if self.made else None
        whole = 0 if last is None else offset + size - last.offset
        if last is None or last.count == PART_EVENTS or whole > PART_BYTES:
            self.made.append(Part(self.count, 1, offset, size))
        else:
            self.made[-1] = Part(last.first, last.count + 1, last.offset, whole)
        self.count += 1


@dataclass(frozen=True, slots=True)
class LargeDocument:
    """What was read: the document without its events, how many there are, and their texts."""

    document: Document
    count: int
    parts: list[Part]
    source: Spool

    def text_of(self, part: Part) -> bytes:
        """Return the events of a part as an array of JSON."""
        return b"[%b]" % self.source.read(part.offset, part.size)


Strip = Callable[[Mapping[str, Any]], dict[str, Any]]


def read_json_document(source: Spool, *, most: int, strip: Strip) -> LargeDocument:
    """Read a document in JSON; ``strip`` takes off what is no part of it.

    Raises:
        EpcisInvalid: it is none of the four shapes, or its envelope breaks a rule.
        MalformedJson, Invalid: as for any body.
        Refusal: ``payload_too_large``: an event, or what stands around the events, is.
        TooMany: it has more than ``most`` events.
    """
    stream, parts = JsonStream(source), Parts()
    for piece in stream:
        read_piece(source, piece, parts.count)
        parts.add(piece.offset, len(piece.text))
        if parts.count > most:
            raise TooMany(most)
    around = stream.around
    document = read_document(strip(around) if isinstance(around, Mapping) else around)
    if document.kind == "event":
        raise EventTooLarge(0)
    return LargeDocument(document, parts.count, parts.made, source)


def read_xml_document(source: Spool, into: Spool, *, most: int) -> LargeDocument:
    """Read a document in XML; its events are written to ``into`` as JSON.

    Raises:
        EpcisInvalid: it is no document of EPCIS, hostile, or something in it is unknown.
        Refusal: ``payload_too_large``: an event is.
        TooMany: it has more than ``most`` events.
    """
    parts = Parts()
    with source.opened() as opened:
        stream = open_xml(opened)
        for event in whole_events(stream):
            text = orjson.dumps(event)
            if len(text) > EVENT_BYTES:
                raise EventTooLarge(parts.count)
            parts.add(len(into), len(text))
            into.write(text + b",")
            if parts.count > most:
                raise TooMany(most)
        document, body = framed(stream)
    body.setdefault("eventList", [])
    return LargeDocument(read_document(document), parts.count, parts.made, into)


def of_document(document: Document, into: Spool) -> LargeDocument:
    """Return a document that was read whole as one that is given out in parts; its events are written to ``into``."""
    parts = Parts()
    for event in document.events:
        text = orjson.dumps(event)
        parts.add(len(into), len(text))
        into.write(text + b",")
    return LargeDocument(document, parts.count, parts.made, into)


class TooMany(EpcisInvalid):
    """More events than one capture takes."""

    def __init__(self, most: int) -> None:
        super().__init__([Problem("", f"a capture takes at most {most} events", "too_many_events")])
        self.most = most
