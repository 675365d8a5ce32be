"""Applications, codes and refresh tokens in the database; of what is secret the hash alone.

All of these are asked for before anybody knows which workspace they belong to, so they are not bound to one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ReturnDocument

from tracepass.core.mongo import Database, Document, Index, Session

INDEXES = (
    Index("oauthClients", (("purgeAt", 1),), expire_after_seconds=0),
    Index("oauthCodes", (("purgeAt", 1),), expire_after_seconds=0),
    Index("oauthRefreshTokens", (("purgeAt", 1),), expire_after_seconds=0),
)


class ClientDirectory:
    """All applications that registered; each is named by its ``client_id``."""

    def __init__(self, database: Database) -> None:
        self._clients = database.collection("oauthClients")

    async def insert(self, document: Document) -> None:
        """Add an application."""
        await self._clients.insert_one(document)

    async def find(self, client_id: str) -> Document | None:
        """Return an application, or None."""
        return await self._clients.find_one({"_id": client_id})

    async def keep(self, client_id: str, *, until: datetime, session: Session) -> None:
        """Keep an application for longer, because it is in use."""
        await self._clients.update_one({"_id": client_id}, {"$set": {"purgeAt": until}}, session=session)


class SecretDirectory:
    """Codes or refresh tokens, each good for one use, named by the hash of its text."""

    def __init__(self, database: Database, collection: str) -> None:
        self._secrets = database.collection(collection)

    async def insert(self, document: Document, *, session: Session | None = None) -> None:
        """Add one."""
        await self._secrets.insert_one(document, session=session)

    async def find(self, digest: str) -> Document | None:
        """Return one, or None."""
        return await self._secrets.find_one({"_id": digest})

    async def claim(self, digest: str, client_id: str, *, at: str) -> Document | None:
        """Use one up and return it as it was, or None if it is not there, of another application, or used up.

        Of any number that want it at the same instant, one gets it.
        """
        query: Mapping[str, Any] = {"_id": digest, "clientId": client_id, "usedAt": None}
        return await self._secrets.find_one_and_update(
            query, {"$set": {"usedAt": at}}, return_document=ReturnDocument.BEFORE
        )

    async def release(self, digest: str) -> None:
        """Let one that was claimed be used after all."""
        await self._secrets.update_one({"_id": digest}, {"$set": {"usedAt": None}})
