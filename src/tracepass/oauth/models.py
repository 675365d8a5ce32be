"""Applications, codes, refresh tokens and refusals of the authorization server.

Applications, codes and refresh tokens have the methods that Authlib's core asks of them (`ClientMixin`,
`AuthorizationCodeMixin`, `TokenMixin`).
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.identity.models import SCOPES, hash_secret

OFFLINE: Final = "offline_access"
"""Asks for a refresh token, so that the application may act while the person is away."""
SUPPORTED: Final = SCOPES | {OFFLINE}
READING: Final = frozenset(scope for scope in SCOPES if scope.endswith(":read"))

AuthMethod = Literal["none", "client_secret_basic", "client_secret_post"]
AUTH_METHODS: Final[tuple[AuthMethod, ...]] = ("none", "client_secret_basic", "client_secret_post")
GRANT_TYPES: Final = ("authorization_code", "refresh_token")
RESPONSE_TYPES: Final = ("code",)
CHALLENGE_METHODS: Final = ("S256",)

CODE_LIFETIME: Final = timedelta(seconds=60)
REFRESH_LIFETIME: Final = timedelta(days=30)

WORDS: Final[Mapping[str, str]] = {
    "passports:read": "Read passports",
    "passports:write": "Create, change, publish and withdraw passports",
    "products:read": "Read products",
    "products:write": "Create and change products",
    "templates:read": "Read templates",
    "epcis:read": "Read supply-chain events",
    "epcis:write": "Record supply-chain events",
    "webhooks:manage": "Manage webhooks",
    "exports:read": "Export data",
    "traces:read": "Read traces",
    "traces:write": "Record traces",
    "workspace:read": "Read the settings and members of the workspace",
    "workspace:manage": "Manage the workspace: its members, keys and settings",
    OFFLINE: "Stay connected while you are away, until you disconnect it",
}
"""What each scope lets an application do, in the order in which the consent page says so."""


def scopes_of(text: str | None) -> tuple[str, ...]:
    """Return the scopes a parameter names (RFC 6749 3.3), each once."""
    return tuple(dict.fromkeys((text or "").split()))


class OAuthRefusal(Refusal):
    """A refusal in the shape of OAuth (RFC 6749 5.2), which has the members of our own envelope beside it."""

    def __init__(self, code: str, description: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(
            code, description, headers={"Cache-Control": "no-store", "Pragma": "no-cache"} | {**(headers or {})}
        )

    @property
    def envelope(self) -> Document:
        """Return the body of the answer."""
        return {"error": self.code, "error_description": self.message, "message": self.message}


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An application that was registered; a public one has no secret."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    method: AuthMethod
    grant_types: tuple[str, ...]
    scopes: tuple[str, ...] | None
    """What it may ask for at most; None is anything."""
    secret_hash: str | None = None
    uri: str | None = None

    def get_default_redirect_uri(self) -> str | None:
        """Return the only redirect URI, or None if there are more and the request must choose."""
        return self.redirect_uris[0] if len(self.redirect_uris) == 1 else None

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """Return what a request is for, or None if it goes beyond what the application registered.

        Without a scope it is what was registered, else reading (RFC 6749 3.3).
        """
        limit = SUPPORTED if self.scopes is None else frozenset(self.scopes)
        if not scope or not scope.strip():
            return " ".join(sorted(READING) if self.scopes is None else self.scopes)
        asked = scopes_of(scope)
        return " ".join(asked) if limit.issuperset(asked) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Tell whether a redirect URI is one of those registered, character by character (RFC 9700 4.1.3)."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Tell whether a secret is this application's."""
        return self.secret_hash is not None and hmac.compare_digest(self.secret_hash, hash_secret(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - Authlib's signature
        """Tell whether this is how the application has registered to show who it is."""
        return method == self.method

    def check_response_type(self, response_type: str) -> bool:
        """Tell whether the application may ask for this; a code is all there is."""
        return response_type in RESPONSE_TYPES

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether the application has registered to use this grant."""
        return grant_type in self.grant_types


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A code that was claimed for exchange; its text is known to the application alone."""

    client_id: str
    grant_id: Id
    redirect_uri: str
    """As the authorization request named it; empty if it did not."""
    code_challenge: str
    scope: str
    expires_at: str
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Return the redirect URI of the authorization request."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Return the scopes granted."""
        return self.scope


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token; its text is known to the application alone."""

    client_id: str
    grant_id: Id
    scope: str
    issued_at: str
    expires_at: str

    def check_client(self, client: Client) -> bool:
        """Tell whether it was issued to an application."""
        return self.client_id == client.client_id

    def get_scope(self) -> str:
        """Return the scopes granted."""
        return self.scope
