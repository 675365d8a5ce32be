"""Clients that are not ours do the whole dance against a server on loopback: Authlib's, a plain one, and MCP's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx2
import pytest
from authlib.integrations.httpx_client import AsyncOAuth2Client, OAuthError
from fastapi import FastAPI
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from pydantic import AnyUrl
from tests.applications import Application, Form
from tests.own_origin import at_own_origin

from tracepass.identity.models import Visit
from tracepass.identity.service import Registration, SignIn
from tracepass.settings import Settings

PASSWORD = "correct horse battery staple"
CALLBACK = "http://127.0.0.1:49152/callback"
SCOPES = "passports:read products:read offline_access"


@pytest.fixture(scope="module")
async def server(settings: Settings, app: FastAPI) -> AsyncIterator[tuple[str, FastAPI]]:
    """An application whose issuer is the address it is served at."""
    del app  # has made the indexes
    async with at_own_origin(settings) as served:
        yield served


@dataclass
class Person:
    """Somebody with a browser, who signs in where asked and allows what is asked."""

    email: str
    browser: httpx2.AsyncClient
    decisions: int = 0

    async def follow(self, url: str) -> str:
        """Open a link of an application, and return where the browser ends: at the application's callback."""
        page = await self.browser.get(url)
        while page.is_redirect:
            target = page.headers["location"]
            if target.startswith(CALLBACK):
                return str(target)
            page = await self.browser.get(target)
        fields = Form(page.text).fields
        if "password" in fields:
            sent = await self.browser.post("/signin", data={**fields, "email": self.email, "password": PASSWORD})
        else:
            self.decisions += 1
            sent = await self.browser.post("/api/oauth/authorize", data={**fields, "decision": "allow"})
        assert sent.status_code == 303, sent.text
        target = sent.headers["location"]
        return str(target) if target.startswith(CALLBACK) else await self.follow(target)


@pytest.fixture
async def person(server: tuple[str, FastAPI]) -> AsyncIterator[Person]:
    """A new person with a workspace of their own."""
    origin, app = server
    email = f"{uuid4().hex}@example.test"
    new = Registration(email, "Ada", PASSWORD, "Voltwerk")
    await app.state.services[SignIn].register(new, Visit(f"10.9.{uuid4().int % 250}.{uuid4().int % 250}"))
    async with httpx2.AsyncClient(base_url=origin) as browser:
        yield Person(email, browser)


def told(location: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(location).query))


class TestAuthlib:
    @pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post", "none"])
    async def test_the_whole_dance(self, server: tuple[str, FastAPI], person: Person, method: str) -> None:
        origin, _ = server
        async with httpx2.AsyncClient(base_url=origin) as http:
            metadata = (await http.get("/.well-known/oauth-authorization-server")).json()
            body = {
                "client_name": "Authlib",
                "redirect_uris": [CALLBACK],
                "token_endpoint_auth_method": method,
                "grant_types": ["authorization_code", "refresh_token"],
            }
            registered = (await http.post(metadata["registration_endpoint"], json=body)).json()
        async with AsyncOAuth2Client(
            registered["client_id"],
            registered.get("client_secret"),
            token_endpoint_auth_method=method,
            revocation_endpoint_auth_method=method,
            redirect_uri=CALLBACK,
            scope=SCOPES,
            code_challenge_method="S256",
            token_endpoint=metadata["token_endpoint"],
        ) as client:
            verifier = "v" * 64
            url, state = client.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
            back = await person.follow(url)
            first = dict(await client.fetch_token(authorization_response=back, state=state, code_verifier=verifier))
            assert (await client.get(f"{origin}/api/v1/products")).status_code == 200
            # Expired: the client refreshes by itself.
            client.token["expires_at"] = 1
            assert (await client.get(f"{origin}/api/v1/products")).status_code == 200
            second = dict(client.token)
            assert second["refresh_token"] != first["refresh_token"]
            assert second["access_token"] != first["access_token"]
            answer = await client.revoke_token(metadata["revocation_endpoint"], second["refresh_token"])
            assert answer.status_code == 200
            with pytest.raises(OAuthError, match="invalid_grant"):
                await client.refresh_token(metadata["token_endpoint"], refresh_token=second["refresh_token"])

    async def test_it_hears_of_a_reuse(self, server: tuple[str, FastAPI], person: Person) -> None:
        origin, _ = server
        async with httpx2.AsyncClient(base_url=origin) as http:
            application = await Application.register(http, redirect_uris=[CALLBACK])
        async with AsyncOAuth2Client(
            application.registered["client_id"],
            token_endpoint_auth_method="none",
            redirect_uri=CALLBACK,
            scope=SCOPES,
            code_challenge_method="S256",
        ) as client:
            verifier = "w" * 64
            url, _ = client.create_authorization_url(f"{origin}/api/oauth/authorize", code_verifier=verifier)
            back = await person.follow(url)
            token = f"{origin}/api/oauth/token"
            first = dict(await client.fetch_token(token, authorization_response=back, code_verifier=verifier))
            second = dict(await client.refresh_token(token, refresh_token=first["refresh_token"]))
            for used in (first, second):
                with pytest.raises(OAuthError, match="invalid_grant"):
                    await client.refresh_token(token, refresh_token=used["refresh_token"])


