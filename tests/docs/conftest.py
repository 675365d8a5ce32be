"""A live installation for pages that are run as they stand: a server on a port, and a worker that does what is due."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.conftest import MovableClock, Office
from tests.contract.server import served
from tests.docs import recipes
from tests.docs.recipes import Recipe

from tracepass.app import create_app
from tracepass.assembly import build_services
from tracepass.core.mongo import Database
from tracepass.core.outbound import Outbound
from tracepass.settings import Settings, Webhooks
from tracepass.worker import Workshop


@dataclass(frozen=True)
class Place:
    """Where recipes are run: the address of a server, and a key with all rights, as `make run` gives them."""

    url: str
    key: str
    workshop: Workshop

    async def run(self, recipe: Recipe, folder: Path) -> list[str]:
        """Run a recipe; return where its page shows something else than was printed."""
        (folder / ".tracepass").mkdir(exist_ok=True)
        (folder / ".tracepass/demo.key").write_text(self.key)
        recipe.write(folder, self.url)
        working = asyncio.create_task(self._work())
        try:
            printed = await recipes.run(recipe.script(self.url), folder)
            return recipe.differences(printed.replace(self.url, recipes.ORIGIN))
        finally:
            working.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await working

    async def _work(self) -> None:
        while True:
            while await self.workshop.jobs.run_one():
                pass
            await self.workshop.post.run_once()
            await self.workshop.sealer.seal_once()
            await asyncio.sleep(0.05)


@pytest.fixture(scope="package")
async def place(settings: Settings, office: Office, database: Database) -> AsyncIterator[Place]:
    """An installation that may call receivers on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        local = Settings(
            _env_file=None,
            mongodb_uri=settings.mongodb_uri,
            database=settings.database,
            secret_key=settings.secret_key,
            public_url=address,
            webhooks=Webhooks(allow_local=True),
            log_level="critical",
        )
        clock = MovableClock()
        services = build_services(database, local, clock)
        key = await office.key(await office.workspace(name="Cookbook"))
        async with services[Outbound]:
            with served(create_app(local), listener) as url:
                yield Place(url, key, Workshop.over(database, local, clock, services))
