"""EPCIS in XML, 2.0 and 1.2, read and written: the JSON-LD document in the middle is the one form we work with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, BinaryIO

from tracepass.epcis.xmljobs import JOB, read_job
from tracepass.epcis.xmlnodes import Bounds, XmlInvalid
from tracepass.epcis.xmlstream import XmlEvent, XmlStream
from tracepass.epcis.xmlwriting import CbvFormat, write_xml

__all__ = [
    "Bounds",
    "CbvFormat",
    "XmlEvent",
    "XmlInvalid",
    "XmlStream",
    "framed",
    "iter_events",
    "open_xml",
    "read_xml",
    "whole_events",
    "write_xml",
]


def open_xml(source: bytes | BinaryIO, bounds: Bounds | None = None) -> XmlStream:
    """Open a document to read it event by event, with its version, context and envelope at hand.

    Raises:
        XmlInvalid: its beginning is not well-formed or refused, or it is no document of EPCIS.
    """
    return XmlStream(io.BytesIO(source) if isinstance(source, bytes) else source, bounds)


def iter_events(source: bytes | BinaryIO, bounds: Bounds | None = None) -> Iterator[XmlEvent]:
    """Yield the events of a document one by one, each with its place; one that cannot be read tells its problem.

    Raises:
        XmlInvalid: the document is not well-formed or refused.
    """
    return iter(open_xml(source, bounds))


def read_xml(source: bytes | BinaryIO, bounds: Bounds | None = None) -> dict[str, Any]:
    """Read a whole document (EPCISDocument, EPCISQueryDocument, EPCISMasterDataDocument) as JSON-LD.

    Master data alone becomes an EPCISDocument with that header and no events; an EPCISCaptureJob becomes the JSON of
    the REST binding for it.

    Raises:
        XmlInvalid: it is not well-formed or refused, or something in it is unknown; the first such place is told.
    """
    stream = open_xml(source, bounds)
    if stream.kind == JOB:
        return read_job(stream)
    events = list(whole_events(stream))
    document, body = framed(stream)
    if events:
        body["eventList"] = events
    return document


def whole_events(stream: XmlStream) -> Iterator[dict[str, Any]]:
    """Yield the events of a document, without contexts of their own: that of the document shall have it all.

    Raises:
        XmlInvalid: the document or one of them cannot be read.
    """
    for one in stream:
        if one.event is None:
            raise one.problem or XmlInvalid("the event cannot be read", "xml_event", one.path)
        one.event.pop("@context", None)
        yield one.event


def framed(stream: XmlStream) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a document whose events are read, without them, and its member that holds their list.

    Raises:
        XmlInvalid: something around the events is unknown.
    """
    document = {**stream.envelope(), "@context": stream.whole_context}
    body = document["epcisBody"]
    if "queryResults" in body:
        body = body["queryResults"].setdefault("resultsBody", {"eventList": []})
    return document, body
