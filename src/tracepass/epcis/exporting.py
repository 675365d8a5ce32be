"""EPCIS events as exports tell them: each as it was captured, with what its prefixes stand for."""

from __future__ import annotations

import orjson

from tracepass.core.extracts import Section, Source
from tracepass.core.mongo import Document
from tracepass.epcis.repository import EVENTS

_TOLD = ("_id", "eventID", "hash", "captureId", "recordTime")
_BY_RECORD_TIME = "workspaceId_1_environment_1_recordTime_-1__id_-1"


def _record(stored: Document) -> Document:
    told = {name: stored[name] for name in _TOLD} | {"namespaces": dict(stored["namespaces"])}
    if "context" in stored:
        told["context"] = orjson.loads(stored["context"])
    return {**told, "event": orjson.loads(stored["event"])}


EVENTS_SECTION = Section(
    "epcisEvents",
    "EpcisEvent",
    "/api/v1/epcis/events",
    (Source(EVENTS, ("recordTime", "_id"), _BY_RECORD_TIME),),
    _record,
    changed="recordTime",
)
"""All events that a workspace has captured, in the order of their capture."""
