"""People, where they belong and who is invited, in the database; like all of identity, across workspaces by nature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session

INDEXES = (
    Index("users", (("emailKey", 1),), unique=True),
    Index("memberships", (("workspaceId", 1), ("userId", 1)), unique=True),
    Index("memberships", (("workspaceId", 1), ("_id", -1))),
    Index("memberships", (("userId", 1), ("_id", 1))),
    Index("invitations", (("tokenHash", 1),), unique=True, partial={"tokenHash": {"$exists": True}}),
    Index("invitations", (("workspaceId", 1), ("emailKey", 1)), unique=True),
    Index("invitations", (("workspaceId", 1), ("_id", -1))),
    Index("invitations", (("purgeAt", 1),), expire_after_seconds=0),
)


class UserDirectory:
    """All people of the installation."""

    def __init__(self, database: Database) -> None:
        self._users = database.collection("users")

    async def insert(self, document: Document, *, session: Session | None = None) -> bool:
        """Add a person; False if the address is taken."""
        try:
            await self._users.insert_one(document, session=session)
        except DuplicateKeyError:
            return False
        return True

    async def find(self, user_id: Id, *, session: Session | None = None) -> Document | None:
        """Return a person by id, or None."""
        return await self._users.find_one({"_id": user_id}, session=session)

    async def find_by_email(self, key: str) -> Document | None:
        """Return the person of an address, or None."""
        return await self._users.find_one({"emailKey": key})

    async def find_many(self, user_ids: Sequence[Id]) -> dict[Id, Document]:
        """Return people by their ids."""
        found = self._users.find({"_id": {"$in": list(user_ids)}}, {"passwordHash": 0})
        return {user["_id"]: user async for user in found}

    async def list_(self) -> list[Document]:
        """Return everybody, oldest first, without their passwords' hashes."""
        return await self._users.find({}, {"passwordHash": 0}).sort("_id", 1).to_list()

    async def set_password(self, user_id: Id, digest: str, *, at: str, session: Session) -> None:
        """Replace a person's password."""
        members = {"passwordHash": digest, "passwordChangedAt": at}
        await self._users.update_one({"_id": user_id}, {"$set": members}, session=session)

    async def rehash(self, user_id: Id, old: str, *, new: str) -> None:
        """Keep the same password under another hash, unless it was changed meanwhile."""
        await self._users.update_one({"_id": user_id, "passwordHash": old}, {"$set": {"passwordHash": new}})


class MembershipDirectory:
    """Who belongs to which workspace, and in which role."""

    def __init__(self, database: Database) -> None:
        self._memberships = database.collection("memberships")
        self._workspaces = database.collection("workspaces")

    async def insert(self, document: Document, *, session: Session) -> bool:
        """Add a member; False if the person is one already."""
        try:
            await self._memberships.insert_one(document, session=session)
        except DuplicateKeyError:
            return False
        return True

    async def find(
        self, workspace_id: Id, which: Mapping[str, Any], *, session: Session | None = None
    ) -> Document | None:
        """Return a member of a workspace by ``_id`` or ``userId``, or None."""
        return await self._memberships.find_one({**which, "workspaceId": workspace_id}, session=session)

    async def of_user(self, user_id: Id) -> list[Document]:
        """Return a person's memberships, oldest first."""
        return await self._memberships.find({"userId": user_id}).sort("_id", 1).to_list()

    async def page(self, workspace_id: Id, *, skip: int, limit: int) -> tuple[list[Document], int]:
        """Return some members of a workspace, newest first, and how many there are."""
        query = {"workspaceId": workspace_id}
        found = self._memberships.find(query).sort("_id", -1).skip(skip).limit(limit)
        return await found.to_list(), await self._memberships.count_documents(query)

    async def owners(self, workspace_id: Id, *, session: Session) -> int:
        """Count the owners, and let no other transaction change members of this workspace until this one is done."""
        # Two that each read two owners and remove one would leave none: the write makes one of them look again.
        await self._workspaces.update_one({"_id": workspace_id}, {"$inc": {"memberChanges": 1}}, session=session)
        query = {"workspaceId": workspace_id, "role": "owner"}
        return await self._memberships.count_documents(query, session=session)

    async def owner_ids(self, workspace_id: Id) -> list[Id]:
        """Return who the owners are, longest first."""
        found = self._memberships.find({"workspaceId": workspace_id, "role": "owner"}, {"userId": 1}).sort("_id", 1)
        return [membership["userId"] async for membership in found]

    async def set_role(self, membership_id: Id, role: str, *, session: Session) -> None:
        """Give a member another role."""
        await self._memberships.update_one({"_id": membership_id}, {"$set": {"role": role}}, session=session)

    async def delete(self, membership_id: Id, *, session: Session) -> None:
        """Remove a member."""
        await self._memberships.delete_one({"_id": membership_id}, session=session)


class InvitationDirectory:
    """Invitations that nobody has accepted yet."""

    def __init__(self, database: Database) -> None:
        self._invitations = database.collection("invitations")

    async def replace(self, document: Document, *, session: Session) -> None:
        """Invite an address; an invitation it has already is taken back."""
        which = {"workspaceId": document["workspaceId"], "emailKey": document["emailKey"]}
        await self._invitations.delete_one(which, session=session)
        await self._invitations.insert_one(document, session=session)

    async def find(self, invitation_id: Id) -> Document | None:
        """Return an invitation by id, or None."""
        return await self._invitations.find_one({"_id": invitation_id})

    async def find_by_token(self, digest: str) -> Document | None:
        """Return the invitation whose token has this SHA-256, or None."""
        return await self._invitations.find_one({"tokenHash": digest})

    async def set_token(self, invitation_id: Id, digest: str) -> bool:
        """Give an invitation another token; False if it is gone."""
        outcome = await self._invitations.update_one({"_id": invitation_id}, {"$set": {"tokenHash": digest}})
        return outcome.matched_count == 1

    async def page(self, workspace_id: Id, *, skip: int, limit: int, now: str) -> tuple[list[Document], int]:
        """Return some open invitations of a workspace, newest first, and how many there are."""
        query = {"workspaceId": workspace_id, "expiresAt": {"$gt": now}}
        found = self._invitations.find(query).sort("_id", -1).skip(skip).limit(limit)
        return await found.to_list(), await self._invitations.count_documents(query)

    async def delete(self, workspace_id: Id, invitation_id: Id, *, session: Session) -> Document | None:
        """Take an invitation away and return it, or None if there is none."""
        which = {"_id": invitation_id, "workspaceId": workspace_id}
        return await self._invitations.find_one_and_delete(which, session=session)
