"""What applications may ask and do about tokens they hold: introspection (RFC 7662) and revocation (RFC 7009)."""

from __future__ import annotations

from dataclasses import dataclass

from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.identity.models import hash_secret
from tracepass.identity.service import AccessTokens, Claims, Grant, Grants
from tracepass.oauth.clients import Clients
from tracepass.oauth.core import CoreRequest, Fields
from tracepass.oauth.exchange import refresh_token_of
from tracepass.oauth.models import OAuthRefusal
from tracepass.oauth.repository import SecretDirectory


@dataclass(frozen=True, slots=True)
class _Held:
    """A token that somebody holds: whose it is, and what is told of it while it is good."""

    client_id: str
    grant_id: Id
    scope: str
    members: Document
    claims: Claims | None = None


class Inspection:
    """Looks at tokens for the applications they were issued to."""

    def __init__(
        self, database: Database, *, clients: Clients, grants: Grants, tokens: AccessTokens, issuer: str, clock: Clock
    ) -> None:
        self._clients = clients
        self._grants = grants
        self._tokens = tokens
        self._refresh_tokens = SecretDirectory(database, "oauthRefreshTokens")
        self._issuer = issuer
        self._clock = clock

    async def introspect(self, fields: Fields, authorization: str | None) -> Document:
        """Return what a token is good for; one of another application is not active for this one (RFC 7662 2.2).

        Raises:
            OAuthRefusal: the application did not show who it is, or named no token.
        """
        client, request = await self._clients.authenticate(fields, authorization)
        held = await self._held(_token(request))
        grant = None if held is None else await self._grants.find(held.grant_id)
        if held is None or held.client_id != client.client_id or grant is None or not await self._stands(held, grant):
            return {"active": False}
        return {
            "active": True,
            "scope": held.scope,
            "client_id": held.client_id,
            "sub": str(grant.user_id),
            "username": grant.user_name,
            "iss": self._issuer,
            **held.members,
        }

    async def revoke(self, fields: Fields, authorization: str | None) -> str | None:
        """Revoke the grant of a token, and with it all its tokens; return the access token to forget, if it was one.

        A token that is not known, or known no longer, is revoked enough (RFC 7009 2.2).

        Raises:
            OAuthRefusal: the application did not show who it is, named no token, or one of another application.
        """
        client, request = await self._clients.authenticate(fields, authorization)
        token = _token(request)
        held = await self._held(token)
        if held is None:
            return None
        if held.client_id != client.client_id:
            raise OAuthRefusal("invalid_grant", "The token was issued to another application.")
        await self._grants.revoke(held.grant_id, "client")
        return token

    async def _held(self, token: str) -> _Held | None:
        """Return what a text is, whatever it was said to be (RFC 7009 2.1: a hint is but a hint)."""
        claims = self._tokens.read(token)
        if claims is not None:
            members = {
                "token_type": "Bearer",
                "aud": claims.resource,
                "jti": claims.id,
                "iat": int(claims.issued_at.timestamp()),
                "exp": int(claims.expires_at.timestamp()),
            }
            return _Held(claims.client_id, claims.grant_id, " ".join(claims.scopes), members, claims)
        document = await self._refresh_tokens.find(hash_secret(token))
        if document is None or document["usedAt"] is not None or document["expiresAt"] <= timestamp(self._clock()):
            return None
        found = refresh_token_of(document)
        ends = {"iat": _seconds(found.issued_at), "exp": _seconds(found.expires_at)}
        return _Held(found.client_id, found.grant_id, found.scope, ends)

    async def _stands(self, held: _Held, grant: Grant) -> bool:
        fits = grant.revoked_at is None and (held.claims is None or held.claims.fits(grant))
        return fits and await self._grants.role_of(grant) is not None


def _token(request: CoreRequest) -> str:
    token = request.form.get("token")
    if token is None:
        raise OAuthRefusal("invalid_request", "Name the token.")
    return token


def _seconds(moment: str) -> int:
    return int(parse_timestamp(moment).timestamp())
