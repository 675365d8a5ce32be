"""Large documents of EPCIS are captured once, all or nothing where that is wanted, whatever dies on the way."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx2
import orjson
import pytest
from tests.faults.bringing import drill_settings
from tests.faults.installation import Installation, command, environment
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.app import create_app
from tracepass.assembly import INDEXES
from tracepass.core.clock import system_clock
from tracepass.core.embedded import MongodNotFound, find_mongod
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database
from tracepass.epcis import largedocuments, service
from tracepass.identity.models import Workspace
from tracepass.identity.service import ApiKeys, Workspaces
from tracepass.settings import Settings

SEED = int(os.environ.get("TRACEPASS_DRILL_SEED") or random.SystemRandom().randrange(2**32))
SECRET_KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
PROCEED = {"GS1-Capture-Error-Behaviour": "proceed"}
PATIENCE_SECONDS = 60
Event = dict[str, Any]


def event(number: int, **members: Any) -> Event:
    return {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012x}",
        "eventTime": "2026-06-01T12:00:00.000Z",
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "epcList": [f"urn:epc:id:sscc:0614141.{number:010d}"],
        **members,
    }


@dataclass
class Crew:
    """Workers that can be killed and are replaced."""

    settings: Settings
    lease: float = 1
    killed: int = 0
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def hire(self, count: int = 1) -> None:
        assert self.settings.mongodb_uri is not None
        arguments = [self.settings.mongodb_uri.get_secret_value(), self.settings.database, SECRET_KEY, str(self.lease)]
        line = [sys.executable, "-m", "tests.faults.capturing", *arguments]
        self._processes += [subprocess.Popen(line, env=environment()) for _ in range(count)]

    def kill(self) -> None:
        victim = self._processes.pop(0)
        victim.kill()
        victim.wait()
        self.killed += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        while self._processes:
            self.kill()


@dataclass
class Site:
    """A database of the drill's own, with a workspace whose events are counted."""

    settings: Settings
    database: Database
    client: httpx2.AsyncClient
    workspace: Workspace

    async def capture(self, events: list[Event], **headers: str) -> Id:
        answer = await self.client.post("/epcis/capture", json=events, headers=headers)
        assert (answer.status_code, answer.json()["running"]) == (202, True), answer.text
        return Id(answer.json()["captureID"])

    async def at(self, capture: Id, phase: str, step: int) -> None:
        """Wait until a capture has come so far."""
        captures = self.database.collection("epcisCaptures")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                found = await captures.find_one({"_id": capture}, comment=A_TEST_LOOKS)
                assert found is not None
                if not found["running"] or (found["phase"] == phase and found["step"] >= step):
                    return
                await asyncio.sleep(0.001)

    async def done(self, capture: Id, *, patience: float = PATIENCE_SECONDS) -> Event:
        """Wait until a capture is over, and until nothing of it is left; return its job."""
        async with asyncio.timeout(patience):
            while True:
                job = (await self.client.get(f"/epcis/capture/{capture}")).json()
                parts = self.database.collection("epcisCaptureParts")
                if not job["running"] and await parts.find_one({"captureId": capture}, comment=A_TEST_LOOKS) is None:
                    return dict(job)
                await asyncio.sleep(0.02)

    async def stored(self) -> list[str]:
        """Return the ids of all events there are."""
        found = self.database.collection("epcisEvents").find({}, {"eventID": 1}, comment=A_TEST_LOOKS)
        return [one["eventID"] async for one in found]

    async def used(self) -> int:
        me = (await self.client.get("/me")).json()
        return int(me["quotas"]["epcisEventsPerMonth"]["used"])


@asynccontextmanager
async def site(uri: str) -> AsyncIterator[Site]:
    settings = drill_settings(uri, f"captures_{new_id()}", SECRET_KEY)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        database: Database = app.state.services[Database]
        await database.create_indexes(INDEXES)
        workspace = await Workspaces(database, clock=system_clock).create("Drill", "growth")
        key = (await ApiKeys(database, clock=system_clock).create(workspace, "drill")).secret
        headers = {"Authorization": f"Bearer {key}"}
        async with httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://drill.test/api/v1", headers=headers, timeout=60
        ) as client:
            yield Site(settings, database, client, workspace)
        await database.drop()


