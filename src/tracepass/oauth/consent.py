"""Authorization requests: what an application asks of a person, and what becomes of the answer (RFC 6749 4.1.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import AccessDeniedError

from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import new_id
from tracepass.core.mongo import Database, Session
from tracepass.core.tenancy import Environment
from tracepass.identity.models import RIGHTS, User, hash_secret
from tracepass.identity.service import Grant, Grants, Home, resources_of
from tracepass.oauth.clients import Clients, refusal_of
from tracepass.oauth.core import Core, CoreRequest, Fields
from tracepass.oauth.models import (
    CODE_LIFETIME,
    OFFLINE,
    REFRESH_LIFETIME,
    RESPONSE_TYPES,
    Client,
    OAuthRefusal,
    scopes_of,
)
from tracepass.oauth.repository import SecretDirectory

PARAMETERS: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
    "resource",
)
"""What is read of an authorization request; all else is passed over (RFC 6749 3.1)."""
PATH: Final = "/api/oauth/authorize"


class Unanswerable(Exception):
    """A request that must not send the browser anywhere: its application or its redirect URI is not to be trusted.

    The message is for the person (RFC 6749 4.1.2.1).
    """


class Returned(Exception):
    """A request that goes back to the application with an error; ``location`` is where the browser goes."""

    def __init__(self, location: str) -> None:
        super().__init__("the application is told")
        self.location = location


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request that a person can be asked about."""

    client: Client
    redirect_uri: str
    scopes: tuple[str, ...]
    resource: str
    state: str | None
    fields: Fields

    @property
    def query(self) -> str:
        """Return the request as a query, without what is passed over."""
        return urlencode([(name, value) for name, values in self.fields.items() for value in values])

    def granted(self, home: Home) -> tuple[str, ...]:
        """Return the scopes that a person can grant in a workspace: those that their own role has there."""
        return tuple(scope for scope in self.scopes if scope == OFFLINE or scope in RIGHTS[home.role])


