"""What a passport said and when: snapshots, history, scans (EN 18221: every version can be shown again)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tracepass.core.canonical import state_hash
from tracepass.core.changes import Page
from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid, NotFound
from tracepass.core.ids import find_id
from tracepass.core.mongo import Document
from tracepass.core.paging import offset
from tracepass.identity.models import Caller
from tracepass.passports.desk import Desk
from tracepass.passports.models import Locator

NOT_DRAFT: dict[str, Any] = {"status": {"$ne": "draft"}}
SCAN_DAYS = 366
DERIVED = ("completionPercentage", "fieldCounts", "updatedAt", "version")


class PassportRecords:
    """Reads the change log of passports."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    async def snapshots(self, caller: Caller, which: Locator, *, page: int, limit: int) -> Page:
        """Return the versions of a passport since it left its draft, newest first."""
        found = await self._page(caller, which, page=page, limit=limit, where=NOT_DRAFT)
        return Page([_snapshot(record) for record in found.items], found.total)

    async def history(self, caller: Caller, which: Locator, *, page: int, limit: int) -> Page:
        """Return every change of a passport, newest first, member by member."""
        found = await self._page(caller, which, page=page, limit=limit, where={})
        return Page([_entry(record) for record in found.items], found.total)

    async def _page(self, caller: Caller, which: Locator, *, page: int, limit: int, where: dict[str, Any]) -> Page:
        stored = await self.desk.load(caller, which)
        skip = offset(page, limit)
        return await self.desk.log(caller).page("passport", stored["_id"], skip=skip, limit=limit, where=where)

    async def snapshot(self, caller: Caller, which: Locator, reference: str) -> Document:
        """Return the passport as it was at a version, named by its number or the id of its record.

        Raises:
            Invalid: the reference is neither.
            NotFound: there is no such version outside the draft.
        """
        return await self._one(caller, which, {**_reference(reference), **NOT_DRAFT})

    async def snapshot_at(self, caller: Caller, which: Locator, moment: datetime) -> Document:
        """Return the passport as it was at a moment.

        Raises:
            NotFound: it was a draft then, or was not there.
        """
        return await self._one(caller, which, {"at": {"$lte": timestamp(moment)}})

    async def _one(self, caller: Caller, which: Locator, where: dict[str, Any]) -> Document:
        stored = await self.desk.load(caller, which)
        log = self.desk.log(caller)
        record = await log.find("passport", stored["_id"], where=where)
        state = record and await log.state_at("passport", stored["_id"], record["version"])
        if record is None or record["status"] == "draft" or state is None:
            raise NotFound("snapshot")
        return {**_snapshot(record), "passport": state, "hashValid": state_hash(state) == record["stateHash"]}

    async def scans(self, caller: Caller, which: Locator) -> Document:
        """Return how often a passport was scanned; where readers must not be tracked, only the total."""
        stored = await self.desk.load(caller, which)
        passports = self.desk.passports(caller)
        total = await passports.total_scans(stored["_id"])
        if self.desk.template_of(stored).dpp.usage_tracking_prohibited:
            return {"total": total}
        days = await passports.scans(stored["_id"], limit=SCAN_DAYS)
        return {"total": total, "days": [_day(day) for day in days]}


def _reference(text: str) -> dict[str, Any]:
    if text.isascii() and text.isdigit() and len(text) < 10:  # noqa: PLR2004 - versions stay far below
        return {"version": int(text)}
    identifier = find_id(text)
    if identifier is None:
        raise Invalid({"snapshotId": ["must be the id of a snapshot or the number of a version"]})
    return {"_id": identifier}


def _snapshot(record: Document) -> Document:
    """Return a record of the log as a snapshot: what changed by the names of its fields."""
    return {
        "_id": record["_id"],
        "version": record["version"],
        "at": record["at"],
        "reason": record["reason"] or record["action"],
        "actor": record["actor"],
        "eventType": record["eventType"],
        "changedKeys": sorted({_key(change["path"]) for change in record["diff"]} - set(DERIVED)),
        "stateHash": record["stateHash"],
        "prevHash": record["prevHash"],
    }


def _key(path: str) -> str:
    first, _, rest = path.partition(".")
    return rest.partition(".")[0] if first == "fields" and rest else first


def _entry(record: Document) -> Document:
    changes = [
        {"path": change["path"], "old": change.get("old"), "new": change.get("new")} for change in record["diff"]
    ]
    members = ("_id", "version", "action", "actor", "at")
    return {**{name: record[name] for name in members}, "changes": changes}


def _day(stored: Document) -> Document:
    devices, formats = stored.get("byDevice", {}), stored.get("byFormat", {})
    return {
        "day": stored["day"],
        "total": stored["total"],
        "byLanguage": stored.get("byLanguage", {}),
        "byDevice": {name: devices.get(name, 0) for name in ("phone", "desktop", "other")},
        "byFormat": {name: formats.get(name, 0) for name in ("page", "data")},
    }
