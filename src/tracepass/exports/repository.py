"""Exports that workers make, in the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.tenancy import Tenancy

COLLECTION = "exports"
_TENANT = (("workspaceId", 1), ("environment", 1))
_UNDER_WAY = ("queued", "running")

INDEXES = (
    Index(COLLECTION, (*_TENANT, ("_id", -1))),
    Index(COLLECTION, (*_TENANT, ("slot", 1)), unique=True, partial={"slot": {"$gte": 0}}),
)


class SlotTaken(Exception):
    """Another export of the tenancy is under way in this slot."""


class ExportRepository:
    """The exports of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._exports = database.scoped(COLLECTION, tenancy)
        self._collection = database.collection(COLLECTION)
        self._tenancy = tenancy

    async def insert(self, export: Document, *, session: Session) -> None:
        """Add an export.

        Raises:
            SlotTaken: another one is under way there.
        """
        try:
            await self._exports.insert(export, session=session)
        except DuplicateKeyError:
            raise SlotTaken from None

    async def find(self, export_id: Id) -> Document | None:
        """Return an export, or None."""
        return await self._exports.find_one({"_id": export_id})

    async def page(self, *, skip: int, limit: int) -> list[Document]:
        """Return exports, newest first."""
        return await self._exports.find({}, sort=[("_id", -1)], skip=skip, limit=limit).to_list()

    async def count(self) -> int:
        """Count the exports."""
        return await self._exports.count({})

    async def begin(self, export_id: Id, members: Mapping[str, Any]) -> Document | None:
        """Begin an attempt at an export that is not over; return it, or None if it is over or gone."""
        return await self._collection.find_one_and_update(
            {"_id": export_id, "status": {"$in": list(_UNDER_WAY)}, **self._tenancy.fields},
            {"$set": {"status": "running", **members}, "$inc": {"attempt": 1}},
            return_document=ReturnDocument.AFTER,
        )

    async def write(
        self,
        export: Mapping[str, Any],
        members: Mapping[str, Any],
        *,
        over: bool = False,
        session: Session | None = None,
    ) -> bool:
        """Change an export if this attempt at it is still the one, and tell whether it is; ``over`` frees its slot."""
        query = {"_id": export["_id"], "status": "running", "attempt": export["attempt"]}
        change: dict[str, Any] = {"$set": dict(members)}
        if over:
            change["$unset"] = {"slot": ""}
        return await self._exports.update(query, change, session=session)

    async def take_away(self, export_id: Id) -> Document | None:
        """Delete an export; return it as it was, or None if there is none."""
        return await self._collection.find_one_and_delete({"_id": export_id, **self._tenancy.fields})


class ExportDirectory:
    """The exports of all workspaces: for links, which name none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, export_id: Id) -> Document | None:
        """Return an export, or None."""
        return await self._database.find_one(COLLECTION, {"_id": export_id})
