"""The other ways in: an OAuth client that finds everything by itself, and programs on stdin and stdout."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from mcp.client.auth import AuthorizationCodeResult, OAuthClientProvider
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.auth import OAuthClientInformationFull, OAuthClientMetadata, OAuthToken
from mcp_types import CallToolResult
from pydantic import AnyUrl
from tests.applications import Form
from tests.assistants import BRIDGE, NODE, PROGRAMS, spawned
from tests.conftest import Office
from tests.own_origin import at_own_origin

from tracepass.identity.models import Visit
from tracepass.identity.service import Registration, SignIn
from tracepass.mcp.catalogue import TOOLS
from tracepass.settings import Settings

PASSWORD = "correct horse battery staple"
CALLBACK = "http://127.0.0.1:49152/callback"


@pytest.fixture(scope="module")
async def server(settings: Settings, app: FastAPI) -> AsyncIterator[tuple[str, FastAPI]]:
    """An application whose issuer is the address it is served at."""
    del app  # has made the indexes
    async with at_own_origin(settings) as served:
        yield served


class Storage:
    """What an OAuth client keeps."""

    def __init__(self) -> None:
        self.tokens: OAuthToken | None = None
        self.information: OAuthClientInformationFull | None = None

    async def get_tokens(self) -> OAuthToken | None:
        return self.tokens

    async def set_tokens(self, tokens: OAuthToken) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        return self.information

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        self.information = client_info


async def decide(browser: httpx2.AsyncClient, email: str, url: str) -> str:
    """Sign in where asked and allow what is asked, and return where the browser ends."""
    page = await browser.get(url)
    while page.is_redirect:
        if page.headers["location"].startswith(CALLBACK):
            return str(page.headers["location"])
        page = await browser.get(page.headers["location"])
    fields = Form(page.text).fields
    if "password" in fields:
        sent = await browser.post("/signin", data={**fields, "email": email, "password": PASSWORD})
    else:
        sent = await browser.post("/api/oauth/authorize", data={**fields, "decision": "allow"})
    target = str(sent.headers["location"])
    return target if target.startswith(CALLBACK) else await decide(browser, email, target)


async def test_an_oauth_client_finds_its_way_from_the_first_refused_call(server: tuple[str, FastAPI]) -> None:
    origin, app = server
    email = f"{uuid4().hex}@example.test"
    visit = Visit(f"10.8.{uuid4().int % 250}.{uuid4().int % 250}")
    await app.state.services[SignIn].register(Registration(email, "Ada", PASSWORD, "Voltwerk"), visit)
    ends, storage = list[str](), Storage()
    async with httpx2.AsyncClient(base_url=origin) as browser:

        async def redirect(url: str) -> None:
            ends.append(await decide(browser, email, url))

        async def callback() -> AuthorizationCodeResult:
            return AuthorizationCodeResult.model_validate(dict(parse_qsl(urlsplit(ends[-1]).query)))

        metadata = OAuthClientMetadata(client_name="Assistant", redirect_uris=[AnyUrl(CALLBACK)])
        provider = OAuthClientProvider(f"{origin}/mcp", metadata, storage, redirect, callback)
        async with (
            httpx2.AsyncClient(auth=provider, timeout=30) as http,
            Client(streamable_http_client(f"{origin}/mcp", http_client=http)) as client,
        ):
            assert len((await client.list_tools()).tools) == len(TOOLS)
            assert ends == []
            found = await client.call_tool("tracepass_products", {"action": "list"})
            assert isinstance(found, CallToolResult)
            assert found.structured_content["status"] == 200
            again = await client.call_tool("tracepass_templates", {"action": "list"})
            assert isinstance(again, CallToolResult)
            assert not again.is_error
    assert len(ends) == 1
    assert storage.tokens is not None


async def called(client: Client, tool: str, action: str, **args: Any) -> dict[str, Any]:
    found = await client.call_tool(tool, {"action": action, "args": args})
    assert isinstance(found, CallToolResult)
    return dict(found.structured_content)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("command", PROGRAMS)
async def test_a_program_on_stdin_and_stdout_does_the_same(
    server: tuple[str, FastAPI], office: Office, command: list[str], mode: str
) -> None:
    key = await office.key(await office.workspace())
    async with spawned(command, server[0], key, mode) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == list(TOOLS)
        made = await called(client, "tracepass_products", "create", name="Ä", model="B", category="battery")
        assert made["status"] == 201
        told = await called(client, "tracepass_products", "get", id=made["data"]["_id"])
        assert told["data"]["name"] == "Ä"
        assert (await called(client, "tracepass_products", "get"))["error"] == "invalid_arguments"
        assert (await client.read_resource("tracepass://products")).contents
        assert (await client.get_prompt("audit_passport", {"passport": "SN-1"})).messages


@pytest.mark.parametrize("command", PROGRAMS)
async def test_without_a_key_it_tells_what_is_missing(server: tuple[str, FastAPI], command: list[str]) -> None:
    async with spawned(command, server[0], None, "auto") as client:
        assert len((await client.list_tools()).tools) == len(TOOLS)
        found = await called(client, "tracepass_products", "list")
        assert (found["status"], found["error"]) == (401, "unauthorized")
        assert "TRACEPASS_API_KEY" in found["advice"]


@pytest.mark.parametrize("command", PROGRAMS[:1])
async def test_a_server_that_is_away_is_told(command: list[str]) -> None:
    async with spawned(command, "http://127.0.0.1:9", "tp_live_x", "auto") as client:
        assert (await called(client, "tracepass_products", "list"))["error"] == "unreachable"


@pytest.mark.skipif(NODE is None, reason="there is no node")
async def test_the_npm_package_passes_its_own_tests() -> None:
    run = await asyncio.create_subprocess_exec(
        str(NODE), "--test", cwd=BRIDGE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await run.communicate()
    assert run.returncode == 0, told.decode()
