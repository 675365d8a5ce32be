"""Imports in the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.tenancy import Tenancy

COLLECTION = "imports"
_TENANT = (("workspaceId", 1), ("environment", 1))
UNDER_WAY = ("queued", "running")

INDEXES = (
    Index(COLLECTION, (*_TENANT, ("_id", -1))),
    Index(COLLECTION, (*_TENANT, ("slot", 1)), unique=True, partial={"slot": {"$gte": 0}}),
)


class SlotTaken(Exception):
    """Another import of the tenancy is under way."""


class ImportRepository:
    """The imports of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._imports = database.scoped(COLLECTION, tenancy)
        self._collection = database.collection(COLLECTION)
        self._tenancy = tenancy

    async def insert(self, import_: Document, *, session: Session) -> None:
        """Add an import.

        Raises:
            SlotTaken: another one is under way.
        """
        try:
            await self._imports.insert(import_, session=session)
        except DuplicateKeyError:
            raise SlotTaken from None

    async def is_busy(self) -> bool:
        """Tell whether an import is under way."""
        return await self._imports.find_one({"slot": 0}) is not None

    async def find(self, import_id: Id) -> Document | None:
        """Return an import, or None."""
        return await self._imports.find_one({"_id": import_id})

    async def page(self, *, skip: int, limit: int) -> list[Document]:
        """Return imports, newest first."""
        return await self._imports.find({}, sort=[("_id", -1)], skip=skip, limit=limit).to_list()

    async def count(self) -> int:
        """Count the imports."""
        return await self._imports.count({})

    async def begin(self, import_id: Id, now: str) -> Document | None:
        """Begin an attempt at an import that is not over; return it, or None if it is over or gone."""
        started = {"$ifNull": ["$startedAt", now]}
        return await self._collection.find_one_and_update(
            {"_id": import_id, "status": {"$in": list(UNDER_WAY)}, **self._tenancy.fields},
            [{"$set": {"status": "running", "startedAt": started, "attempt": {"$add": ["$attempt", 1]}}}],
            return_document=ReturnDocument.AFTER,
        )

    async def write(self, import_: Mapping[str, Any], members: Mapping[str, Any]) -> Document | None:
        """Change an import if this attempt at it is still the one; return it as it is then."""
        return await self._collection.find_one_and_update(
            self._attempt(import_), {"$set": dict(members)}, return_document=ReturnDocument.AFTER
        )

    async def end(self, import_: Mapping[str, Any], members: Mapping[str, Any], *, session: Session) -> bool:
        """End an import and free its place, if this attempt is still the one; tell whether it is."""
        change = {"$set": dict(members), "$unset": {"slot": ""}}
        return await self._imports.update(self._attempt(import_), change, session=session)

    async def cancel(self, import_id: Id) -> bool:
        """Ask an import that is under way to stop; tell whether it was."""
        query = {"_id": import_id, "status": {"$in": list(UNDER_WAY)}, **self._tenancy.fields}
        outcome = await self._collection.update_one(query, {"$set": {"cancelled": True}})
        return outcome.matched_count == 1

    async def take_away(self, import_id: Id) -> Document | None:
        """Delete an import; return it as it was, or None if there is none."""
        return await self._collection.find_one_and_delete({"_id": import_id, **self._tenancy.fields})

    def _attempt(self, import_: Mapping[str, Any]) -> Document:
        query = {"_id": import_["_id"], "status": "running", "attempt": import_["attempt"]}
        return {**query, **self._tenancy.fields}
