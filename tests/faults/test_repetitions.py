"""Repetitions and budgets with real processes: killed in the middle of a request, or many at once."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from tests.conftest import MovableClock, Office
from tests.faults.drill import GTIN, workspace_key
from tests.faults.dying import BATCH, BODIES, BODY, PATH
from tests.faults.installation import Installation, Part, command, environment

from tracepass.core.embedded import MongodNotFound, find_mongod
from tracepass.identity.models import Workspace
from tracepass.settings import Settings

LEASE_SECONDS = 60


async def _die(settings: Settings, key: str, idempotency_key: str, path: str, moment: str) -> None:
    """Let another process take a request up and die in it."""
    assert settings.mongodb_uri is not None
    arguments = (settings.mongodb_uri.get_secret_value(), settings.database, key, idempotency_key, path, moment)
    line = [sys.executable, "-m", "tests.faults.dying", *arguments]
    root = Path(__file__).parents[2]
    variables = environment() | {"PYTHONPATH": os.pathsep.join((str(root), environment()["PYTHONPATH"]))}
    process = await asyncio.create_subprocess_exec(*line, env=variables, cwd=root)
    assert await process.wait() == -signal.SIGKILL


async def test_a_process_that_dies_before_its_commit_frees_its_key(
    settings: Settings, office: Office, workspace: Workspace, client: httpx2.AsyncClient, clock: MovableClock
) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    await _die(settings, await office.key(workspace), headers["Idempotency-Key"], PATH, "mark")
    assert (await client.get(PATH)).json()["data"]["total"] == 0
    assert (await client.post(PATH, json=BODY, headers=headers)).json()["error"] == "idempotency_in_flight"
    clock.move(seconds=LEASE_SECONDS + 1)
    assert (await client.post(PATH, json=BODY, headers=headers)).status_code == 201


async def test_a_process_that_dies_after_its_commit_has_left_its_answer(
    settings: Settings, office: Office, workspace: Workspace, client: httpx2.AsyncClient
) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    await _die(settings, await office.key(workspace), headers["Idempotency-Key"], PATH, "keep")
    [made] = (await client.get(PATH)).json()["data"]["items"]
    answer = await client.post(PATH, json=BODY, headers=headers)
    assert (answer.status_code, answer.json()) == (201, made)
    assert answer.headers["idempotent-replayed"] == "true"
    assert answer.headers["location"] == f"{PATH}/{made['_id']}"
    assert (await client.get(PATH)).json()["data"]["total"] == 1


async def test_of_several_commits_a_dead_process_leaves_the_names(
    settings: Settings, office: Office, workspace: Workspace, client: httpx2.AsyncClient, clock: MovableClock
) -> None:
    headers = {"Idempotency-Key": uuid4().hex}
    await _die(settings, await office.key(workspace), headers["Idempotency-Key"], BATCH, "keep")
    clock.move(seconds=LEASE_SECONDS + 1)
    [made] = (await client.get(PATH)).json()["data"]["items"]
    answer = await client.post(BATCH, json=BODIES[BATCH], headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (409, "idempotency_answer_lost")
    assert answer.json()["details"] == {"effects": [{"type": "product", "id": made["_id"], "version": 1}]}
    assert (await client.get(PATH)).json()["data"]["total"] == 1


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    explicit = os.environ.get("TRACEPASS_MONGOD")
    try:
        find_mongod(Path(explicit) if explicit else None)
    except MongodNotFound as missing:
        pytest.skip(str(missing))
    with Installation(tmp_path / "data") as running:
        yield running


def _client(installation: Installation, key: str) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=32)
    headers = {"Authorization": f"Bearer {key}"}
    return httpx2.AsyncClient(
        base_url=installation.url, headers=headers, limits=limits, timeout=httpx2.Timeout(60, pool=None)
    )


def test_500_writes_at_once_over_two_processes_give_100(installation: Installation) -> None:
    options = ["--name", "Capped", "--plan", "free", "--data-dir", str(installation.data_dir)]
    key: str = command("workspace", "create", *options)["apiKey"]

    async def run() -> Counter[int]:
        async with _client(installation, key) as client:
            bodies = [{**BODY, "model": f"M-{number}"} for number in range(500)]
            answers = await asyncio.gather(*(client.post(PATH, json=body) for body in bodies))
        return Counter(answer.status_code for answer in answers)

    assert asyncio.run(run()) == {201: 100, 429: 400}


@pytest.mark.faults
@pytest.mark.parametrize("part", ["web", "mongod"])
def test_every_repeated_write_ends_in_one_passport_whatever_dies(installation: Installation, part: Part) -> None:
    """Kill a process among 400 writes, then repeat each of them under its key until it is answered."""
    key = workspace_key(installation)
    asyncio.run(_drill(installation, key, part))


async def _drill(installation: Installation, key: str, part: Part) -> None:
    async with _client(installation, key) as client:
        product = (await client.post(PATH, json=BODY)).json()["_id"]
        writes = [_Write(product, f"S-{number}") for number in range(400)]
        answered = asyncio.Semaphore(0)
        sending = asyncio.gather(*(write.send(client, answered) for write in writes))
        for _ in range(len(writes) // 4):
            await answered.acquire()
        installation.kill(part)
        await sending
    await asyncio.to_thread(installation.await_recovery)
    async with _client(installation, key) as client:
        await asyncio.gather(*(write.repeat(client) for write in writes))
        total = (await client.get("/api/v1/passports")).json()["data"]["total"]
    assert total == len(writes)


class _Write:
    """One creation under one key."""

    def __init__(self, product: str, serial: str) -> None:
        self._body = {"productId": product, "gs1": {"gtin": GTIN, "serialNumber": serial}}
        self._headers = {"Idempotency-Key": uuid4().hex}
        self._made: dict[str, Any] | None = None

    async def send(self, client: httpx2.AsyncClient, answered: asyncio.Semaphore) -> None:
        """Send it; the process may die over it."""
        try:
            answer = await client.post("/api/v1/passports", json=self._body, headers=self._headers)
        except httpx2.TransportError:
            return
        if answer.status_code == 201:
            self._made = answer.json()
            answered.release()

    async def repeat(self, client: httpx2.AsyncClient) -> None:
        """Repeat it until it has an answer: the first one, where there was one."""
        while True:
            try:
                answer = await client.post("/api/v1/passports", json=self._body, headers=self._headers)
            except httpx2.TransportError:
                continue
            if answer.json().get("error") not in {"idempotency_in_flight", "service_unavailable"}:
                break
            await asyncio.sleep(int(answer.headers.get("retry-after", "1")))
        assert answer.status_code == 201, answer.text
        assert self._made is None or answer.json() == self._made
