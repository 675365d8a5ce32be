"""Grants in the database. These reads cross workspaces by nature: they find out which one a token is of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pymongo import ReturnDocument, UpdateOne

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index, Session

INDEXES = (
    Index("oauthGrants", (("userId", 1), ("_id", -1))),
    Index("oauthGrants", (("purgeAt", 1),), expire_after_seconds=0),
)


class GrantDirectory:
    """All grants of the installation."""

    def __init__(self, database: Database) -> None:
        self._grants = database.collection("oauthGrants")
        self._memberships = database.collection("memberships")

    async def insert(self, document: Document, *, session: Session) -> None:
        """Add a grant."""
        await self._grants.insert_one(document, session=session)

    async def find(self, grant_id: Id) -> Document | None:
        """Return a grant, or None."""
        return await self._grants.find_one({"_id": grant_id})

    async def role_in(self, workspace_id: Id, user_id: Id) -> str | None:
        """Return the role of a user in a workspace now, or None if they are no member."""
        found = await self._memberships.find_one({"workspaceId": workspace_id, "userId": user_id}, {"role": 1})
        return None if found is None else str(found["role"])

    async def list_of(self, user_id: Id, *, now: str) -> list[Document]:
        """Return the grants of a user that tokens were issued for and that still stand, newest first."""
        query = {"userId": user_id, "revokedAt": None, "activatedAt": {"$ne": None}, "expiresAt": {"$gt": now}}
        return await self._grants.find(query).sort("_id", -1).to_list()

    async def standing_ids(self, user_id: Id, workspace_id: Id | None, *, session: Session) -> list[Id]:
        """Return the grants of a user that are not revoked, used or not, in all workspaces or in one."""
        query: Document = {"userId": user_id, "revokedAt": None}
        if workspace_id is not None:
            query["workspaceId"] = workspace_id
        return [grant["_id"] async for grant in self._grants.find(query, {"_id": 1}, session=session)]

    async def update_standing(
        self, grant_id: Id, members: Mapping[str, Any], *, session: Session | None = None
    ) -> Document | None:
        """Change a grant that is not revoked and return it as it was before; None if there is no such grant."""
        query = {"_id": grant_id, "revokedAt": None}
        return await self._grants.find_one_and_update(
            query, {"$set": dict(members)}, return_document=ReturnDocument.BEFORE, session=session
        )

    async def record_use(self, moments: Mapping[Id, str]) -> None:
        """Write down when grants were last used, in one trip."""
        await self._grants.bulk_write(
            [UpdateOne({"_id": grant}, {"$set": {"lastUsedAt": at}}) for grant, at in moments.items()], ordered=False
        )
