"""What is known of files; their bytes lie in GridFS."""

from __future__ import annotations

from collections.abc import Sequence

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index
from tracepass.core.tenancy import Tenancy

COLLECTION = "files"

WAITING = "waiting"
"""A member of files that came from another installation, until their bytes are uploaded."""
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

    async def waiting_for(self, digests: Sequence[str]) -> Document | None:
        """Return the first file without bytes whose digest is one of some, or None."""
        query = {"sha256": {"$in": list(digests)}, WAITING: True}
        return await self._files.find_one(query, sort=[("sha256", 1), ("_id", 1)])

    async def arrived(self, file_id: Id) -> bool:
        """Note that a file has its bytes; tell whether it waited for them."""
        return await self._files.update({"_id": file_id, WAITING: True}, {"$unset": {WAITING: ""}})

    async def present(self, file_ids: Sequence[Id]) -> set[Id]:
        """Return those of the ids that a file has."""
        cursor = self._files.find({"_id": {"$in": list(file_ids)}}, projection={"_id": 1})
        return {file["_id"] for file in await cursor.to_list()}

    async def delete(self, file_id: Id) -> bool:
        """Forget a file; tell whether there was one."""
        return await self._files.delete({"_id": file_id})
