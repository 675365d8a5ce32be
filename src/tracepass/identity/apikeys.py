"""API keys of a workspace: made, listed, renamed and revoked."""

from __future__ import annotations

import secrets
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, find_id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import OPERATOR, Actor, Environment, Tenancy
from tracepass.identity.models import SCOPES, Caller, NewApiKey, Workspace, hash_secret
from tracepass.identity.repository import KeyDirectory

PREFIX_LENGTH = 12
SECRET_BYTES = 32


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

    async def create_for(
        self,
        caller: Caller,
        name: str,
        *,
        environment: Environment | None = None,
        scopes: frozenset[str] | None = None,
        expires_at: str | None = None,
    ) -> NewApiKey:
        """Make a key as a caller asks for it, which may do nothing that they may not.

        Without ``scopes`` it may do all that they may; without ``environment`` it is for theirs.

        Raises:
            Invalid: a scope is unknown.
            Refusal: they lack a scope, are a key or token of the other environment, or an application.
        """
        if caller.credential.kind == "access_token":
            message = "An application makes no keys: they would outlive what its person has allowed."
            raise Refusal("forbidden", message)
        chosen = environment or caller.environment
        if chosen not in environments_of(caller):
            message = f"A {caller.environment} key or token makes {caller.environment} keys only."
            raise Refusal("forbidden", message, details={"environment": caller.environment})
        missing = sorted((scopes or frozenset()) & SCOPES - caller.rights)
        if missing:
            message = f"A key cannot do more than who makes it; you lack {', '.join(missing)}."
            raise Refusal("forbidden", message, details={"missing": missing})
        given = caller.rights if scopes is None and caller.rights != SCOPES else scopes
        return await self.create(
            caller.workspace, name, environment=chosen, scopes=given, expires_at=expires_at, actor=caller.actor
        )

    async def page(self, caller: Caller, *, skip: int, limit: int) -> tuple[list[Document], int]:
        """Return some of the keys a caller may see, newest first, without their hashes, and how many there are."""
        environments = environments_of(caller)
        return await self._directory.page(caller.workspace.id, environments=environments, skip=skip, limit=limit)

    async def get(self, caller: Caller, key_id: Id) -> Document:
        """Return a key without its hash.

        Raises:
            NotFound: the caller may see no such key.
        """
        found = await self._directory.find(caller.workspace.id, key_id)
        if found is None or found["environment"] not in environments_of(caller):
            raise NotFound("API key")
        return found

    async def rename(self, caller: Caller, key_id: Id, name: str) -> Document:
        """Give a key another name.

        Raises:
            NotFound: the caller may see no such key.
        """
        await self.get(caller, key_id)
        await self._directory.rename(caller.workspace.id, key_id, name)
        return await self.get(caller, key_id)

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


def environments_of(caller: Caller) -> frozenset[Environment]:
    """Return the environments whose keys a caller manages: people both, keys and tokens their own."""
    both: frozenset[Environment] = frozenset({"live", "test"})
    return both if caller.credential.kind == "session" else frozenset({caller.environment})
