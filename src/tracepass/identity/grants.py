"""Grants: what a person has let an application do, and the family of all tokens that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, cast

from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor, Environment, Tenancy
from tracepass.identity.grants_repository import GrantDirectory
from tracepass.identity.models import Role

Reason = Literal["user", "client", "code_replay", "token_reuse", "password_reset", "member_removed"]
_ACTIONS = {"code_replay": "oauth.token_reuse", "token_reuse": "oauth.token_reuse"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What one person lets one application do in one workspace and environment."""

    id: Id
    client_id: str
    client_name: str
    user_id: Id
    user_name: str
    workspace_id: Id
    environment: Environment
    scopes: tuple[str, ...]
    resource: str
    created_at: str
    last_used_at: str | None = None
    revoked_at: str | None = None
    expires_at: str | None = None

    @property
    def tenancy(self) -> Tenancy:
        """Return whose data the grant opens."""
        return Tenancy(self.workspace_id, self.environment)

    @property
    def actor(self) -> Actor:
        """Return the person, and the application through which they act."""
        return Actor("user", str(self.user_id), f"{self.user_name} via {self.client_name}")


class Grants:
    """All grants of the installation; they cross workspaces, for a person may be a member of several."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._directory = GrantDirectory(database)
        self._log = SecurityLog(database, clock=clock)
        self._clock = clock

    async def create(self, grant: Grant, *, purge_at: datetime, session: Session) -> None:
        """Write down what a person consented to; it shows nowhere until tokens are issued for it."""
        document = {
            "_id": grant.id,
            "clientId": grant.client_id,
            "clientName": grant.client_name,
            "userId": grant.user_id,
            "userName": grant.user_name,
            **grant.tenancy.fields,
            "scopes": list(grant.scopes),
            "resource": grant.resource,
            "createdAt": grant.created_at,
            "activatedAt": None,
            "expiresAt": None,
            "lastUsedAt": None,
            "revokedAt": None,
            "revokedFor": None,
            "purgeAt": purge_at,
        }
        await self._directory.insert(document, session=session)
        await self._note("oauth.consented", grant, session=session)

    async def find(self, grant_id: Id) -> Grant | None:
        """Return a grant, or None."""
        document = await self._directory.find(grant_id)
        return None if document is None else grant_of(document)

    async def role_of(self, grant: Grant) -> Role | None:
        """Return the role that the person has in the workspace now, or None if they are no longer a member."""
        return cast("Role | None", await self._directory.role_in(grant.workspace_id, grant.user_id))

    async def list_of(self, user_id: Id) -> list[Grant]:
        """Return what a person has granted and not withdrawn, newest first."""
        found = await self._directory.list_of(user_id, now=timestamp(self._clock()))
        return [grant_of(document) for document in found]

    async def extend(self, grant_id: Id, *, until: datetime, session: Session | None = None) -> bool:
        """Keep a grant until its newest token ends; tell whether it still stands."""
        members = {
            "activatedAt": timestamp(self._clock()),
            "expiresAt": timestamp(until),
            "purgeAt": until + timedelta(days=1),
        }
        return await self._directory.update_standing(grant_id, members, session=session) is not None

    async def revoke(self, grant_id: Id, reason: Reason) -> bool:
        """Revoke the whole family of tokens; every process refuses them within five seconds.

        Tell whether the grant stood until now.
        """
        return await self._revoke(grant_id, reason)

    async def revoke_all(
        self, user_id: Id, reason: Reason, *, session: Session, workspace_id: Id | None = None
    ) -> None:
        """Revoke all that a person has granted, or all of it in one workspace, in the transaction of the reason."""
        for grant_id in await self._directory.standing_ids(user_id, workspace_id, session=session):
            await self._revoke(grant_id, reason, session=session)

    async def _revoke(self, grant_id: Id, reason: Reason, *, session: Session | None = None) -> bool:
        members = {"revokedAt": timestamp(self._clock()), "revokedFor": reason}
        document = await self._directory.update_standing(grant_id, members, session=session)
        if document is None:
            return False
        await self._note(_ACTIONS.get(reason, "oauth.revoked"), grant_of(document), reason=reason, session=session)
        return True

    async def _note(
        self, action: str, grant: Grant, *, reason: Reason | None = None, session: Session | None = None
    ) -> None:
        details = {"client": grant.client_name, "clientId": grant.client_id, "scopes": list(grant.scopes)}
        if reason is not None:
            details["reason"] = reason
        await self._log.note(
            grant.tenancy, action, entity=("oauth_grant", grant.id), actor=grant.actor, details=details, session=session
        )


def grant_of(document: Document) -> Grant:
    """Read a grant from its document."""
    return Grant(
        id=document["_id"],
        client_id=document["clientId"],
        client_name=document["clientName"],
        user_id=document["userId"],
        user_name=document["userName"],
        workspace_id=document["workspaceId"],
        environment=document["environment"],
        scopes=tuple(document["scopes"]),
        resource=document["resource"],
        created_at=document["createdAt"],
        last_used_at=document["lastUsedAt"],
        revoked_at=document["revokedAt"],
        expires_at=document["expiresAt"],
    )
