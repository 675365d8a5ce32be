"""Lots and traces as exports tell them: as they are shown, without members that are null."""

from __future__ import annotations

from tracepass.core.extracts import Section, Source, without
from tracepass.traces.lot_repository import LOTS
from tracepass.traces.repository import TRACES

_TENANT = "workspaceId_1_environment_1"

LOTS_SECTION = Section("lots", "Lot", "/api/v1/lots", (Source(LOTS),), without("references"))
TRACES_SECTION = Section(
    "traces",
    "Trace",
    "/api/v1/traces",
    (Source(TRACES, ("created_at", "_id"), f"{_TENANT}_created_at_1__id_1"),),
    without("search"),
    changed="updated_at",
    recent=Source(TRACES, ("updated_at", "_id"), f"{_TENANT}_updated_at_1__id_1"),
)
