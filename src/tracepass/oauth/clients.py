"""Applications: how they register, and how they show who they are."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import unquote

from authlib.oauth2 import OAuth2Error

from tracepass.core.clock import Clock
from tracepass.core.errors import CODES
from tracepass.core.mongo import Database, Document, Session
from tracepass.identity.models import hash_secret
from tracepass.identity.service import Pace, Throttle, at_address
from tracepass.oauth.core import Core, CoreRequest, Fields
from tracepass.oauth.models import AUTH_METHODS, RESPONSE_TYPES, Client, OAuthRefusal
from tracepass.oauth.registration import Registration, read_registration
from tracepass.oauth.repository import ClientDirectory

PACE: Final = Pace("oauth-register/address", 30, 900)
UNUSED_FOR: Final = timedelta(days=30)
"""An application that nobody has ever let in is forgotten after this time."""
IN_USE_FOR: Final = timedelta(days=400)
SECRET_BYTES: Final = 32
_TOKEN_PATH: Final = "/api/oauth/token"  # noqa: S105 - an address
_SENTENCES: Final[Mapping[str, str]] = {
    "invalid_client": "The application is unknown, or did not show who it is in the way it has registered.",
    "invalid_grant": "The code or refresh token is unknown, used, expired or revoked, or not this application's.",
    "unsupported_grant_type": "The grant_type must be authorization_code or refresh_token.",
    "invalid_scope": "The scope is unknown, or goes beyond what was granted.",
}


class Clients:
    """All applications of the installation."""

    def __init__(self, database: Database, *, issuer: str, clock: Clock) -> None:
        self._directory = ClientDirectory(database)
        self._throttle = Throttle(database, clock=clock)
        self._issuer = issuer
        self._clock = clock

    async def register(self, metadata: Mapping[str, Any], *, address: str | None) -> Document:
        """Register an application and return what it is told (RFC 7591 3.2.1), its secret for the only time.

        Raises:
            OAuthRefusal: what it says of itself is not taken.
            TooManyAttempts: too many registered from this address.
        """
        registration = read_registration(metadata)
        await self._throttle.take(at_address(PACE, address))
        client_id, now = f"tpc_{secrets.token_urlsafe(18)}", self._clock()
        secret = None if registration.method == "none" else f"tpcs_{secrets.token_urlsafe(SECRET_BYTES)}"
        stored = {
            "_id": client_id,
            "name": registration.name,
            "redirectUris": list(registration.redirect_uris),
            "method": registration.method,
            "grantTypes": list(registration.grant_types),
            "scopes": None if registration.scopes is None else list(registration.scopes),
            "uri": registration.uri,
            "secretHash": None if secret is None else hash_secret(secret),
            "purgeAt": now + UNUSED_FOR,
        }
        await self._directory.insert(stored)
        issued = {"client_id": client_id, "client_id_issued_at": int(now.timestamp()), **_shown(registration)}
        return issued if secret is None else {**issued, "client_secret": secret, "client_secret_expires_at": 0}

    async def find(self, client_id: str) -> Client | None:
        """Return an application, or None."""
        document = await self._directory.find(client_id)
        return None if document is None else _client_of(document)

    async def keep(self, client_id: str, *, session: Session) -> None:
        """Keep an application in mind, because somebody has let it in."""
        await self._directory.keep(client_id, until=self._clock() + IN_USE_FOR, session=session)

    async def authenticate(self, fields: Fields, authorization: str | None) -> tuple[Client, CoreRequest]:
        """Return the application that sends a form, and the form as the core sees it.

        Raises:
            OAuthRefusal: it is unknown, or did not show who it is as it has registered (RFC 6749 2.3).
        """
        repeated = sorted(name for name, values in fields.items() if len(values) > 1)
        if repeated:
            raise OAuthRefusal("invalid_request", "A parameter came more than once.")
        claimed = _basic_user(authorization) or next(iter(fields.get("client_id", ())), "")
        client = await self.find(claimed) if claimed else None
        try:
            request = CoreRequest("POST", self._issuer + _TOKEN_PATH, fields, authorization=authorization)
            Core(client).authenticate_client(request, AUTH_METHODS)
        except OAuth2Error as error:
            raise refusal_of(error) from None
        if client is None:
            raise _unknown()
        return client, request


def refusal_of(error: OAuth2Error) -> OAuthRefusal:
    """Turn an error of Authlib's into ours, in words that say no more than they must."""
    code = error.error if error.error in CODES else "invalid_request"
    if code == "invalid_client":
        return _unknown()
    return OAuthRefusal(code, _SENTENCES.get(code) or error.description or "The request is not valid.")


def _unknown() -> OAuthRefusal:
    headers = {"WWW-Authenticate": 'Basic realm="tracepass"'}
    return OAuthRefusal("invalid_client", _SENTENCES["invalid_client"], headers=headers)


def _basic_user(authorization: str | None) -> str:
    """Return who a Basic header names; empty if there is none (RFC 7617 2, RFC 6749 2.3.1).

    Raises:
        OAuthRefusal: it is none that can be read.
    """
    kind, _, encoded = (authorization or "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return unquote(base64.b64decode(encoded.strip(), validate=True).decode().partition(":")[0])
    except (binascii.Error, UnicodeDecodeError):
        raise _unknown() from None


def _shown(registration: Registration) -> Document:
    """Return what was understood of a registration."""
    shown: Document = {
        "client_name": registration.name,
        "redirect_uris": list(registration.redirect_uris),
        "token_endpoint_auth_method": registration.method,
        "grant_types": list(registration.grant_types),
        "response_types": list(RESPONSE_TYPES),
    }
    if registration.scopes is not None:
        shown["scope"] = " ".join(registration.scopes)
    return shown if registration.uri is None else {**shown, "client_uri": registration.uri}


def _client_of(document: Document) -> Client:
    return Client(
        client_id=document["_id"],
        name=document["name"],
        redirect_uris=tuple(document["redirectUris"]),
        method=document["method"],
        grant_types=tuple(document["grantTypes"]),
        scopes=None if document["scopes"] is None else tuple(document["scopes"]),
        secret_hash=document["secretHash"],
        uri=document["uri"],
    )
