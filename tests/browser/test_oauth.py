"""A person in front of a real browser without scripts: sign in, allow an application, look at it, disconnect it."""

from __future__ import annotations

import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send
from tests.applications import AUTHORIZE, Application
from tests.own_origin import at_own_origin, listening

from tracepass.identity.models import Visit
from tracepass.identity.service import Registration, SignIn
from tracepass.settings import Settings

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser
PASSWORD = "correct horse battery staple"
CONTRAST = Path(__file__).parent / "contrast.js"


@dataclass
class Stage:
    """An application at its own origin, the site of another application, and a browser."""

    origin: str
    app: FastAPI
    site: str
    arrived: list[str]
    http: httpx2.AsyncClient
    open: Callable[..., Awaitable[Page]]

    async def application(self, name: str = "ERP connector") -> Application:
        return await Application.register(self.http, client_name=name, redirect_uris=[f"{self.site}/callback"])

    def link(self, application: Application, **changes: Any) -> str:
        """Where the application sends the browser."""
        return f"{self.origin}{AUTHORIZE}?{urlencode(application.request(**changes))}"


@pytest.fixture
async def stage(settings: Settings, app: FastAPI, browser: Browser) -> AsyncIterator[Stage]:
    del app  # has made the indexes
    arrived: list[str] = []

    async def site(scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        arrived.append(f"{scope['path']}?{scope['query_string'].decode()}")
        head = {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]}
        await send(head)
        await send({"type": "http.response.body", "body": b"<h1>Connected</h1>"})

    async def open_(address: str, *, width: int = 390, scheme: Literal["light", "dark"] = "light") -> Page:
        viewport: Any = {"width": width, "height": 844}
        context = await browser.new_context(viewport=viewport, color_scheme=scheme, java_script_enabled=False)
        page = await context.new_page()
        await page.goto(address)
        return page

    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with (
            at_own_origin(settings) as (origin, application),
            listening(site, listener),
            httpx2.AsyncClient(base_url=origin) as http,
        ):
            yield Stage(origin, application, address, arrived, http, open_)
            for context in browser.contexts:
                await context.close()


@pytest.fixture
async def email(stage: Stage) -> str:
    """The address of somebody who owns two workspaces."""
    address = f"{uuid4().hex}@example.test"
    for name in ("Voltwerk", "Zellwerk"):
        new = Registration(address, "Ada Lovelace", PASSWORD, name)
        await stage.app.state.services[SignIn].register(new, Visit(f"10.8.{uuid4().int % 250}.{uuid4().int % 250}"))
    return address


async def sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_person_signs_in_allows_an_application_and_disconnects_it(stage: Stage, email: str, width: int) -> None:
    application = await stage.application()
    page = await stage.open(stage.link(application), width=width)
    assert "ERP connector asks to use your account" in re.sub(r"\s+", " ", await page.inner_text("main"))
    await sign_in(page, email, "not my password at all")
    assert await page.get_by_role("alert").inner_text() == "The e-mail address or the password is not right."
    assert await page.get_by_label("E-mail address").input_value() == email
    await sign_in(page, email)
    assert await page.get_by_role("heading", level=1).inner_text() == "Allow ERP connector to use your account?"
    await page.get_by_label("In the workspace").select_option(label="Zellwerk (owner)")
    await page.get_by_label("Test data only").check()
    await page.get_by_role("button", name="Allow", exact=True).click()
    await page.get_by_role("heading", name="Connected").wait_for()
    code = re.search(r"^/callback\?code=([^&]+)", stage.arrived[0])
    assert code is not None
    tokens = (await application.exchange(code[1])).json()
    assert (await application.use(tokens["access_token"])).status_code == 200
    await page.goto(f"{stage.origin}/account/apps")
    shown = await page.inner_text("main")
    assert "Zellwerk, test data" in shown
    await page.get_by_role("button", name="Disconnect").click()
    assert await page.get_by_role("status").inner_text() == "The application is disconnected."
    assert "ERP connector" not in await page.inner_text("main")


async def test_a_person_says_no_with_the_keyboard_alone(stage: Stage, email: str) -> None:
    page = await stage.open(stage.link(await stage.application()))
    await sign_in(page, email)
    await page.get_by_role("button", name="Do not allow").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("heading", name="Connected").wait_for()
    assert "error=access_denied" in stage.arrived[0]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
async def test_every_page_fits_reads_well_and_is_named(stage: Stage, email: str, width: int, scheme: str) -> None:
    application = await stage.application("A quite long name of an application that somebody has registered here")
    scope = "passports:write workspace:manage offline_access"
    page = await stage.open(stage.link(application, scope=scope), width=width, scheme=scheme)
    await check(page)
    await sign_in(page, email)
    await page.get_by_role("heading", name="Allow A quite long name").wait_for()
    await check(page)
    await page.goto(f"{stage.origin}/account/apps")
    await check(page)
    await page.goto(stage.link(application, client_id="tpc_nobody"))
    await check(page)


async def check(page: Page) -> None:
    """Nothing sticks out, everything can be read, and each field and page has its name."""
    assert await page.title()
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert await page.evaluate(CONTRAST.read_text("utf-8")) == []
    unnamed = (
        "[...document.querySelectorAll('input:not([type=hidden]),select')].filter(one => !one.labels.length).length"
    )
    assert await page.evaluate(unnamed) == 0
