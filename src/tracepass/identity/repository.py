"""Workspaces and keys in the database. These reads cross workspaces by nature: they find out which one it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import UpdateOne

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session

INDEXES = (
    Index("workspaces", (("slug", 1),), unique=True),
    Index("apiKeys", (("hash", 1),), unique=True),
    Index("apiKeys", (("workspaceId", 1), ("_id", -1))),
)


class WorkspaceDirectory:
    """All workspaces of the installation."""

    def __init__(self, database: Database) -> None:
        self._workspaces = database.collection("workspaces")

    async def insert(self, document: Document) -> bool:
        """Add a workspace; False if its slug is taken."""
        try:
            await self._workspaces.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def find(self, workspace_id: Id) -> Document | None:
        """Return a workspace by id, or None."""
        return await self._workspaces.find_one({"_id": workspace_id})

    async def find_by_slug(self, slug: str) -> Document | None:
        """Return a workspace by slug, or None."""
        return await self._workspaces.find_one({"slug": slug})


class KeyDirectory:
    """All API keys of the installation."""

    def __init__(self, database: Database) -> None:
        self._keys = database.collection("apiKeys")

    async def insert(self, document: Document, *, session: Session | None = None) -> None:
        """Add a key."""
        await self._keys.insert_one(document, session=session)

    async def find_by_hash(self, digest: str) -> Document | None:
        """Return the key whose secret has this SHA-256, or None."""
        return await self._keys.find_one({"hash": digest})

    async def list_of(self, workspace_id: Id) -> list[Document]:
        """Return the keys of a workspace, newest first, without what could be abused."""
        shown = {"hash": 0, "addresses": 0}
        return await self._keys.find({"workspaceId": workspace_id}, shown).sort("_id", -1).to_list()

    async def revoke(
        self, workspace_id: Id, key: Mapping[str, Any], *, at: str, session: Session | None = None
    ) -> Document | None:
        """Revoke a key of a workspace; return it as it was, or None if there was none not yet revoked."""
        query = {**key, "workspaceId": workspace_id, "revokedAt": None}
        return await self._keys.find_one_and_update(query, {"$set": {"revokedAt": at}}, session=session)

    async def add_address(self, key: Id, address: str, *, keep: int, session: Session) -> bool:
        """Add an address that a key was used from, the last ``keep`` are kept; False if it is among them already."""
        query = {"_id": key, "addresses": {"$ne": address}}
        added = {"$push": {"addresses": {"$each": [address], "$slice": -keep}}}
        outcome = await self._keys.update_one(query, added, session=session)
        return outcome.matched_count == 1

    async def record_use(self, moments: Mapping[Id, str]) -> None:
        """Write down when keys were last used, in one trip."""
        await self._keys.bulk_write(
            [UpdateOne({"_id": key}, {"$set": {"lastUsedAt": at}}) for key, at in moments.items()], ordered=False
        )
