"""Passports as exports tell them: as their GET shows them, in every state, without members that are null."""

from __future__ import annotations

from tracepass.core.extracts import Record, Section, Source, without
from tracepass.core.mongo import Document
from tracepass.passports.life.repository import LIFE
from tracepass.passports.repository import PASSPORTS
from tracepass.passports.wire import INTERNAL, latest_values, system_fields
from tracepass.templates.service import Templates

_TENANT = "workspaceId_1_environment_1"
_RECENT = Source(PASSPORTS, ("updatedAt", "_id"), f"{_TENANT}_updatedAt_-1__id_-1")
LIFE_SECTION = Section(
    "lifeEntries",
    "LifeEntry",
    "/api/v1/passports/life",
    (Source(LIFE, ("passportId", "-at", "-_id"), f"{_TENANT}_passportId_1_at_-1__id_-1"),),
    without("fileRefs"),
)
"""Service events and ownership transfers; ``type`` tells which an entry is."""


def passports_section(templates: Templates) -> Section:
    """Return all that a workspace has of passports."""
    return Section(
        "passports", "Passport", "/api/v1/passports", (Source(PASSPORTS),), _telling(templates), recent=_RECENT
    )


def _telling(templates: Templates) -> Record:
    def record(stored: Document) -> Document:
        template = templates.get(stored["category"], stored["templateVersion"])
        fields = stored["fields"]
        fields |= system_fields(stored, template)
        for state in fields.values():
            if state.get("sourceLocale", "") is None:
                del state["sourceLocale"]
        stored["gs1"] = {name: value for name, value in stored["gs1"].items() if value is not None}
        told = {name: value for name, value in stored.items() if value is not None and name not in INTERNAL}
        return {**told, "dynamic": latest_values(stored)} if "dynamic" in stored else told

    return record