class TestPlainHttp:
    async def test_the_whole_dance(self, server: tuple[str, FastAPI], person: Person) -> None:
        origin, _ = server
        async with httpx2.AsyncClient(base_url=origin) as http:
            application = await Application.register(http, redirect_uris=[CALLBACK])
            url = httpx2.URL(f"{origin}/api/oauth/authorize", params=application.request())
            back = told(await person.follow(str(url)))
            assert (back["state"], back["iss"]) == ("the-state", origin)
            found = (await application.exchange(back["code"])).json()
            assert (await application.use(found["access_token"])).status_code == 200
            again = (await application.refresh(found["refresh_token"])).json()
            assert (await application.send("/api/oauth/revoke", {"token": again["refresh_token"]})).status_code == 200
            assert (await application.use(again["access_token"])).status_code == 401


@dataclass
class Storage:
    """Where the client of MCP keeps what it has."""

    tokens: list[OAuthToken] = field(default_factory=list)
    information: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens[-1] if self.tokens else None

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens.append(tokens)

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.information

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.information = client_info


@dataclass
class Connection:
    """A client of MCP, and the person it sends to their browser."""

    provider: OAuthClientProvider
    storage: Storage
    http: httpx2.AsyncClient

    async def products(self) -> int:
        return (await self.http.get("/api/v1/products")).status_code


@pytest.fixture
async def connection(server: tuple[str, FastAPI], person: Person) -> AsyncIterator[Connection]:
    """The OAuth client of the MCP SDK, which knows nothing but the address of a resource."""
    origin, _ = server
    storage, ends = Storage(), list[str]()

    async def redirect(url: str) -> None:
        ends.append(await person.follow(url))

    async def callback() -> AuthorizationCodeResult:
        return AuthorizationCodeResult.model_validate(told(ends[-1]))

    metadata = OAuthClientMetadata(client_name="MCP client", redirect_uris=[AnyUrl(CALLBACK)])
    provider = OAuthClientProvider(f"{origin}/api/v1", metadata, storage, redirect, callback)
    async with httpx2.AsyncClient(base_url=origin, auth=provider) as http:
        yield Connection(provider, storage, http)


class TestMcp:
    async def test_it_finds_everything_by_itself_and_comes_in(self, connection: Connection, person: Person) -> None:
        assert await connection.products() == 200
        assert await connection.products() == 200
        assert person.decisions == 1
        assert connection.storage.information is not None
        (tokens,) = connection.storage.tokens
        assert tokens.refresh_token
        assert "offline_access" in (tokens.scope or "")

    async def test_it_refreshes_and_rotates(self, connection: Connection, person: Person) -> None:
        assert await connection.products() == 200
        for _ in range(3):
            connection.provider.context.token_expiry_time = 1.0
            assert await connection.products() == 200
        assert person.decisions == 1
        assert len({tokens.refresh_token for tokens in connection.storage.tokens}) == 4

    async def test_a_reuse_throws_it_out_and_the_person_must_decide_again(
        self, connection: Connection, person: Person, server: tuple[str, FastAPI]
    ) -> None:
        origin, _ = server
        assert await connection.products() == 200
        connection.provider.context.token_expiry_time = 1.0
        assert await connection.products() == 200
        first, information = connection.storage.tokens[0], connection.storage.information
        assert information is not None
        async with httpx2.AsyncClient(base_url=origin) as http:
            thief = Application(http, information.model_dump(mode="json"))
            answer = await thief.refresh(first.refresh_token or "")
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        connection.provider.context.token_expiry_time = 1.0
        assert await connection.products() == 200
        assert person.decisions == 2

    async def test_a_person_throws_it_out(self, connection: Connection, person: Person) -> None:
        assert await connection.products() == 200
        page = await person.browser.get("/account/apps")
        assert "MCP client" in page.text
        sent = await person.browser.post("/account/apps", data=Form(page.text).fields)
        assert sent.headers["location"] == "/account/apps?disconnected=true"
        gone = await person.browser.get("/account/apps?disconnected=true")
        assert "The application is disconnected." in gone.text
        assert "MCP client" not in gone.text
        connection.provider.context.token_expiry_time = 1.0
        assert await connection.products() == 200
        assert person.decisions == 2
