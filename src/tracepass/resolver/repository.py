"""The claims of all workspaces, read by key: a scan has no workspace of its own."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo import UpdateOne

from tracepass.core.mongo import Database, Document

IDENTIFIERS, SCANS = "identifiers", "scans"

_STATE = {
    "passportId": 1,
    "workspaceId": 1,
    "environment": 1,
    "status": 1,
    "edition": 1,
    "category": 1,
    "templateVersion": 1,
    "suspendedAt": 1,
    "suspensionReason": 1,
    "archivedAt": 1,
    "expiresAt": 1,
    "timeline.life.edition": 1,
    "timeline.captured.edition": 1,
}
_SHOWN = {name: 1 for name in _STATE if not name.startswith("timeline.")} | {"timeline": 1}


class CrossWorkspaceIdentifiers:
    """Reads claims of any workspace by their canonical key: one find by ``_id`` each."""

    def __init__(self, database: Database) -> None:
        self._identifiers = database.collection(IDENTIFIERS)

    async def find_state(self, key: str) -> Document | None:
        """Return the small part that decides how a scan is answered."""
        return await self._identifiers.find_one({"_id": key}, _STATE)

    async def find_states(self, keys: Sequence[str]) -> list[Document]:
        """Return what decides how scans of some keys are answered, and what the passports are about."""
        return await self._identifiers.find({"_id": {"$in": list(keys)}}, {**_STATE, "title": 1}).to_list()

    async def find_with_page(self, key: str) -> Document | None:
        """Return the state, the page data and what happened to the product."""
        return await self._identifiers.find_one({"_id": key}, {**_SHOWN, "page": 1})

    async def find_with_jsonld(self, key: str) -> Document | None:
        """Return the state, the ready JSON-LD and what happened to the product."""
        return await self._identifiers.find_one({"_id": key}, {**_SHOWN, "jsonld": 1})

    async def find_with_both(self, key: str) -> Document | None:
        """Return the state, the page data and the ready JSON-LD."""
        return await self._identifiers.find_one({"_id": key}, {**_STATE, "page": 1, "jsonld": 1})

    async def find_whole(self, key: str) -> Document | None:
        """Return the state, the page data, the ready JSON-LD and what happened to the product."""
        return await self._identifiers.find_one({"_id": key}, {**_SHOWN, "page": 1, "jsonld": 1})


class CrossWorkspaceScans:
    """Writes scan counts of any workspace."""

    def __init__(self, database: Database) -> None:
        self._scans = database.collection(SCANS)

    async def add(self, counts: Sequence[tuple[Document, dict[str, int]]]) -> None:
        """Add counts to their days in one bulk write: pairs of what names a day, and what to add by path."""
        await self._scans.bulk_write(
            [
                UpdateOne(
                    {"_id": day["_id"]},
                    {"$inc": amounts, "$setOnInsert": {name: day[name] for name in day if name != "_id"}},
                    upsert=True,
                )
                for day, amounts in counts
            ],
            ordered=False,
        )
