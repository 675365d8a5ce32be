"""Members of a workspace: who belongs to it, and who may change that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.identity.grants import Grants
from tracepass.identity.models import RIGHTS, Caller, Role, User, Workspace, user_of
from tracepass.identity.people_repository import MembershipDirectory, UserDirectory
from tracepass.identity.sessions import Sessions


class LastOwner(Refusal):
    """Nobody would be left who may do everything."""

    def __init__(self) -> None:
        super().__init__("last_owner", "A workspace needs an owner. Make somebody else one first.")


class AlreadyMember(Refusal):
    """The person belongs to the workspace already."""

    def __init__(self) -> None:
        super().__init__("already_member", "This person is a member of the workspace already.")


@dataclass(frozen=True, slots=True)
class Member:
    """A person in a workspace; ``id`` is that of the membership, not of the person."""

    id: Id
    user: User
    role: Role
    joined_at: str


class Members:
    """The members of workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._memberships = MembershipDirectory(database)
        self._users = UserDirectory(database)
        self._sessions = Sessions(database, clock=clock)
        self._grants = Grants(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)
        self._clock = clock

    async def page(self, workspace: Workspace, *, skip: int, limit: int) -> tuple[list[Member], int]:
        """Return some members, newest first, and how many there are."""
        found, total = await self._memberships.page(workspace.id, skip=skip, limit=limit)
        users = await self._users.find_many([membership["userId"] for membership in found])
        return [_member(membership, users[membership["userId"]]) for membership in found], total

    async def owners(self, workspace_id: Id) -> list[User]:
        """Return the owners of a workspace, longest first."""
        ids = await self._memberships.owner_ids(workspace_id)
        users = await self._users.find_many(ids)
        return [user_of(users[user_id]) for user_id in ids]

    async def join(
        self, workspace_id: Id, user: User, role: Role, *, actor: Actor, session: Session, action: str = "member.joined"
    ) -> None:
        """Make a person a member, in the transaction of what makes them one.

        Raises:
            AlreadyMember: they are one.
        """
        membership: Document = {
            "_id": new_id(),
            "workspaceId": workspace_id,
            "userId": user.id,
            "role": role,
            "createdAt": timestamp(self._clock()),
        }
        if not await self._memberships.insert(membership, session=session):
            raise AlreadyMember
        await self._note(action, membership, actor, {"role": role}, session=session)

    async def find_role(self, workspace: Workspace, user: User) -> Role | None:
        """Return the role of a person in a workspace, or None if they do not belong to it."""
        found = await self._memberships.find(workspace.id, {"userId": user.id})
        return None if found is None else found["role"]

    async def change_role(self, caller: Caller, member_id: Id, role: Role) -> Member:
        """Give a member another role.

        Raises:
            NotFound: there is no such member.
            Refusal: the caller may not give or take such a role.
            LastOwner: it was the last owner.
        """
        demand_people_rights(caller, role)

        async def work(session: Session) -> Member:
            membership = await self._hold(caller, member_id, keeps_owner=role == "owner", session=session)
            if membership["role"] != role:
                await self._memberships.set_role(member_id, role, session=session)
                change = {"from": membership["role"], "to": role}
                await self._note("member.role_changed", membership, caller.actor, change, session=session)
            user = await self._users.find(membership["userId"], session=session)
            return _member({**membership, "role": role}, user or {})

        return await self._database.transact(work)

    async def set_role(self, workspace: Workspace, user: User, role: Role, *, actor: Actor) -> None:
        """Give a person a role as the operator says, whether they are a member or not.

        Raises:
            LastOwner: it was the last owner.
        """

        async def work(session: Session) -> None:
            owners = await self._memberships.owners(workspace.id, session=session)
            membership = await self._memberships.find(workspace.id, {"userId": user.id}, session=session)
            if membership is None:
                await self.join(workspace.id, user, role, actor=actor, session=session)
            elif membership["role"] == "owner" != role and owners == 1:
                raise LastOwner
            else:
                await self._memberships.set_role(membership["_id"], role, session=session)
                change = {"from": membership["role"], "to": role}
                await self._note("member.role_changed", membership, actor, change, session=session)

        await self._database.transact(work)

    async def remove(self, caller: Caller, member_id: Id) -> None:
        """Remove a member, end their sessions in this workspace and disconnect the applications they let into it.

        Raises:
            NotFound: there is no such member.
            Refusal: the caller may not remove such a member.
            LastOwner: it was the last owner.
        """
        demand_people_rights(caller)

        async def work(session: Session) -> None:
            membership = await self._hold(caller, member_id, session=session)
            await self._part(membership, caller.actor, session=session)

        await self._database.transact(work)

    async def leave(self, caller: Caller) -> None:
        """Have a person leave the workspace they are signed in to, as `remove` does; anybody may, whatever their role.

        Raises:
            LastOwner: nobody else owns the workspace.
        """

        async def work(session: Session) -> None:
            owners = await self._memberships.owners(caller.workspace.id, session=session)
            which = {"userId": caller.credential.user_id}
            membership = await self._memberships.find(caller.workspace.id, which, session=session)
            if membership is None:
                return  # A session outlives its membership by seconds.
            if membership["role"] == "owner" and owners == 1:
                raise LastOwner
            await self._part(membership, caller.actor, session=session)

        await self._database.transact(work)

    async def _part(self, membership: Document, actor: Actor, *, session: Session) -> None:
        """Take a member out of their workspace, and all that acts for them there."""
        workspace_id, user_id = membership["workspaceId"], membership["userId"]
        await self._memberships.delete(membership["_id"], session=session)
        await self._sessions.end_in(workspace_id, user_id, session=session)
        await self._grants.revoke_all(user_id, "member_removed", workspace_id=workspace_id, session=session)
        await self._note("member.removed", membership, actor, {"role": membership["role"]}, session=session)

    async def _hold(self, caller: Caller, member_id: Id, *, keeps_owner: bool = False, session: Session) -> Document:
        """Return a member whom the caller may touch, held against changes by others until the transaction ends."""
        owners = await self._memberships.owners(caller.workspace.id, session=session)
        membership = await self._memberships.find(caller.workspace.id, {"_id": member_id}, session=session)
        if membership is None:
            raise NotFound("member")
        if membership["role"] == "owner":
            _demand_owner(caller)
            if owners == 1 and not keeps_owner:
                raise LastOwner
        return membership

    async def _note(
        self, action: str, membership: Document, actor: Actor, details: dict[str, Any], *, session: Session
    ) -> None:
        tenancy = Tenancy(membership["workspaceId"], "live")
        entity = ("user", membership["userId"])
        await self._log.note(tenancy, action, entity=entity, actor=actor, details=details, session=session)


def demand_people_rights(caller: Caller, role: Role | None = None) -> None:
    """Demand that a caller may manage the people of a workspace, and give them a role.

    Raises:
        Refusal: it is a test key, which has no say outside its test data; or the role would have rights that the caller
            lacks; or the role is owner, and the caller is none.
    """
    if caller.environment == "test" and caller.credential.kind != "session":
        raise Refusal("forbidden", "Test keys do not manage the people and settings of a workspace.")
    if role == "owner":
        _demand_owner(caller)
    missing = sorted(RIGHTS[role] - caller.rights) if role else []
    if missing:
        message = f"To give the role {role} takes all its rights; this key or token lacks {', '.join(missing)}."
        raise Refusal("forbidden", message, details={"role": role, "missing": missing})


def _demand_owner(caller: Caller) -> None:
    if caller.role != "owner":
        raise Refusal("forbidden", "Only owners make, change or remove owners.", details={"role": caller.role})


def _member(membership: Document, user: Document) -> Member:
    return Member(membership["_id"], user_of(user), membership["role"], membership["createdAt"])
