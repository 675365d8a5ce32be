"""Access grants as a door: what the token of one opens, which is reading and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

from tracepass.accessgrants.directory_repository import CrossWorkspaceGrants
from tracepass.api.holders import PREFIX
from tracepass.core.clock import Clock
from tracepass.core.errors import NotFound
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Actor
from tracepass.identity.models import AccessGrant, Caller, Credential, Workspace, hash_secret
from tracepass.identity.service import Opened, Workspaces


class GrantDoor:
    """Opens with tokens of access grants; their holders have no scopes."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._grants = CrossWorkspaceGrants(database)
        self._workspaces = Workspaces(database, clock=clock)

    def takes(self, secret: str) -> bool:
        """Tell whether a secret looks like the token of an access grant."""
        return secret.startswith(PREFIX)

    async def open(self, secret: str) -> Opened | None:
        """Return what a token opens, or None if it is unknown or revoked."""
        grant = await self._grants.find_by_hash(hash_secret(secret))
        if grant is None or grant["revokedAt"]:
            return None
        try:
            workspace = await self._workspaces.get(grant["workspaceId"])
        except NotFound:
            return None
        return Opened(_caller(grant, workspace), grant["_id"], grant["expiresAt"])

    async def record_use(self, moments: Mapping[Id, str]) -> None:
        """Write down when grants were last used."""
        await self._grants.record_use(moments)


def _caller(grant: Document, workspace: Workspace) -> Caller:
    holder, scope = grant["holder"]["name"], grant["scope"]
    return Caller(
        workspace=workspace,
        environment=grant["environment"],
        role="viewer",
        scopes=frozenset(),
        actor=Actor("access_grant", str(grant["_id"]), f"via access grant {grant['prefix']} ({holder})"),
        credential=Credential("access_grant", grant["_id"], holder, grant["prefix"], grant["createdAt"]),
        grant=AccessGrant(
            id=grant["_id"],
            audience=grant["audience"],
            role=grant["role"],
            holder=holder,
            kind=scope["type"],
            ids=frozenset(scope.get("productIds") or scope.get("passportIds") or ()),
            expires_at=grant["expiresAt"],
        ),
    )
