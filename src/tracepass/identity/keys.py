"""API keys as a door: what a key opens."""

from __future__ import annotations

from collections.abc import Mapping

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Actor
from tracepass.identity.authentication import Opened
from tracepass.identity.models import SCOPES, Caller, Credential, Workspace, hash_secret, workspace_of
from tracepass.identity.repository import KeyDirectory, WorkspaceDirectory

PREFIXES = ("tp_live_", "tp_test_")


class KeyDoor:
    """Opens with API keys, which act as admins within their scopes (api.md 2)."""

    def __init__(self, database: Database) -> None:
        self._keys = KeyDirectory(database)
        self._workspaces = WorkspaceDirectory(database)

    def takes(self, secret: str) -> bool:
        """Tell whether a secret looks like an API key."""
        return secret.startswith(PREFIXES)

    async def open(self, secret: str) -> Opened | None:
        """Return what a key opens, or None if it is unknown or revoked."""
        key = await self._keys.find_by_hash(hash_secret(secret))
        if key is None or key["revokedAt"]:
            return None
        workspace = await self._workspaces.find(key["workspaceId"])
        return (
            None if workspace is None else Opened(_caller(key, workspace_of(workspace)), key["_id"], key["expiresAt"])
        )

    async def record_use(self, moments: Mapping[Id, str]) -> None:
        """Write down when keys were last used."""
        await self._keys.record_use(moments)


def _caller(key: Document, workspace: Workspace) -> Caller:
    return Caller(
        workspace=workspace,
        environment=key["environment"],
        role="admin",
        scopes=SCOPES if key["scopes"] is None else frozenset(key["scopes"]),
        actor=Actor("api_key", str(key["_id"]), f"via API key {key['prefix']}"),
        credential=Credential("api_key", key["_id"], key["name"], key["prefix"], key["createdAt"], key["lastUsedAt"]),
    )
