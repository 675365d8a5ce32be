"""The token endpoint and what becomes of tokens: exchange, refresh, revocation, introspection.

Codes and refresh tokens are good for one use. Each is claimed in one atomic step before anything is judged, so that of
any number of uses at the same instant one goes on; a second use means that two parties know the secret, and revokes all
that came of the grant (RFC 6749 4.1.2 and 10.4, RFC 9700 4.14.2).
"""

from __future__ import annotations

import functools
import secrets
from typing import Any, Final

from authlib.oauth2 import OAuth2Error

from tracepass.core.clock import Clock, timestamp
from tracepass.core.mongo import Database, Document
from tracepass.identity.models import hash_secret
from tracepass.identity.service import TOKEN_LIFETIME, AccessTokens, Grant, Grants, resources_of
from tracepass.oauth.clients import Clients, refusal_of
from tracepass.oauth.consent import check_resource
from tracepass.oauth.core import Core, CoreRequest, Fields, Issue
from tracepass.oauth.models import OFFLINE, REFRESH_LIFETIME, Client, Code, OAuthRefusal, RefreshToken
from tracepass.oauth.repository import SecretDirectory

SECRET_BYTES: Final = 32


class Exchange:
    """Turns codes and refresh tokens into tokens."""

    def __init__(
        self, database: Database, *, clients: Clients, grants: Grants, tokens: AccessTokens, issuer: str, clock: Clock
    ) -> None:
        self._clients = clients
        self._grants = grants
        self._tokens = tokens
        self._codes = SecretDirectory(database, "oauthCodes")
        self._refresh_tokens = SecretDirectory(database, "oauthRefreshTokens")
        self._issuer = issuer
        self._resources = resources_of(issuer)
        self._clock = clock

    async def exchange(self, fields: Fields, authorization: str | None) -> Document:
        """Return the tokens for a code or a refresh token (RFC 6749 5.1).

        Raises:
            OAuthRefusal: there are none for this request.
        """
        client, request = await self._clients.authenticate(fields, authorization)
        resource = check_resource(fields.get("resource", []), self._resources)
        kind = request.payload.grant_type
        if kind == "refresh_token":
            return await self._refresh(client, request, resource)
        return await self._redeem(client, request, resource)

    async def _redeem(self, client: Client, request: CoreRequest, resource: str | None) -> Document:
        """Answer a code, or let the core say what is wrong with the request."""
        digest = hash_secret(request.form.get("code", ""))
        claimed = None
        if request.payload.grant_type == "authorization_code":
            claimed = await self._claim(self._codes, digest, client, reason="code_replay")
        code = None if claimed is None or self._is_over(claimed) else _code_of(claimed)
        grant = None if code is None else await self._standing(code)
        core = Core(client, code=None if grant is None else code, issue=self._issuing(grant, client, resource))
        return await self._answer(core, request, grant)

    async def _refresh(self, client: Client, request: CoreRequest, resource: str | None) -> Document:
        """Answer a refresh token with a new one; a request that asks too much leaves the old one as it was."""
        digest = hash_secret(request.form.get("refresh_token", ""))
        claimed = await self._claim(self._refresh_tokens, digest, client, reason="token_reuse")
        token = None if claimed is None or self._is_over(claimed) else refresh_token_of(claimed)
        grant = None if token is None else await self._standing(token)
        known = None if grant is None else token
        core = Core(client, refresh_token=known, issue=self._issuing(grant, client, resource))
        try:
            return await self._answer(core, request, grant)
        except OAuthRefusal as refusal:
            if grant is not None and refusal.code != "invalid_grant":
                await self._refresh_tokens.release(digest)
            raise

    async def _claim(self, directory: SecretDirectory, digest: str, client: Client, *, reason: Any) -> Document | None:
        """Use a secret up; one that was used before revokes the family it belongs to."""
        claimed = await directory.claim(digest, client.client_id, at=timestamp(self._clock()))
        if claimed is None:
            known = await directory.find(digest)
            if known is not None and known["usedAt"] is not None:
                await self._grants.revoke(known["grantId"], reason)
        return claimed

    async def _standing(self, secret: Code | RefreshToken) -> Grant | None:
        """Return the grant of a secret, unless it was revoked or its person has left the workspace."""
        grant = await self._grants.find(secret.grant_id)
        if grant is None or grant.revoked_at is not None or await self._grants.role_of(grant) is None:
            return None
        return grant

    def _issuing(self, grant: Grant | None, client: Client, resource: str | None) -> Issue | None:
        """Return what makes tokens for a grant; without one there is nothing that could."""
        return None if grant is None else functools.partial(self._issue, grant, client, resource)

    def _issue(self, grant: Grant, client: Client, resource: str | None, scopes: tuple[str, ...]) -> Document:
        """Make the members of a token answer; pure, for the core calls it."""
        body: Document = {
            "access_token": self._tokens.issue(grant, scopes, resource=_narrowed(resource, grant, self._issuer)),
            "token_type": "Bearer",
            "expires_in": int(TOKEN_LIFETIME.total_seconds()),
            "scope": " ".join(scopes),
        }
        if OFFLINE in grant.scopes and client.check_grant_type("refresh_token"):
            body["refresh_token"] = f"tpr_{secrets.token_urlsafe(SECRET_BYTES)}"
        return body

    async def _answer(self, core: Core, request: CoreRequest, grant: Grant | None) -> Document:
        """Run the core, and store what it has issued."""
        try:
            body: Document = core.create_token_response(request).body
        except OAuth2Error as error:
            raise refusal_of(error) from None
        if grant is not None:
            await self._store(body.get("refresh_token"), grant)
        return body

    async def _store(self, refresh_token: str | None, grant: Grant) -> None:
        now = self._clock()
        until = now + (TOKEN_LIFETIME if refresh_token is None else REFRESH_LIFETIME)
        if not await self._grants.extend(grant.id, until=until):
            # A second use came while this one was under way: what was just made is worth nothing.
            raise OAuthRefusal("invalid_grant", "The grant was revoked.")
        if refresh_token is not None:
            document = {
                "_id": hash_secret(refresh_token),
                "clientId": grant.client_id,
                "grantId": grant.id,
                "scope": " ".join(grant.scopes),
                "issuedAt": timestamp(now),
                "expiresAt": timestamp(until),
                "usedAt": None,
                # Kept beyond its end, to know one that is shown again.
                "purgeAt": until + REFRESH_LIFETIME,
            }
            await self._refresh_tokens.insert(document)

    def _is_over(self, document: Document) -> bool:
        return bool(document["expiresAt"] <= timestamp(self._clock()))


def _narrowed(resource: str | None, grant: Grant, issuer: str) -> str:
    """Return the resource of a token: the one it was asked for, within what was granted (RFC 8707 2.2).

    Raises:
        OAuthRefusal: the grant is for another.
    """
    if resource is None or resource == grant.resource:
        return grant.resource
    if grant.resource != issuer:
        raise OAuthRefusal("invalid_target", "The resource was not granted.")
    return resource


def _code_of(document: Document) -> Code:
    return Code(
        client_id=document["clientId"],
        grant_id=document["grantId"],
        redirect_uri=document["redirectUri"],
        code_challenge=document["codeChallenge"],
        scope=document["scope"],
        expires_at=document["expiresAt"],
    )


def refresh_token_of(document: Document) -> RefreshToken:
    """Read a refresh token from its document."""
    return RefreshToken(
        client_id=document["clientId"],
        grant_id=document["grantId"],
        scope=document["scope"],
        issued_at=document["issuedAt"],
        expires_at=document["expiresAt"],
    )
