"""What is known of files; their bytes lie in GridFS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index
from tracepass.core.tenancy import Tenancy

COLLECTION = "files"

WAITING = "waiting"
"""A member of files that came from another installation, until their bytes are uploaded."""
TAKING = "takingSince"
"""A member of those to which somebody just gives their bytes."""
_TENANT = (("workspaceId", 1), ("environment", 1))

INDEXES = (
    Index(COLLECTION, (*_TENANT, ("_id", -1))),
    Index(COLLECTION, (*_TENANT, ("sha256", 1), ("_id", 1)), partial={WAITING: True}),
)


class FileRepository:
    """The files of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._files = database.scoped(COLLECTION, tenancy)

    async def insert(self, file: Document) -> None:
        """Add what is known of a file."""
        await self._files.insert(file)

    async def find(self, file_id: Id) -> Document | None:
        """Return what is known of a file, or None."""
        return await self._files.find_one({"_id": file_id})

    async def waiting_for(self, facts: Mapping[str, Any], *, now: str, before: str) -> Document | None:
        """Return the first file that waits for bytes of these facts, or None; it is the caller's to give them then.

        Whoever began to give a file its bytes before a moment, and has not done it, is gone.
        """
        free = {"$or": [{TAKING: None}, {TAKING: {"$lt": before}}]}
        while file := await self._files.find_one({**facts, WAITING: True, **free}, sort=[("_id", 1)]):
            if await self._files.update({"_id": file["_id"], WAITING: True, **free}, {"$set": {TAKING: now}}):
                return file
        return None

    async def left(self, file_id: Id) -> None:
        """Note that nobody gives a file its bytes any more."""
        await self._files.update({"_id": file_id, WAITING: True}, {"$unset": {TAKING: ""}})

    async def arrived(self, file_id: Id) -> bool:
        """Note that a file has its bytes; tell whether it waited for them."""
        return await self._files.update({"_id": file_id, WAITING: True}, {"$unset": {WAITING: "", TAKING: ""}})

    async def present(self, file_ids: Sequence[Id]) -> set[Id]:
        """Return those of the ids that a file has."""
        cursor = self._files.find({"_id": {"$in": list(file_ids)}}, projection={"_id": 1})
        return {file["_id"] for file in await cursor.to_list()}

    async def delete(self, file_id: Id) -> bool:
        """Forget a file; tell whether there was one."""
        return await self._files.delete({"_id": file_id})
