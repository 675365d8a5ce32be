"""Workers killed at any instant lose no event, repeat few, and keep the order of each passport."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx2
import pytest
from tests.conftest import new_gtin
from tests.faults.bringing import drill_settings
from tests.faults.installation import environment
from tests.faults.receivers import taking, taking_some
from tests.receiver import Message, Receiver, receiving

from tracepass.app import create_app
from tracepass.assembly import INDEXES
from tracepass.core.clock import system_clock
from tracepass.core.ids import new_id
from tracepass.core.mongo import Database
from tracepass.identity.service import ApiKeys, Workspaces
from tracepass.settings import Settings

SEED = int(os.environ.get("TRACEPASS_DRILL_SEED") or random.SystemRandom().randrange(2**32))
SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
WORKERS = 3
FAILS, HANGS = 0.30, 0.05


@dataclass
class Book:
    """What a receiver was sent and what of it it took."""

    arrived: list[dict[str, Any]] = field(default_factory=list)
    taken: Counter[str] = field(default_factory=Counter)

    def write(self, message: Message, *, taken: bool) -> None:
        event = message.event
        self.arrived.append(event)
        if taken:
            self.taken[event["id"]] += 1

    @property
    def repeated(self) -> int:
        """How often an event was taken again that was taken already."""
        return self.taken.total() - len(self.taken)

    def first_arrivals(self) -> dict[str, list[int]]:
        """The versions of each passport in the order in which they arrived first."""
        found: dict[str, list[int]] = {}
        for event in self.arrived:
            versions = found.setdefault(event["data"]["_id"], [])
            if event["data"]["version"] not in versions:
                versions.append(event["data"]["version"])
        return found


@dataclass
class Crew:
    """The workers, one of which is killed now and then and replaced."""

    settings: Settings
    margin: float
    chance: random.Random
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    killed: int = 0

    def start(self) -> subprocess.Popen[bytes]:
        assert self.settings.mongodb_uri is not None
        uri = self.settings.mongodb_uri.get_secret_value()
        arguments = [uri, self.settings.database, SECRET_KEY, str(self.margin)]
        return subprocess.Popen([sys.executable, "-m", "tests.faults.bringing", *arguments], env=environment())

    def kill_one(self) -> None:
        victim = self.chance.randrange(WORKERS)
        self._end(self.processes[victim])
        self.processes[victim] = self.start()
        self.killed += 1

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        process.kill()
        process.wait()

    def __enter__(self) -> Self:
        self.processes = [self.start() for _ in range(WORKERS)]
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            self._end(process)


@asynccontextmanager
async def installation(uri: str) -> AsyncIterator[tuple[Settings, Database, httpx2.AsyncClient]]:
    """A database of the drill's own, and a client of a workspace in it."""
    settings = drill_settings(uri, f"webhooks_{new_id()}", SECRET_KEY)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        database: Database = app.state.services[Database]
        await database.create_indexes(INDEXES)
        workspace = await Workspaces(database, clock=system_clock).create("Drill", "enterprise")
        key = (await ApiKeys(database, clock=system_clock).create(workspace, "drill")).secret
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://drill.test/api/v1", headers=headers
        ) as client:
            yield settings, database, client
        await database.drop()


async def _drill(uri: str, *, passports: int, versions: int, seconds: float, kills: int, margin: float) -> None:
    chance = random.Random(SEED)  # noqa: S311 - it picks victims, not secrets
    well, ill = Book(), Book()

    async with (
        installation(uri) as (settings, database, client),
        receiving(taking(well)) as healthy,
        receiving(taking_some(ill, chance, fails=FAILS, hangs=HANGS)) as flaky,
    ):
        await _subscribe(client, healthy, flaky)
        with Crew(settings, margin, chance) as crew:
            async with asyncio.TaskGroup() as group:
                group.create_task(_produce(client, passports, versions, seconds))
                group.create_task(_kill(crew, seconds, kills))
            await _drained(database)
        events = passports * versions
        assert await database.collection("webhookDeliveries").count_documents({"status": "succeeded"}) == 2 * events
    assert crew.killed == kills
    assert (len(well.taken), len(ill.taken)) == (events, events), f"events were lost (seed {SEED})"
    in_order = [list(range(1, versions + 1))] * passports
    assert list(well.first_arrivals().values()) == in_order, f"the order does not hold (seed {SEED})"
    repeated = well.repeated + ill.repeated
    assert repeated < 0.05 * 2 * events, f"{repeated} of {2 * events} were taken twice (seed {SEED})"
    sys.stdout.write(
        f"{events} events to 2 receivers, {crew.killed} kills: none lost, {repeated} of {2 * events} taken twice, "
        f"{len(ill.arrived)} attempts at the one that fails, the order holds (seed {SEED})\n"
    )


async def _subscribe(client: httpx2.AsyncClient, *receivers: Receiver) -> None:
    for receiver in receivers:
        answer = await client.post("/webhooks", json={"url": receiver.url(), "events": ["*"]})
        assert answer.status_code == 201, answer.text


async def _produce(client: httpx2.AsyncClient, passports: int, versions: int, seconds: float) -> None:
    """Make passports and change them, spread over the time there is."""
    body = {"name": "Drill", "model": "D-1", "category": "battery"}
    product = (await client.post("/products", json=body)).json()["_id"]
    loop = asyncio.get_running_loop()
    begun, made = (
        loop.time(),
        [
            asyncio.ensure_future(_live(client, product, versions, wait=seconds * number / passports))
            for number in range(passports)
        ],
    )
    await asyncio.gather(*made)
    assert loop.time() - begun < seconds * 3, "this machine is too slow for the drill"


async def _live(client: httpx2.AsyncClient, product: str, versions: int, *, wait: float) -> None:
    """Live the life of a passport: it is made and changed, each change an event."""
    await asyncio.sleep(wait)
    gs1 = {"gtin": new_gtin(), "serialNumber": str(new_id())}
    answer = await client.post("/passports", json={"productId": product, "gs1": gs1})
    assert answer.status_code == 201, answer.text
    path = f"/passports/{answer.json()['_id']}/parties/importer"
    for number in range(1, versions):
        party = {"legalName": f"Importer {number}", "legacyOperatorId": "DE-1"}
        answer = await client.patch(path, json=party)
        assert answer.status_code == 200, answer.text


async def _kill(crew: Crew, seconds: float, kills: int) -> None:
    for _ in range(kills):
        await asyncio.sleep(seconds / kills)
        await asyncio.to_thread(crew.kill_one)


async def _drained(database: Database) -> None:
    """Wait until nothing is in the outbox, and no delivery pending."""
    waiting: tuple[dict[str, Any], ...] = (
        {"outbox": True, "at": {"$gt": ""}},
        {"status": "pending", "dueAt": {"$gt": ""}},
    )
    async with asyncio.timeout(120):
        while True:
            left = [
                await database.collection(name).count_documents(query, limit=1)
                for name, query in zip(("changes", "webhookDeliveries"), waiting, strict=True)
            ]
            if not any(left):
                return
            await asyncio.sleep(0.1)


async def test_killed_workers_lose_no_event(mongod: str) -> None:
    await _drill(mongod, passports=25, versions=3, seconds=2, kills=2, margin=1)


@pytest.mark.faults
@pytest.mark.timeout(400)
async def test_workers_killed_every_second_for_a_minute_lose_no_event(mongod: str) -> None:
    await _drill(mongod, passports=200, versions=10, seconds=60, kills=60, margin=15)
