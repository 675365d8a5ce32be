"""Workspaces and keys in the database. These reads cross workspaces by nature: they find out which one it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any

from pymongo import ReturnDocument, UpdateOne

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

    async def insert(self, document: Document, *, session: Session | None = None) -> bool:
        """Add a workspace; False if its slug is taken."""
        try:
            await self._workspaces.insert_one(document, session=session)
        except DuplicateKeyError:
            return False
        return True

    async def find(self, workspace_id: Id) -> Document | None:
        """Return a workspace by id, or None."""
        return await self._workspaces.find_one({"_id": workspace_id})

    async def each(self) -> AsyncIterator[Document]:
        """Give every workspace of the installation, oldest first."""
        async for document in self._workspaces.find({}).sort("_id", 1):
            yield document

    async def find_by_slug(self, slug: str) -> Document | None:
        """Return a workspace by slug, or None."""
        return await self._workspaces.find_one({"slug": slug})

    async def find_many(self, workspace_ids: Sequence[Id]) -> dict[Id, Document]:
        """Return workspaces by their ids."""
        found = self._workspaces.find({"_id": {"$in": list(workspace_ids)}})
        return {workspace["_id"]: workspace async for workspace in found}

    async def change(self, workspace_id: Id, members: Mapping[str, Any], *, session: Session) -> Document | None:
        """Change members of a workspace; return it as it is then, or None if there is none."""
        return await self._workspaces.find_one_and_update(
            {"_id": workspace_id}, {"$set": dict(members)}, return_document=ReturnDocument.AFTER, session=session
        )


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

    async def page(
        self, workspace_id: Id, *, environments: Collection[str], skip: int, limit: int
    ) -> tuple[list[Document], int]:
        """Return some keys of a workspace, newest first, without what could be abused, and how many there are."""
        query = {"workspaceId": workspace_id, "environment": {"$in": sorted(environments)}}
        found = self._keys.find(query, {"hash": 0}).sort("_id", -1).skip(skip).limit(limit)
        return await found.to_list(), await self._keys.count_documents(query)

    async def find(self, workspace_id: Id, key_id: Id) -> Document | None:
        """Return a key of a workspace without what could be abused, or None."""
        return await self._keys.find_one({"_id": key_id, "workspaceId": workspace_id}, {"hash": 0})

    async def rename(self, workspace_id: Id, key_id: Id, name: str) -> None:
        """Give a key of a workspace another name."""
        await self._keys.update_one({"_id": key_id, "workspaceId": workspace_id}, {"$set": {"name": name}})

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
