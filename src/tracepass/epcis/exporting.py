"""What EPCIS keeps, as exports tell it: events as they were captured, what documents said beside them, and who sees."""

from __future__ import annotations

import orjson

from tracepass.core.extracts import Section, Source, without
from tracepass.core.mongo import Document
from tracepass.epcis.repository import EVENTS, MASTER_DATA
from tracepass.epcis.visibility import VISIBILITY

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

MASTER_DATA_SECTION = Section(
    "epcisMasterData",
    "EpcisMasterData",
    "/api/v1/epcis/masterdata",
    (Source(MASTER_DATA, ("thing",), "workspaceId_1_environment_1_thing_1"),),
    without(),
)


def _choice(stored: Document) -> Document:
    names = ("publicBizSteps", "updatedAt")
    return {"_id": stored["workspaceId"]} | {name: stored[name] for name in names if name in stored}


VISIBILITY_SECTION = Section(
    "epcisVisibility", "EpcisVisibility", "/api/v1/epcis/visibility", (Source(VISIBILITY),), _choice
)
"""The one choice of a workspace, if it has made one."""
