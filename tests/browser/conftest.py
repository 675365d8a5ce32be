"""A real Chromium in front of the application, which is served on loopback."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Literal

import httpx2
import pytest
import uvicorn
from fastapi import FastAPI
from tests.conftest import ORIGIN, RESOLVER

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Page, Route

OpenPage = Callable[..., Awaitable["Page"]]


def find_chromium() -> str:
    """The path of a Chromium; without one the test is skipped."""
    found = os.environ.get("TRACEPASS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium: install it, or set TRACEPASS_CHROMIUM to its path")
    return found


@pytest.fixture(scope="session")
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The application behind a real server; its lifespan is the suite's."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical", ws="none"))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    await task
    listener.close()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser for the session."""
    playwright_api = pytest.importorskip("playwright.async_api", reason="playwright is not installed")
    executable = find_chromium()
    async with playwright_api.async_playwright() as playwright:
        launched = await playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield launched
        await launched.close()


@pytest.fixture
async def open_page(served: str, browser: Browser) -> AsyncIterator[OpenPage]:
    """Open an address in a window of its own, without JavaScript; our hosts lead to the server, others nowhere."""
    contexts: list[BrowserContext] = []

    async def reach(route: Route) -> None:
        url = httpx2.URL(route.request.url)
        answer = await route.fetch(url=served + url.raw_path.decode(), max_redirects=0)
        await route.fulfill(response=answer)

    async def open_(
        address: str, *, width: int = 390, scheme: Literal["light", "dark"] = "light", languages: str = "en"
    ) -> Page:
        context = await browser.new_context(
            viewport={"width": width, "height": 844},
            color_scheme=scheme,
            java_script_enabled=False,
            extra_http_headers={"Accept-Language": languages},
        )
        contexts.append(context)
        await context.route("**/*", lambda route: route.abort())
        for origin in (ORIGIN, RESOLVER):
            await context.route(f"{origin}/**", reach)
        page = await context.new_page()
        await page.goto(address)
        return page

    yield open_
    for context in contexts:
        await context.unroute_all(behavior="ignoreErrors")
        await context.close()
