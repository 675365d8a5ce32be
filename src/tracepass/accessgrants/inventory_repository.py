"""What a workspace has, as far as access grants are for it."""

from __future__ import annotations

from collections.abc import Sequence

from tracepass.core.ids import Id
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.files.service import Files


class WorkspaceInventory:
    """Products, passports and files of every workspace, by their ids."""

    def __init__(self, database: Database, files: Files) -> None:
        self._database = database
        self._files = files

    async def missing_products(self, tenancy: Tenancy, ids: Sequence[Id]) -> list[Id]:
        """Return those of the ids that no product of the workspace has."""
        return await self._missing("products", tenancy, ids)

    async def missing_passports(self, tenancy: Tenancy, ids: Sequence[Id]) -> list[Id]:
        """Return those of the ids that no passport of the workspace has."""
        return await self._missing("passports", tenancy, ids)

    async def missing_files(self, tenancy: Tenancy, ids: Sequence[Id]) -> list[Id]:
        """Return those of the ids that no file of the workspace has."""
        return await self._files.missing(tenancy, ids)

    async def _missing(self, collection: str, tenancy: Tenancy, ids: Sequence[Id]) -> list[Id]:
        found = self._database.scoped(collection, tenancy).find({"_id": {"$in": list(ids)}}, projection={"_id": 1})
        present = {document["_id"] async for document in found}
        return [one for one in ids if one not in present]
