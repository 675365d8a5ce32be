"""A live installation for pages that are run as they stand: a server on a port, and a worker that does what is due."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import structlog
from tests.conftest import MovableClock, Office
from tests.contract.server import served
from tests.docs import recipes
from tests.docs.recipes import Recipe

from tracepass.app import create_app
from tracepass.assembly import build_services
from tracepass.core.leases import Overtaken
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
        async with self.working():
            printed = await recipes.run(recipe.script(self.url), folder)
        return recipe.differences(printed.replace(self.url, recipes.ORIGIN))

    async def shell(self, commands: str, folder: Path, **variables: str) -> str:
        """Run the commands of a page with variables that readers have set; return what they print."""
        known = {"TRACEPASS_URL": self.url, "TRACEPASS_KEY": self.key, **variables}
        given = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in known.items())
        async with self.working():
            return await recipes.run(f"set -euo pipefail\n{given}{commands.replace(recipes.ORIGIN, self.url)}", folder)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Let a worker do what is due for the length of a block."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._work(stop))
        try:
            yield
        finally:
            stop.set()
            await task

    def client(self) -> httpx2.AsyncClient:
        """Return a client with all rights."""
        return httpx2.AsyncClient(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"})

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            while await self.workshop.jobs.run_one():
                pass
            await self.workshop.post.run_once()
            with contextlib.suppress(Overtaken):  # by the sealer of another test
                await self.workshop.sealer.seal_once()
            await asyncio.sleep(0.05)
        await self.workshop.sealer.lease.release()


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
        clock, logging = MovableClock(), structlog.get_config()
        application = create_app(local)
        structlog.configure(**logging)  # the lines of the suite go where they went
        services = build_services(database, local, clock)
        key = await office.key(await office.workspace(name="Cookbook"))
        async with services[Outbound]:
            with served(application, listener) as url:
                yield Place(url, key, Workshop.over(database, local, clock, services))
