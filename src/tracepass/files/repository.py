"""What is known of files; their bytes lie in GridFS."""

from __future__ import annotations

from collections.abc import Sequence

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index
from tracepass.core.tenancy import Tenancy

COLLECTION = "files"

INDEXES = (Index(COLLECTION, (("workspaceId", 1), ("environment", 1), ("_id", -1))),)


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

    async def present(self, file_ids: Sequence[Id]) -> set[Id]:
        """Return those of the ids that a file has."""
        cursor = self._files.find({"_id": {"$in": list(file_ids)}}, projection={"_id": 1})
        return {file["_id"] for file in await cursor.to_list()}

    async def delete(self, file_id: Id) -> bool:
        """Forget a file; tell whether there was one."""
        return await self._files.delete({"_id": file_id})
