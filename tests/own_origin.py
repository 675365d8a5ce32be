"""The application at an address that its pages and tokens name, for clients and browsers that are not ours."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI
from tests.conftest import running

from tracepass.app import create_app
from tracepass.settings import Settings


@asynccontextmanager
async def listening(app: Any, listener: socket.socket) -> AsyncIterator[None]:
    """Serve an ASGI application, whose lifespan is somebody else's business, in this event loop."""
    serving = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical", ws="none"))
    task = asyncio.create_task(serving.serve(sockets=[listener]))
    try:
        yield
    finally:
        serving.should_exit = True
        await task


@asynccontextmanager
async def at_own_origin(settings: Settings) -> AsyncIterator[tuple[str, FastAPI]]:
    """Serve an application on loopback, and give its origin, which is its issuer, and the application itself."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        own = Settings.model_validate({**settings.model_dump(), "public_url": origin, "resolver_url": None})
        async with running(create_app(own)) as app, listening(app, listener):
            yield origin, app
