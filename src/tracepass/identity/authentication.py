"""From what a request shows of its caller to the caller it stands for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.identity.models import Caller, hash_secret

CACHE_SECONDS = 4.0
CACHE_ENTRIES = 10_000


METADATA_PATH = "/.well-known/oauth-protected-resource"


def challenge(origin: str | None, **members: str) -> dict[str, str]:
    """Return the header that says what a request lacks (RFC 6750 3), and where a client learns how to get a token.

    ``origin`` is that of the API (RFC 9728 5.1).
    """
    if origin is not None:
        members["resource_metadata"] = f"{origin}{METADATA_PATH}"
    named = ", ".join(f'{name}="{value}"' for name, value in {"realm": "tracepass", **members}.items())
    return {"WWW-Authenticate": f"Bearer {named}"}


class Unauthorized(Refusal):
    """No credential, or one that opens nothing: the answer never tells which of the reasons it is."""

    def __init__(self, message: str, *, origin: str | None = None, **members: str) -> None:
        super().__init__("unauthorized", message, headers=challenge(origin, **members))


@dataclass(frozen=True, slots=True)
class Opened:
    """What a credential was found to open: ``id`` names its document, ``expires_at`` is the moment it ends."""

    caller: Caller
    id: Id
    expires_at: str | None


class Door(Protocol):
    """One kind of credential, such as API keys or access tokens."""

    def takes(self, secret: str) -> bool:
        """Tell by its looks alone whether a secret is of this kind."""
        ...

    async def open(self, secret: str) -> Opened | None:
        """Return what a secret opens now, or None if that is nothing."""
        ...

    async def record_use(self, moments: Mapping[Id, str]) -> None:
        """Write down when credentials were last used, by their ids, in one trip."""
        ...


@dataclass(frozen=True, slots=True)
class _Known:
    opened: Opened
    door: Door
    until: float


class Authenticator:
    """Knows callers by their credentials; remembers them for four seconds, so a revoked one is refused within five.

    ``doors`` are asked in order; the first that takes a secret by its looks decides. ``origin`` is that of the API,
    where a refused client learns how to get an access token.
    """

    def __init__(
        self,
        doors: Sequence[Door],
        *,
        clock: Clock,
        monotonic: Callable[[], float] = time.monotonic,
        origin: str | None = None,
    ) -> None:
        self._doors = tuple(doors)
        self.origin = origin
        self._clock = clock
        self._monotonic = monotonic
        self._known: dict[str, _Known] = {}
        self._used: dict[Door, dict[Id, str]] = {}

    async def authenticate(self, secret: str | None) -> Caller:
        """Return the caller of a key, an access token or a session.

        Raises:
            Unauthorized: there is no credential, or it is unknown, revoked or past its expiry.
        """
        if not secret:
            message = "Send your API key as `Authorization: Bearer tp_live_...` or `X-API-Key: tp_live_...`."
            raise Unauthorized(message, origin=self.origin)
        digest = hash_secret(secret)
        known = self._known.get(digest)
        if known is None or known.until < self._monotonic():
            known = await self._look_up(secret, digest)
        now = timestamp(self._clock())
        if known.opened.expires_at is not None and known.opened.expires_at <= now:
            raise self._opens_nothing()
        self._used.setdefault(known.door, {})[known.opened.id] = now
        return known.opened.caller

    async def _look_up(self, secret: str, digest: str) -> _Known:
        self._known.pop(digest, None)
        door = next((door for door in self._doors if door.takes(secret)), None)
        opened = None if door is None else await door.open(secret)
        if door is None or opened is None:
            raise self._opens_nothing()
        if len(self._known) >= CACHE_ENTRIES:
            self._known.clear()
        known = self._known[digest] = _Known(opened, door, self._monotonic() + CACHE_SECONDS)
        return known

    def forget(self, secret: str) -> None:
        """Ask the database again at the next use of a secret, because it was just revoked here."""
        self._known.pop(hash_secret(secret), None)

    async def flush(self) -> None:
        """Write down when credentials were last used; what a dying process has not yet written is lost and no harm."""
        used, self._used = self._used, {}
        for door, moments in used.items():
            await door.record_use(moments)

    def _opens_nothing(self) -> Unauthorized:
        message = "This API key, access token or session is unknown, revoked or expired."
        return Unauthorized(message, origin=self.origin, error="invalid_token")
