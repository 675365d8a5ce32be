"""Access tokens: signed claims (RFC 9068) that open something only while the grant behind them stands."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id, find_id
from tracepass.core.mongo import Database
from tracepass.identity.authentication import Opened
from tracepass.identity.grants import Grant, Grants
from tracepass.identity.grants_repository import GrantDirectory
from tracepass.identity.models import Caller, Credential, Role, Workspace, workspace_of
from tracepass.identity.repository import WorkspaceDirectory

LIFETIME: Final = timedelta(hours=1)
ALGORITHM: Final = "HS256"
"""The only one that is ever read: what a token says of its own algorithm decides nothing (RFC 8725 3.1)."""
TYPE: Final = "at+jwt"
PARTS: Final = 3
MAX_LENGTH: Final = 8192
_TYPES: Final = frozenset({TYPE, f"application/{TYPE}"})
_PURPOSE: Final = b"tracepass access token HS256 v1"
_CLAIMS: Final = ("iss", "aud", "sub", "client_id", "scope", "grant_id", "jti", "iat", "exp")
_PATHS: Final = ("", "/", "/api", "/api/v1", "/mcp")


def resources_of(issuer: str) -> frozenset[str]:
    """Return the names under which an installation is known as a protected resource (RFC 8707 2)."""
    return frozenset(f"{issuer}{path}" for path in _PATHS)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a genuine access token says; ``id`` is its ``jti``."""

    id: str
    grant_id: Id
    user_id: str
    client_id: str
    scopes: tuple[str, ...]
    resource: str
    issued_at: datetime
    expires_at: datetime

    def fits(self, grant: Grant) -> bool:
        """Tell whether the token is of this grant, which still stands."""
        same = (self.client_id, self.user_id) == (grant.client_id, str(grant.user_id))
        return same and grant.revoked_at is None


class AccessTokens:
    """Signs and reads the access tokens of an installation, with a key that only its secret key yields (RFC 5869)."""

    def __init__(self, secret_key: bytes, *, issuer: str, clock: Clock) -> None:
        self._key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret_key)
        self._issuer = issuer
        self._resources = resources_of(issuer)
        self._clock = clock

    def issue(self, grant: Grant, scopes: tuple[str, ...], *, resource: str) -> str:
        """Return a token of one hour for some of the scopes of a grant."""
        now = self._clock()
        claims = {
            "iss": self._issuer,
            "aud": resource,
            "sub": str(grant.user_id),
            "client_id": grant.client_id,
            "scope": " ".join(scopes),
            "grant_id": str(grant.id),
            "jti": secrets.token_urlsafe(16),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIME).timestamp()),
        }
        return jwt.encode(claims, self._key, algorithm=ALGORITHM, headers={"typ": TYPE})

    def read(self, token: str) -> Claims | None:
        """Return what a token says, or None if it is not ours, not of this kind or past its end."""
        if len(token) > MAX_LENGTH:
            return None
        try:
            # Time is asked of our clock below, which the library does not know.
            whole = jwt.decode_complete(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=list(self._resources),
                issuer=self._issuer,
                options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False},
            )
        except jwt.InvalidTokenError:
            return None
        claims = _claims_of(whole["header"], whole["payload"])
        return None if claims is None or claims.expires_at <= self._clock() else claims


def _claims_of(header: Mapping[str, Any], payload: Mapping[str, Any]) -> Claims | None:
    """Read what we signed ourselves: another kind of token under the same key is no access token (RFC 9068 4)."""
    grant_id = find_id(payload["grant_id"])
    if str(header.get("typ")).lower() not in _TYPES or grant_id is None:
        return None
    return Claims(
        id=payload["jti"],
        grant_id=grant_id,
        user_id=payload["sub"],
        client_id=payload["client_id"],
        scopes=tuple(payload["scope"].split()),
        resource=payload["aud"],
        issued_at=datetime.fromtimestamp(payload["iat"], UTC),
        expires_at=datetime.fromtimestamp(payload["exp"], UTC),
    )


class TokenDoor:
    """Opens with access tokens, which act with the role that the person has in the grant's workspace now."""

    def __init__(self, database: Database, tokens: AccessTokens, *, clock: Clock) -> None:
        self._tokens = tokens
        self._grants = Grants(database, clock=clock)
        self._directory = GrantDirectory(database)
        self._workspaces = WorkspaceDirectory(database)

    def takes(self, secret: str) -> bool:
        """Tell whether a secret looks like a signed token (RFC 7515 7.1)."""
        return secret.count(".") == PARTS - 1

    async def open(self, secret: str) -> Opened | None:
        """Return what a token opens, or None if it is not genuine or its grant no longer stands."""
        claims = self._tokens.read(secret)
        grant = None if claims is None else await self._grants.find(claims.grant_id)
        if claims is None or grant is None or not claims.fits(grant):
            return None
        role = await self._grants.role_of(grant)
        workspace = await self._workspaces.find(grant.workspace_id)
        if role is None or workspace is None:
            return None
        caller = _caller(claims, grant, role, workspace_of(workspace))
        return Opened(caller, grant.id, timestamp(claims.expires_at))

    async def record_use(self, moments: Mapping[Id, str]) -> None:
        """Write down when grants were last used."""
        await self._directory.record_use(moments)


def _caller(claims: Claims, grant: Grant, role: Role, workspace: Workspace) -> Caller:
    return Caller(
        workspace=workspace,
        environment=grant.environment,
        role=role,
        # A token never has more than its grant, whatever it says.
        scopes=frozenset(claims.scopes) & frozenset(grant.scopes),
        actor=grant.actor,
        credential=Credential(
            "access_token",
            grant.id,
            name=grant.client_name,
            created_at=grant.created_at,
            last_used_at=grant.last_used_at,
            user_id=grant.user_id,
        ),
    )
