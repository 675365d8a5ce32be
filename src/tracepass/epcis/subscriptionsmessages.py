"""What a subscription is sent: an EPCISQueryDocument, signed by its secret and by the token that its owner gave."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson

from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.delivery.signing import signature_headers
from tracepass.epcis.answers import EventPage, query_document
from tracepass.epcis.epcformats import EpcFormat
from tracepass.epcis.negotiation import Style

USER_AGENT = "TracePass-EPCIS/1"
MOST_EVENTS, MOST_BYTES = 100, 1024 * 1024
"""What one message holds at most, so that a receiver can read it in one go; an event alone may be larger."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A chunk that a message was made of: its first ``count`` events are in it, or were taken away meanwhile."""

    chunk: Document
    count: int


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent at once. Without events it tells that there were none."""

    taken: Sequence[Taken]
    events: Sequence[Document]

    def name(self, subscription: Mapping[str, Any]) -> str:
        """Return what its receiver knows the message by: the same in each attempt to send these events.

        That there were none is told once for each time at which there were none.
        """
        said = [event["_id"] for event in self.events] or [subscription["minRecordTime"]]
        keys = "/".join(map(str, (subscription["_id"], *said)))
        return f"epcis_{hashlib.sha256(keys.encode()).hexdigest()[:32]}"


def composed(wanted: Sequence[tuple[Document, Id]], known: Mapping[Id, Document], *, most: int) -> Message:
    """Return the message of the first events that wait, as many as may be in one.

    ``wanted`` are chunks with each of their events, in order; events that are not ``known`` were taken away again.
    """
    events: list[Document] = []
    counts: dict[Id, int] = {}
    chunks: dict[Id, Document] = {}
    size = 0
    for chunk, event_id in wanted:
        event = known.get(event_id)
        if event is not None:
            size += len(event["event"])
            if events and (len(events) >= most or size > MOST_BYTES):
                break
            events.append(event)
        chunks[chunk["_id"]] = chunk
        counts[chunk["_id"]] = counts.get(chunk["_id"], 0) + 1
    return Message(tuple(Taken(chunks[name], count) for name, count in counts.items()), tuple(events))


def body_of(subscription: Mapping[str, Any], message: Message, *, at: str) -> bytes:
    """Return the body of a message: an EPCISQueryDocument that names query and subscription."""
    style = Style(epc=cast("EpcFormat", subscription["epcFormat"]))
    document, _ = query_document(
        EventPage(list(message.events), None, at),
        style=style,
        name=subscription["queryName"],
        subscription=str(subscription["_id"]),
    )
    return orjson.dumps(document)


def headers_of(name: str, moment: int, body: bytes, *, secret: str, token: str | None) -> Mapping[str, str]:
    """Return the headers of a message; ``moment`` is in Unix seconds.

    ``GS1-Signature`` is the HMAC-SHA-256 of the body under the token, in hexadecimal (REST binding, 12.8.2, leaves the
    kind of signature open).
    """
    signed = {} if token is None else {"GS1-Signature": hmac.new(token.encode(), body, hashlib.sha256).hexdigest()}
    about = {"GS1-EPCIS-Version": "2.0.0", "GS1-CBV-Version": "2.0.0"}
    standard = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **about, **signed}
    return {**standard, **signature_headers(name, moment, body, keys=[secret])}


def each_event(chunks: Sequence[Document], events: Sequence[Sequence[Id]]) -> Iterator[tuple[Document, Id]]:
    """Give chunks with each of their events."""
    for chunk, ids in zip(chunks, events, strict=True):
        yield from ((chunk, event) for event in ids)
