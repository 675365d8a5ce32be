"""The drill: a thousand concurrent writes, a part of the installation killed among them, and nothing lost.

Four promises are checked after the recovery. Every write that was acknowledged is there, with its record in the
history. Every write that was not acknowledged happened wholly or not at all, so that the client may simply repeat it.
Every repetition ends in one passport for each serial. And no process of a killed parent lingers.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

import httpx2
from tests.faults.installation import Installation, Part, command, command_line, wait_for

GTIN = "04012345000016"
_CONNECTIONS = 64
_PATIENCE_SECONDS = 60.0


@dataclass
class Drill:
    """One round on a running installation: `writes` passports, `part` killed once `kill_after` were acknowledged."""

    installation: Installation
    part: Part
    writes: int
    kill_after: int
    label: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)
    _killed: bool = False
    _before: list[int] = field(default_factory=list)

    async def run(self, key: str) -> str:
        """Do the round with an API key and give a line about it; an AssertionError names what was lost."""
        async with _client(self.installation, key) as client:
            product = await _product(client, self.label)
        serials = [f"{self.label}-{number}" for number in range(self.writes)]
        async with _client(self.installation, key) as client:
            await _each(serials, lambda serial: self._write(client, product, serial))
        assert self._killed, f"only {len(self.acknowledged)} writes were acknowledged, {self.part} was not killed"
        await asyncio.to_thread(self.installation.await_recovery)
        async with _client(self.installation, key) as client:
            await _each(self.acknowledged, lambda serial: self._check(client, serial))
            await _each(self.unanswered, lambda serial: _repeat(client, product, serial))
            await _each(serials, lambda serial: _check_single(client, serial))
        if self.part in {"supervisor", "everything"}:
            await asyncio.to_thread(wait_for, lambda: not any(command_line(pid) for pid in self._before))
        return f"{self.part}: {len(self.acknowledged)} acknowledged, none lost; {len(self.unanswered)} repeated"

    async def _write(self, client: httpx2.AsyncClient, product: str, serial: str) -> None:
        try:
            answer = await _create(client, product, serial)
        except httpx2.TransportError:
            self.unanswered.append(serial)
            return
        if answer.status_code == HTTPStatus.CREATED:
            self.acknowledged[serial] = answer.json()["_id"]
        else:
            assert answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
            self.unanswered.append(serial)
        if len(self.acknowledged) >= self.kill_after and not self._killed:
            self._killed = True
            self._before = self.installation.members("everything")
            self.installation.kill(self.part)

    async def _check(self, client: httpx2.AsyncClient, serial: str) -> None:
        path = f"/api/v1/passports/{self.acknowledged[serial]}"
        answer = await client.get(path)
        assert answer.status_code == HTTPStatus.OK, f"{serial} was acknowledged and is lost: {answer.text}"
        assert answer.json()["gs1"]["serialNumber"] == serial
        history = (await client.get(f"{path}/history")).json()["data"]
        assert history["total"] == 1, f"{serial} has {history['total']} records of its creation"


async def _create(client: httpx2.AsyncClient, product: str, serial: str) -> httpx2.Response:
    body = {"productId": product, "gs1": {"gtin": GTIN, "serialNumber": serial}}
    return await client.post("/api/v1/passports", json=body)


async def _repeat(client: httpx2.AsyncClient, product: str, serial: str) -> None:
    """Do again what was not acknowledged: it is made now, or it turns out to have been made after all."""
    answer = await _create(client, product, serial)
    assert answer.status_code in {HTTPStatus.CREATED, HTTPStatus.CONFLICT}, (
        f"{serial} cannot be repeated: {answer.text}"
    )
    if answer.status_code == HTTPStatus.CONFLICT:
        assert answer.json()["error"] == "duplicate_serial"


async def _check_single(client: httpx2.AsyncClient, serial: str) -> None:
    answer = await client.get(f"/api/v1/passports/by-serial/{serial}")
    assert answer.status_code == HTTPStatus.OK, f"{serial} holds its key without a passport: {answer.text}"


async def _product(client: httpx2.AsyncClient, label: str) -> str:
    body = {"name": "Drill", "model": f"Drill {label}", "category": "battery"}
    answer = await client.post("/api/v1/products", json=body)
    assert answer.status_code == HTTPStatus.CREATED, answer.text
    identity: str = answer.json()["_id"]
    return identity


async def _each(serials: Iterable[str], act: Callable[[str], Awaitable[None]]) -> None:
    async with asyncio.TaskGroup() as group:
        for serial in serials:
            group.create_task(_awaited(act(serial)))


async def _awaited(work: Awaitable[None]) -> None:
    await work


@asynccontextmanager
async def _client(installation: Installation, key: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Give a client of our own for each phase: connections to killed processes are of no more use."""
    async with httpx2.AsyncClient(
        base_url=installation.url,
        headers={"Authorization": f"Bearer {key}"},
        limits=httpx2.Limits(max_connections=_CONNECTIONS),
        timeout=httpx2.Timeout(_PATIENCE_SECONDS, pool=None),
    ) as client:
        yield client


def workspace_key(installation: Installation) -> str:
    """Make a workspace without limits beside the running server and give its key."""
    options = ["--name", "Drill", "--plan", "enterprise", "--data-dir", str(installation.data_dir)]
    key: str = command("workspace", "create", *options)["apiKey"]
    return key


def drill(installation: Installation, part: Part, *, writes: int, chance: random.Random, key: str, label: str) -> str:
    """Run one round and give a line about it; `chance` picks the moment of the kill."""
    kill_after = chance.randint(writes // 10, writes // 2)
    return asyncio.run(Drill(installation, part, writes, kill_after, label).run(key))
