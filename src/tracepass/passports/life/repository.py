"""Entries of the lives of products in the database, and what scanners see of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from tracepass.core.changes import Stale
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index, Session, Write
from tracepass.core.tenancy import Tenancy

LIFE, PASSPORTS, IDENTIFIERS = "passportLife", "passports", "identifiers"
_TENANT = (("workspaceId", 1), ("environment", 1))
_NEWEST = [("at", -1), ("_id", -1)]
BOOKKEEPING = ("workspaceId", "environment", "type", "fileRefs", "stateHash")
"""What is kept of an entry for the platform alone."""

INDEXES = (
    Index(LIFE, (*_TENANT, ("passportId", 1), ("at", -1), ("_id", -1))),
    Index(LIFE, (*_TENANT, ("fileRefs", 1))),
)


class LifeRepository:
    """The entries of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._entries = database.scoped(LIFE, tenancy)
        self._passports = database.scoped(PASSPORTS, tenancy)

    async def find(self, passport_id: Id, kind: str, entry_id: Id) -> Document | None:
        """Return an entry of a passport, or None."""
        return await self._entries.find_one({"_id": entry_id, "passportId": passport_id, "type": kind})

    async def find_all(self, passport_id: Id, ids: Collection[Id]) -> dict[Id, Document]:
        """Return those entries of a passport that some ids name."""
        found = self._entries.find({"_id": {"$in": list(ids)}, "passportId": passport_id})
        return {entry["_id"]: entry async for entry in found}

    async def page(self, passport_id: Id, kind: str, *, skip: int, limit: int) -> list[Document]:
        """Return entries of one type, the newest first."""
        query = {"passportId": passport_id, "type": kind}
        return await self._entries.find(query, sort=_NEWEST, skip=skip, limit=limit).to_list()

    async def count(self, passport_id: Id, kind: str) -> int:
        """Count the entries of one type."""
        return await self._entries.count({"passportId": passport_id, "type": kind})

    async def since(self, passport_id: Id, moment: str, *, limit: int) -> list[Document]:
        """Return entries of all types from a moment on, the oldest first."""
        query = {"passportId": passport_id, "at": {"$gte": moment}}
        return await self._entries.find(query, sort=[("at", 1), ("_id", 1)], limit=limit).to_list()

    async def shown(self, passport_id: Id, *, limit: int, session: Session) -> list[Document]:
        """Return the newest entries that everybody may see."""
        query = {"passportId": passport_id, "public": True, "errorDeclaration": None}
        return await self._entries.find(query, sort=_NEWEST, limit=limit, session=session).to_list()

    def insertion(self, entry: Document) -> Write:
        """Return the write that adds an entry."""
        return self._entries.insertion(entry, taken=Stale)

    def updating(self, entry_id: Id, version: int, members: Mapping[str, Any]) -> Write:
        """Return the write that changes an entry; it raises `Stale` unless that still is at a version."""
        return self._entries.updating({"_id": entry_id, "version": version}, {"$set": dict(members)}, missed=Stale)

    def staying(self, passport: Mapping[str, Any]) -> Write:
        """Return the write that raises `Stale` if a passport is gone, or in another state than it was seen in."""
        query = {"_id": passport["_id"], "status": passport["status"]}
        return self._passports.updating(query, {"$set": {"status": passport["status"]}}, missed=Stale)

    async def remove(self, passport_id: Id, *, session: Session) -> int:
        """Delete the entries of a passport that is deleted; return how many there were."""
        return await self._entries.delete_all({"passportId": passport_id}, session=session)

    async def gtins_of(self, product_id: Id, *, passports: int, gtins: int) -> list[str]:
        """Return the GTINs that the newest passports of a product stand under, in ascending order."""
        stages: list[Mapping[str, Any]] = [
            {"$sort": {"_id": -1}},
            {"$limit": passports},
            {"$group": {"_id": "$gs1.gtin"}},
        ]
        found = await self._passports.aggregate({"productId": product_id}, *stages)
        return sorted(row["_id"] for row in found)[:gtins]

    async def of_file(self, file_id: Id) -> list[Id]:
        """Return the passports that publicly refer to a file in an entry, a hundred at most."""
        query = {"fileRefs": file_id, "public": True, "errorDeclaration": None}
        found = self._entries.find(query, projection={"passportId": 1}, limit=100)
        return [entry["passportId"] async for entry in found]

    async def refers_to_file(self, file_id: Id) -> bool:
        """Tell whether an entry refers to a file."""
        return await self._entries.count({"fileRefs": file_id}, limit=1) > 0


class Timelines:
    """What scanners see of the lives of products: two parts of each claim, each with the number of its edition."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._claims = database.scoped(IDENTIFIERS, tenancy)

    async def keep_life(self, passport_id: Id, key: str, part: Mapping[str, Any], *, session: Session) -> None:
        """Set what entries of ours say."""
        members = {f"timeline.life.{name}": value for name, value in part.items()}
        change = {"$set": members, "$inc": {"timeline.life.edition": 1}}
        await self._claims.update({"_id": key, "passportId": passport_id}, change, session=session)

    async def captured(self, keys: Sequence[str]) -> dict[str, Document]:
        """Return what captured events say, by those of some keys that this tenancy holds; empty where they are none."""
        found = self._claims.find({"_id": {"$in": list(keys)}}, projection={"timeline.captured": 1})
        return {claim["_id"]: claim.get("timeline", {}).get("captured", {}) async for claim in found}

    async def keep_captured(self, key: str, edition: int | None, part: Mapping[str, Any]) -> bool:
        """Set what captured events say, if it is of an edition still (None: none yet); tell whether it was."""
        before = {"_id": key, "timeline.captured.edition": edition}
        captured = {**part, "edition": (edition or 0) + 1}
        return await self._claims.update(before, {"$set": {"timeline.captured": captured}})
