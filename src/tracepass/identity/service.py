"""Workspaces and their API keys."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound
from tracepass.core.ids import Id, find_id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import OPERATOR, Actor, Environment, Tenancy
from tracepass.identity.arrivals import Arrivals
from tracepass.identity.authentication import METADATA_PATH, Authenticator, Unauthorized, challenge
from tracepass.identity.grants import Grant, Grants
from tracepass.identity.grants_repository import INDEXES as GRANT_INDEXES
from tracepass.identity.keys import KeyDoor
from tracepass.identity.models import PLANS, SCOPES, Caller, NewApiKey, Workspace, hash_secret, workspace_of
from tracepass.identity.repository import INDEXES, KeyDirectory, WorkspaceDirectory
from tracepass.identity.tokens import AccessTokens, Claims, TokenDoor, resources_of

PREFIX_LENGTH = 12
SECRET_BYTES = 32
SLUG_LENGTH = 48

__all__ = [
    "GRANT_INDEXES",
    "INDEXES",
    "METADATA_PATH",
    "AccessTokens",
    "ApiKeys",
    "Arrivals",
    "Authenticator",
    "Caller",
    "Claims",
    "Grant",
    "Grants",
    "KeyDoor",
    "TokenDoor",
    "Unauthorized",
    "Workspace",
    "Workspaces",
    "challenge",
    "hash_secret",
    "resources_of",
]


class Workspaces:
    """The workspaces of an installation."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._directory = WorkspaceDirectory(database)
        self._clock = clock

    async def create(self, name: str, plan: str = "free", *, default_locale: str = "en") -> Workspace:
        """Create a workspace under a slug made from its name.

        Raises:
            Invalid: the name is blank or the plan unknown.
        """
        if not name.strip():
            raise Invalid({"name": ["must not be blank"]})
        if plan not in PLANS:
            raise Invalid({"plan": [f"must be one of {', '.join(PLANS)}"]})
        document: Document = {
            "_id": new_id(),
            "name": name.strip(),
            "plan": plan,
            "defaultLocale": default_locale,
            "createdAt": timestamp(self._clock()),
        }
        slug = _slug(name)
        document["slug"] = slug
        while not await self._directory.insert(document):
            document["slug"] = f"{slug}-{secrets.token_hex(3)}"
        return workspace_of(document)

    async def get(self, workspace_id: Id) -> Workspace:
        """Return a workspace.

        Raises:
            NotFound: there is none of this id.
        """
        document = await self._directory.find(workspace_id)
        if document is None:
            raise NotFound("workspace")
        return workspace_of(document)

    async def get_by_slug(self, slug: str) -> Workspace:
        """Return a workspace.

        Raises:
            NotFound: no workspace has this slug.
        """
        document = await self._directory.find_by_slug(slug)
        if document is None:
            raise NotFound("workspace")
        return workspace_of(document)


class ApiKeys:
    """The API keys of a workspace; each that is made or revoked is in the audit log."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._directory = KeyDirectory(database)
        self._log = SecurityLog(database, clock=clock)
        self._clock = clock

    async def create(
        self,
        workspace: Workspace,
        name: str,
        *,
        environment: Environment = "live",
        scopes: frozenset[str] | None = None,
        expires_at: str | None = None,
        actor: Actor = OPERATOR,
    ) -> NewApiKey:
        """Make a key; without ``scopes`` it may do all that an admin may. ``actor`` is who asks for it.

        Raises:
            Invalid: a scope is unknown.
        """
        unknown = sorted((scopes or frozenset()) - SCOPES)
        if unknown:
            raise Invalid({"scopes": [f"{scope} is no scope" for scope in unknown]})
        secret = f"tp_{environment}_{secrets.token_urlsafe(SECRET_BYTES)}"
        document: Document = {
            "_id": new_id(),
            "workspaceId": workspace.id,
            "environment": environment,
            "name": name,
            "prefix": secret[:PREFIX_LENGTH],
            "hash": hash_secret(secret),
            "scopes": None if scopes is None else sorted(scopes),
            "expiresAt": expires_at,
            "revokedAt": None,
            "createdAt": timestamp(self._clock()),
            "lastUsedAt": None,
        }
        await self._database.transact(lambda session: self._insert(document, actor, session))
        return NewApiKey(
            secret=secret,
            id=document["_id"],
            name=name,
            prefix=document["prefix"],
            environment=environment,
            created_at=document["createdAt"],
        )

    async def _insert(self, document: Document, actor: Actor, session: Session) -> None:
        await self._directory.insert(document, session=session)
        await self._note("api_key.created", document, actor, session=session)

    async def _note(self, action: str, key: Document, actor: Actor, *, session: Session) -> None:
        """Write down what became of a key; everything of it may be told but its hash."""
        details = {name: key[name] for name in ("name", "prefix", "scopes", "expiresAt")}
        tenancy = Tenancy(key["workspaceId"], key["environment"])
        entity = ("api_key", key["_id"])
        await self._log.note(tenancy, action, entity=entity, actor=actor, details=details, session=session)

    async def list_(self, workspace: Workspace) -> list[Document]:
        """Return the keys of a workspace, newest first, without their hashes."""
        return await self._directory.list_of(workspace.id)

    async def revoke(self, workspace: Workspace, key: str, *, actor: Actor = OPERATOR) -> None:
        """Revoke the key of this id or prefix; every process refuses it within five seconds.

        Raises:
            NotFound: the workspace has no such key, or it is revoked already.
        """
        key_id = find_id(key)
        which: dict[str, Any] = {"prefix": key} if key_id is None else {"_id": key_id}

        async def work(session: Session) -> None:
            revoked = await self._directory.revoke(workspace.id, which, at=timestamp(self._clock()), session=session)
            if revoked is None:
                raise NotFound("API key")
            await self._note("api_key.revoked", revoked, actor, session=session)

        await self._database.transact(work)


def _slug(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:SLUG_LENGTH].rstrip("-") or "workspace"
