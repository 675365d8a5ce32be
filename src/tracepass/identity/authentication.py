"""From the key in a request to the caller it stands for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Actor
from tracepass.identity.models import SCOPES, Caller, hash_secret, workspace_of
from tracepass.identity.repository import KeyDirectory, WorkspaceDirectory

CACHE_SECONDS = 4.0
CACHE_ENTRIES = 10_000


class Unauthorized(Refusal):
    """No key, or one that opens nothing: the answer never tells which of the reasons it is."""

    def __init__(self, message: str) -> None:
        super().__init__("unauthorized", message, headers={"WWW-Authenticate": 'Bearer realm="tracepass"'})


@dataclass(frozen=True, slots=True)
class _Known:
    caller: Caller
    key_id: Id
    expires_at: str | None
    until: float


class Authenticator:
    """Knows callers by their keys; remembers them for four seconds, so a revoked key is refused within five."""

    def __init__(self, database: Database, *, clock: Clock, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._keys = KeyDirectory(database)
        self._workspaces = WorkspaceDirectory(database)
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}
        self._used: dict[Id, str] = {}

    async def authenticate(self, token: str | None) -> Caller:
        """Return the caller of a key.

        Raises:
            Unauthorized: there is no key, or it is unknown, revoked or past its expiry.
        """
        if not token:
            raise Unauthorized("Send your API key as `Authorization: Bearer tp_live_...` or `X-API-Key: tp_live_...`.")
        digest = hash_secret(token)
        known = self._known.get(digest)
        if known is None or known.until < self._monotonic():
            known = await self._look_up(digest)
        now = timestamp(self._clock())
        if known.expires_at is not None and known.expires_at <= now:
            raise Unauthorized("This API key is unknown, revoked or expired.")
        self._used[known.key_id] = now
        return known.caller

    async def _look_up(self, digest: str) -> _Known:
        self._known.pop(digest, None)
        key = await self._keys.find_by_hash(digest)
        workspace = None if key is None or key["revokedAt"] else await self._workspaces.find(key["workspaceId"])
        if key is None or workspace is None:
            raise Unauthorized("This API key is unknown, revoked or expired.")
        known = self._remember(key, workspace)
        if len(self._known) >= CACHE_ENTRIES:
            self._known.clear()
        self._known[digest] = known
        return known

    def _remember(self, key: Document, workspace: Document) -> _Known:
        caller = Caller(
            workspace=workspace_of(workspace),
            environment=key["environment"],
            role="admin",
            scopes=SCOPES if key["scopes"] is None else frozenset(key["scopes"]),
            actor=Actor("api_key", str(key["_id"]), f"via API key {key['prefix']}"),
        )
        return _Known(caller, key["_id"], key["expiresAt"], self._monotonic() + CACHE_SECONDS)

    async def flush(self) -> None:
        """Write down when keys were last used; what is not yet written when a process dies is lost and no harm."""
        used, self._used = self._used, {}
        if used:
            await self._keys.record_use(used)