class Consents:
    """Reads authorization requests and writes down what people decide."""

    def __init__(self, database: Database, *, clients: Clients, grants: Grants, issuer: str, clock: Clock) -> None:
        self._database = database
        self._clients = clients
        self._grants = grants
        self._codes = SecretDirectory(database, "oauthCodes")
        self._issuer = issuer
        self._resources = resources_of(issuer)
        self._clock = clock

    async def read(self, parameters: Fields) -> Asked:
        """Return what is asked.

        Raises:
            Unanswerable: the application is unknown, or the redirect URI not one it has registered.
            Returned: something else is wrong, which the application is told.
        """
        fields = {name: list(parameters[name]) for name in PARAMETERS if name in parameters}
        client = await self._client(fields)
        redirect_uri = _redirect_uri(client, fields)
        state = next(iter(fields.get("state", ())), None) or None
        try:
            _check_response_type(fields)
            grant = Core(client).get_consent_grant(self._request(fields))
            resource = self._resource(fields)
        except OAuth2Error as error:
            raise self._returned(redirect_uri, state, refusal_of(error)) from None
        except (OAuthRefusal, _Told) as refusal:
            raise self._returned(redirect_uri, state, refusal) from None
        return Asked(
            client=client,
            redirect_uri=redirect_uri,
            scopes=scopes_of(grant.request.scope),
            resource=resource,
            state=state,
            fields=fields,
        )

    async def approve(self, asked: Asked, person: User, home: Home, environment: Environment) -> str:
        """Write down a person's consent and return where the browser goes, with a code of sixty seconds.

        Raises:
            Returned: the person's role has none of what was asked.
        """
        scopes = asked.granted(home)
        if not set(scopes) - {OFFLINE}:
            raise self.denied(asked, "The role of this person has none of the rights asked for.")
        core, now = Core(asked.client), self._clock()
        request = self._request(asked.fields)
        answer = core.create_authorization_response(request, grant_user=person, grant=core.get_consent_grant(request))
        granted = Grant(
            id=new_id(),
            client_id=asked.client.client_id,
            client_name=asked.client.name,
            user_id=person.id,
            user_name=person.name,
            workspace_id=home.workspace.id,
            environment=environment,
            scopes=scopes,
            resource=asked.resource,
            created_at=timestamp(now),
        )
        await self._write(core.made_code or "", granted, asked)
        return self._with_issuer(answer.location or asked.redirect_uri)

    def denied(self, asked: Asked, description: str = "The person did not allow it.") -> Returned:
        """Return what tells the application that it may not."""
        refusal = _Told(AccessDeniedError.error, description)
        return self._returned(asked.redirect_uri, asked.state, refusal)

    async def _write(self, code: str, grant: Grant, asked: Asked) -> None:
        now = self._clock()
        document = {
            "_id": hash_secret(code),
            "clientId": grant.client_id,
            "grantId": grant.id,
            "redirectUri": next(iter(asked.fields.get("redirect_uri", ())), ""),
            "codeChallenge": asked.fields["code_challenge"][0],
            "scope": " ".join(grant.scopes),
            "expiresAt": timestamp(now + CODE_LIFETIME),
            "usedAt": None,
            # Kept beyond its minute, to know a code that is shown again.
            "purgeAt": now + REFRESH_LIFETIME,
        }

        async def work(session: Session) -> None:
            await self._grants.create(grant, purge_at=now + timedelta(hours=1), session=session)
            await self._codes.insert(document, session=session)
            await self._clients.keep(grant.client_id, session=session)

        await self._database.transact(work)

    async def _client(self, fields: Fields) -> Client:
        named = fields.get("client_id", [])
        client = await self._clients.find(named[0]) if len(named) == 1 else None
        if client is None:
            raise Unanswerable(
                "The application that sent you here is not registered. Start again from the application."
            )
        return client

    def _request(self, fields: Fields) -> CoreRequest:
        return CoreRequest("GET", self._issuer + PATH, fields)

    def _resource(self, fields: Fields) -> str:
        """Return the resource that tokens will be for; this installation as a whole, if none is named (RFC 8707 2)."""
        return check_resource(fields.get("resource", []), self._resources) or self._issuer

    def _returned(self, redirect_uri: str, state: str | None, refusal: OAuthRefusal | _Told) -> Returned:
        members = {"error": refusal.code, "error_description": refusal.message}
        if state is not None:
            members["state"] = state
        return Returned(self._with_issuer(with_parameters(redirect_uri, members)))

    def _with_issuer(self, location: str) -> str:
        """Say who answers, so that an application with several servers cannot mix them up (RFC 9207 2)."""
        return with_parameters(location, {"iss": self._issuer})


class _Told(Exception):
    """An error that only ever reaches the application by a redirect (RFC 6749 4.1.2.1)."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def _check_response_type(fields: Fields) -> None:
    """Demand the one response type there is, before the core quotes what somebody sent."""
    named = next(iter(fields.get("response_type", ())), "")
    if not named:
        raise OAuthRefusal("invalid_request", "Missing 'response_type'.")
    if named not in RESPONSE_TYPES:
        raise _Told("unsupported_response_type", "The only response type is code.")


def check_resource(named: list[str], known: frozenset[str]) -> str | None:
    """Return the resource a request names, or None if it names none.

    Raises:
        OAuthRefusal: it names another server's, or more than one (RFC 8707 2).
    """
    wanted = {name.removesuffix("/") for name in named if name}
    if len(wanted) > 1 or not wanted <= known:
        raise OAuthRefusal("invalid_target", "The resource must be one of this server.")
    return next(iter(wanted), None)


def with_parameters(uri: str, parameters: Mapping[str, Any]) -> str:
    """Add parameters to the query of a URI that has no fragment, and leave the rest of it as it is."""
    separator = "" if uri.endswith(("?", "&")) else "&" if urlsplit(uri).query else "?"
    return f"{uri}{separator}{urlencode(parameters)}"


def _redirect_uri(client: Client, fields: Fields) -> str:
    """Return where answers go.

    Raises:
        Unanswerable: it is not, character by character, one that the application has registered.
    """
    named = fields.get("redirect_uri", [])
    wanted = named[0] if len(named) == 1 else client.get_default_redirect_uri() if not named else None
    if wanted is None or not client.check_redirect_uri(wanted):
        message = (
            f"{client.name} asks to send you to an address that it has not registered. Nothing was shared with it."
        )
        raise Unanswerable(message)
    return wanted
