"""Workspaces, API keys and the caller."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.core.tenancy import Actor, Environment, Tenancy

Role = Literal["owner", "admin", "editor", "viewer"]

ROLES: tuple[Role, ...] = ("owner", "admin", "editor", "viewer")

PLANS = ("free", "basic", "starter", "growth", "scale", "pro", "enterprise")

SCOPES = frozenset(
    {
        "passports:read",
        "passports:write",
        "products:read",
        "products:write",
        "templates:read",
        "epcis:read",
        "epcis:write",
        "webhooks:manage",
        "exports:read",
        "traces:read",
        "traces:write",
        "workspace:read",
        "workspace:manage",
    }
)


RIGHTS: Mapping[Role, frozenset[str]] = {
    "owner": SCOPES,
    "admin": SCOPES,
    "editor": SCOPES - {"webhooks:manage", "workspace:manage"},
    "viewer": frozenset(scope for scope in SCOPES if scope.endswith(":read")),
}
"""What each role may do at most; a credential's scopes only ever narrow it."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """A company and its data."""

    id: Id
    slug: str
    name: str
    plan: str
    default_locale: str = "en"
    branding: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credential:
    """What a caller has shown; ``id`` is the key, grant or session, ``user_id`` the person behind it."""

    kind: Literal["api_key", "access_token", "session", "access_grant", "internal"]
    id: Id | None
    name: str = ""
    prefix: str = ""
    created_at: str | None = None
    last_used_at: str | None = None
    user_id: Id | None = None


@dataclass(frozen=True, slots=True)
class AccessGrant:
    """What the holder of an access grant may read: some passports, with the fields of one audience and public ones.

    ``ids`` are those of the passports or products that it is for; none if it is for the whole workspace.
    """

    id: Id
    audience: Literal["legitimate_interest", "authority"]
    role: str
    holder: str
    kind: Literal["workspace", "products", "passports"]
    ids: frozenset[Id]
    expires_at: str

    def reaches(self, passport: Mapping[str, Any]) -> bool:
        """Tell whether a passport of the workspace is among those that it is for."""
        if self.kind == "workspace":
            return True
        return passport["_id" if self.kind == "passports" else "productId"] in self.ids


INTERNAL = Credential("internal", None)
"""What our own background work shows."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who makes a request, for which workspace and environment, and what they may do.

    ``scopes`` are those of the credential; the role bounds them (`RIGHTS`). Whoever comes with an access grant has
    none: they may do nothing but read what the ``grant`` says, where an operation is open to grants.
    """

    workspace: Workspace
    environment: Environment
    role: Role
    scopes: frozenset[str]
    actor: Actor
    credential: Credential = INTERNAL
    grant: AccessGrant | None = None

    @property
    def rights(self) -> frozenset[str]:
        """Return what the caller may do: what the role allows and the credential was given."""
        return RIGHTS[self.role] & self.scopes

    @property
    def tenancy(self) -> Tenancy:
        """Return whose data the caller may touch."""
        return Tenancy(self.workspace.id, self.environment)

    @property
    def needs_review(self) -> bool:
        """Tell whether what this caller writes waits for another's approval."""
        return self.role == "editor"


@dataclass(frozen=True, slots=True)
class NewApiKey:
    """A key just made: the only moment its secret is known."""

    secret: str
    id: Id
    name: str
    prefix: str
    environment: Environment
    created_at: str


@dataclass(frozen=True, slots=True)
class User:
    """A person with a password of their own, in any number of workspaces."""

    id: Id
    email: str
    name: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody signs in from: what they later see in the list of their sessions."""

    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session just begun: the only moment its secret is known."""

    secret: str
    user: User
    workspace: Workspace
    role: Role


def hash_secret(secret: str) -> str:
    """Return the SHA-256 of a key: its 32 random bytes need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()


SESSION_COOKIE = "tp_session"
SESSION_PREFIX = "tps_"


def csrf_token_of(session_secret: str) -> str:
    """Return the token that pages of a session send along with their forms; it tells nothing of the secret."""
    return hash_secret(f"csrf:{session_secret}")


def email_key(email: str) -> str:
    """Return what two spellings of one address have in common, by which people are found."""
    return unicodedata.normalize("NFKC", email).casefold()


def user_of(document: Document) -> User:
    """Read a person from their document."""
    identifier: Id = document["_id"]
    return User(id=identifier, email=document["email"], name=document["name"], created_at=document["createdAt"])


def workspace_of(document: Document) -> Workspace:
    """Read a workspace from its document."""
    identifier: Id = document["_id"]
    return Workspace(
        id=identifier,
        slug=document["slug"],
        name=document["name"],
        plan=document["plan"],
        default_locale=document["defaultLocale"],
        branding=document.get("branding") or {},
    )
