"""Invitations: how people come into a workspace. Whoever holds the token is taken for the owner of the address."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.identity.members import AlreadyMember, Members, demand_people_rights
from tracepass.identity.models import Caller, Role, Workspace, email_key, hash_secret
from tracepass.identity.people import People, check_email
from tracepass.identity.people_repository import InvitationDirectory
from tracepass.identity.throttle import INVITE_WORKSPACE, Attempt, Throttle

MAIL_INVITATION: Final = "mail_invitation"
LIFETIME: Final = timedelta(days=7)
SECRET_BYTES: Final = 32


class InvitationOver(Refusal):
    """The token opens nothing (any more)."""

    def __init__(self) -> None:
        super().__init__("not_found", "This invitation is unknown, expired, taken back or already accepted.")


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation."""

    id: Id
    workspace_id: Id
    email: str
    role: Role
    invited_by: dict[str, Any]
    created_at: str
    expires_at: str


class Invitations:
    """The open invitations of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._invitations = InvitationDirectory(database)
        self._people = People(database, clock=clock)
        self._members = Members(database, clock=clock)
        self._jobs = Jobs(database, clock=clock)
        self._throttle = Throttle(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)
        self._clock = clock

    async def page(self, workspace: Workspace, *, skip: int, limit: int) -> tuple[list[Invitation], int]:
        """Return some invitations, newest first, and how many there are."""
        now = timestamp(self._clock())
        found, total = await self._invitations.page(workspace.id, skip=skip, limit=limit, now=now)
        return [_invitation(document) for document in found], total

    async def create(self, caller: Caller, email: str, role: Role, *, by_mail: bool) -> tuple[Invitation, str | None]:
        """Invite an address; an open invitation of the same address is replaced.

        ``by_mail`` has the worker make a token and mail it. Without, the token is returned, for the caller to pass on.

        Raises:
            Invalid: it is no e-mail address.
            Refusal: the caller may not give such a role.
            AlreadyMember: the person is a member already.
            TooManyAttempts: the workspace has invited very many today.
        """
        demand_people_rights(caller, role)
        address = check_email(email)
        # Mails to strangers, with a name and by a server that are ours, shall not be had by the thousand.
        await self._throttle.take(Attempt(INVITE_WORKSPACE, str(caller.workspace.id)))
        await self._demand_stranger(caller.workspace, address)
        token = None if by_mail else secrets.token_urlsafe(SECRET_BYTES)
        document = self._document(caller, address, role, token)

        async def work(session: Session) -> None:
            await self._invitations.replace(document, session=session)
            await self._note("member.invited", document, caller.actor, session=session)
            if by_mail:
                payload = {"invitationId": document["_id"], "until": document["expiresAt"]}
                tenancy = Tenancy(caller.workspace.id, "live")
                await self._jobs.enqueue(MAIL_INVITATION, str(document["_id"]), tenancy, payload, session=session)

        await self._database.transact(work)
        return _invitation(document), token

    async def _demand_stranger(self, workspace: Workspace, email: str) -> None:
        known = await self._people.find_with_password(email)
        if known is not None and await self._members.find_role(workspace, known[0]) is not None:
            raise AlreadyMember

    def _document(self, caller: Caller, email: str, role: Role, token: str | None) -> Document:
        end = self._clock() + LIFETIME
        document: Document = {
            "_id": new_id(),
            "workspaceId": caller.workspace.id,
            "email": email,
            "emailKey": email_key(email),
            "role": role,
            "invitedBy": caller.actor.wire,
            "createdAt": timestamp(self._clock()),
            "expiresAt": timestamp(end),
            "purgeAt": end,
        }
        return document if token is None else {**document, "tokenHash": hash_secret(token)}

    async def revoke(self, caller: Caller, invitation_id: Id) -> None:
        """Take an invitation back.

        Raises:
            NotFound: there is none open of this id.
        """
        demand_people_rights(caller)

        async def work(session: Session) -> None:
            document = await self._invitations.delete(caller.workspace.id, invitation_id, session=session)
            if document is None:
                raise NotFound("invitation")
            await self._note("member.invitation_revoked", document, caller.actor, session=session)

        await self._database.transact(work)

    async def by_token(self, token: str) -> Invitation:
        """Return the invitation that a token opens.

        Raises:
            InvitationOver: it opens none.
        """
        document = await self._invitations.find_by_token(hash_secret(token))
        if document is None or document["expiresAt"] <= timestamp(self._clock()):
            raise InvitationOver
        return _invitation(document)

    async def take(self, invitation: Invitation, *, session: Session) -> None:
        """Use an invitation up, in the transaction of what comes of it; of two that try, one gets it.

        Raises:
            InvitationOver: it is gone.
        """
        if await self._invitations.delete(invitation.workspace_id, invitation.id, session=session) is None:
            raise InvitationOver

    async def find_to_mail(self, invitation_id: Id) -> Invitation | None:
        """Return an invitation that waits for its mail, or None if it is gone."""
        document = await self._invitations.find(invitation_id)
        return None if document is None else _invitation(document)

    async def renew_token(self, invitation_id: Id) -> str | None:
        """Give an invitation a new token, the only one it opens with from now on; None if it is gone."""
        token = secrets.token_urlsafe(SECRET_BYTES)
        return token if await self._invitations.set_token(invitation_id, hash_secret(token)) else None

    async def _note(self, action: str, document: Document, actor: Actor, *, session: Session) -> None:
        tenancy = Tenancy(document["workspaceId"], "live")
        details = {"email": document["email"], "role": document["role"]}
        entity = ("invitation", document["_id"])
        await self._log.note(tenancy, action, entity=entity, actor=actor, details=details, session=session)


def _invitation(document: Document) -> Invitation:
    return Invitation(
        id=document["_id"],
        workspace_id=document["workspaceId"],
        email=document["email"],
        role=document["role"],
        invited_by=document["invitedBy"],
        created_at=document["createdAt"],
        expires_at=document["expiresAt"],
    )
