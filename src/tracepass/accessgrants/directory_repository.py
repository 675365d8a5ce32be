"""The access grants of all workspaces, found by their tokens: who shows one has said nothing of a workspace yet."""

from __future__ import annotations

from collections.abc import Mapping

from pymongo import UpdateOne

from tracepass.accessgrants.repository import GRANTS
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document


class CrossWorkspaceGrants:
    """All access grants of the installation."""

    def __init__(self, database: Database) -> None:
        self._grants = database.collection(GRANTS)

    async def find_by_hash(self, digest: str) -> Document | None:
        """Return the grant whose token has this SHA-256, or None."""
        return await self._grants.find_one({"hash": digest})

    async def record_use(self, moments: Mapping[Id, str]) -> None:
        """Write down when grants were last used, in one trip."""
        await self._grants.bulk_write(
            [UpdateOne({"_id": grant}, {"$set": {"lastUsedAt": at}}) for grant, at in moments.items()], ordered=False
        )