@pytest.fixture(autouse=True)
def many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few hundred events be a large document of many parts."""
    monkeypatch.setattr(service, "AT_ONCE", 20)
    monkeypatch.setattr(largedocuments, "PART_EVENTS", 10)


def counts(job: Event) -> tuple[bool, int, int, int]:
    return job["success"], job["capturedCount"], job["repeatedCount"], job["errorCount"]


async def _killed_at(here: Site, crew: Crew, capture: Id, moments: list[tuple[str, int]]) -> Event:
    """Kill the worker at each of some moments of a capture, replace it, and wait for the end."""
    crew.hire()
    for phase, step in moments:
        await here.at(capture, phase, step)
        crew.kill()
        crew.hire()
    return await here.done(capture)


async def test_a_killed_worker_loses_nothing_and_doubles_nothing(mongod: str) -> None:
    async with site(mongod) as here:
        with Crew(here.settings) as crew:
            events = [event(number) for number in range(300)]
            job = await _killed_at(here, crew, await here.capture(events), [("checking", 7), ("storing", 9)])
            assert counts(job) == (True, 300, 0, 0)
            stored = await here.stored()
            assert sorted(stored) == sorted(one["eventID"] for one in events)
            assert await here.used() == 300


@pytest.mark.faults
async def test_what_may_proceed_is_captured_once_too(mongod: str) -> None:
    async with site(mongod) as here:
        with Crew(here.settings) as crew:
            events = [event(number) for number in range(300)]
            faulty = [one | {"action": "MOVE"} if number % 30 == 7 else one for number, one in enumerate(events)]
            capture = await here.capture([*faulty, *events[:5]], **PROCEED)
            job = await _killed_at(here, crew, capture, [("storing", 3), ("storing", 20)])
            assert counts(job) == (False, 290, 5, 10)
            assert [error["index"] for error in job["errors"]] == list(range(7, 300, 30))
            stored = await here.stored()
            assert (len(stored), len(set(stored))) == (290, 290)
            assert await here.used() == 290


async def test_nothing_is_left_where_all_was_wanted_and_one_event_is_in_the_way(mongod: str) -> None:
    async with site(mongod) as here:
        with Crew(here.settings) as crew:
            events = [event(number) for number in range(300)]
            # Found out only while storing: within one document nothing says it before.
            capture = await here.capture([*events, events[0] | {"action": "ADD"}])
            job = await _killed_at(here, crew, capture, [("checking", 30), ("storing", 25), ("removing", 30)])
            assert counts(job) == (False, 0, 1, 1) or counts(job) == (False, 0, 0, 1)
            assert await here.stored() == []
            assert await here.used() == 0


async def test_two_identical_documents_at_once_are_one(mongod: str) -> None:
    async with site(mongod) as here:
        with Crew(here.settings) as crew:
            crew.hire(2)
            events = [event(number) for number in range(300)]
            captures = await asyncio.gather(here.capture(events), here.capture(events))
            jobs = [await here.done(capture) for capture in captures]
            assert [job["success"] for job in jobs] == [True, True]
            assert sum(job["capturedCount"] for job in jobs) == 300
            assert sum(job["repeatedCount"] for job in jobs) == 300
            stored = await here.stored()
            assert (len(stored), len(set(stored))) == (300, 300)
            assert await here.used() == 300


@pytest.mark.faults
@pytest.mark.timeout(600)
async def test_workers_killed_again_and_again_capture_everything_once(
    mongod: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(largedocuments, "PART_EVENTS", 100)
    chance = random.Random(SEED)  # noqa: S311 - it picks moments, not secrets
    async with site(mongod) as here:
        with Crew(here.settings, lease=2) as crew:
            crew.hire(2)
            captures = [
                await here.capture([event(20_000 * turn + number) for number in range(20_000)], **headers)
                for turn, headers in enumerate(({}, PROCEED, {}))
            ]
            for _ in range(20):
                await asyncio.sleep(chance.uniform(0.5, 3))
                crew.kill()
                crew.hire()
            crew.hire(2)
            jobs = [await here.done(capture, patience=300) for capture in captures]
            assert [counts(job) for job in jobs] == [(True, 20_000, 0, 0)] * 3, f"seed {SEED}"
            stored = await here.stored()
            assert (len(stored), len(set(stored))) == (60_000, 60_000), f"seed {SEED}"
            assert await here.used() == 60_000
            sys.stdout.write(f"60,000 events, {crew.killed} kills: each captured once (seed {SEED})\n")


@pytest.fixture
def installation(tmp_path: Path) -> Any:
    explicit = os.environ.get("TRACEPASS_MONGOD")
    try:
        find_mongod(Path(explicit) if explicit else None)
    except MongodNotFound as missing:
        pytest.skip(str(missing))
    with Installation(tmp_path / "data") as running:
        yield running


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", ["mongod", "worker", "everything"])
def test_a_capture_outlives_its_installation(installation: Installation, part: Any) -> None:
    """Kill a part of a whole installation, as a user runs it, in the middle of a capture of 20,000 events."""
    options = ["--name", "Drill", "--plan", "growth", "--data-dir", str(installation.data_dir)]
    key = command("workspace", "create", *options)["apiKey"]
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with httpx2.Client(base_url=f"{installation.url}/api/v1", headers=headers, timeout=120) as client:
        events = [event(number) for number in range(20_000)]
        job = client.post("/epcis/capture", content=orjson.dumps(events)).json()
        while not client.get(f"/epcis/capture/{job['captureID']}").json()["capturedCount"]:
            pass
        installation.kill(part)
    installation.await_recovery()
    begun = datetime.now(UTC)
    with httpx2.Client(base_url=f"{installation.url}/api/v1", headers=headers, timeout=120) as client:
        while job["running"]:
            job = client.get(f"/epcis/capture/{job['captureID']}").json()
            assert (datetime.now(UTC) - begun).total_seconds() < 300, job
        assert counts(job) == (True, 20_000, 0, 0)
        me = client.get("/me").json()
        assert me["quotas"]["epcisEventsPerMonth"]["used"] == 20_000
        assert sum(1 for _ in _all(client)) == 20_000


def _all(client: httpx2.Client) -> Any:
    """Yield the ids of all events, page by page, each once."""
    seen: set[str] = set()
    where: str | None = "/api/v1/epcis/events?perPage=1000"
    while where is not None:
        answer = client.get(str(client.base_url.copy_with(raw_path=where.encode())))
        found = answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"]
        for one in found:
            assert one["eventID"] not in seen
            seen.add(one["eventID"])
            yield one["eventID"]
        link = answer.headers.get("link")
        where = None if link is None else link[1 : link.index(">")]
