"""The passports that refer to a file, among those that an access grant is for."""

from __future__ import annotations

from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import AccessGrant
from tracepass.passports.repository import PASSPORTS

LOOKED_AT = 200
"""A file that this many passports refer to stands in the same field of all, or nearly: those tell of the rest."""


class ReferringPassports:
    """Passports of one tenancy, found by what they refer to."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._passports = database.scoped(PASSPORTS, tenancy)

    async def to(self, file_id: Id, grant: AccessGrant) -> list[Document]:
        """Return published passports that a grant is for and that refer to a file, at most 200."""
        query: dict[str, Any] = {"fileRefs": file_id, "status": {"$in": ["published", "expired", "suspended"]}}
        if grant.kind != "workspace":
            query["_id" if grant.kind == "passports" else "productId"] = {"$in": sorted(grant.ids)}
        hint = "workspaceId_1_environment_1_fileRefs_1"
        return await self._passports.find(query, limit=LOOKED_AT, hint=hint).to_list()
