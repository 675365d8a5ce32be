"""Sealers killed at any instant leave a chain without a fork, a gap or a loss."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from tests.faults.installation import environment

from tracepass.core.changes import INDEXES
from tracepass.core.clock import system_clock
from tracepass.core.ids import new_id
from tracepass.core.mongo import Database, connected
from tracepass.core.sealer import Sealer
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import OPERATOR, Tenancy
from tracepass.core.verification import ChainCheck

SEED = int(os.environ.get("TRACEPASS_DRILL_SEED") or random.SystemRandom().randrange(2**32))
SEALERS = 3


@pytest.fixture
async def home(mongod: str) -> AsyncIterator[tuple[str, str, Database]]:
    name = f"sealing_{new_id()}"
    async with connected(mongod, name=name) as database:
        await database.create_indexes(INDEXES)
        yield mongod, name, database
        await database.drop()


def _start(uri: str, name: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.faults.sealing", uri, name], env=environment())


async def _drill(home: tuple[str, str, Database], *, kills: int) -> None:
    uri, name, database = home
    chance = random.Random(SEED)  # noqa: S311 - it picks moments, not secrets
    tenancies = [Tenancy(new_id(), "live") for _ in range(3)]
    log, written = SecurityLog(database, clock=system_clock), 0
    sealers = [_start(uri, name) for _ in range(SEALERS)]
    try:
        for _ in range(kills):
            moment = asyncio.get_running_loop().time() + chance.uniform(0.2, 1.5)
            while asyncio.get_running_loop().time() < moment:
                await log.note(chance.choice(tenancies), "drill", entity=("drill", "x"), actor=OPERATOR)
                written += 1
            victim = chance.randrange(SEALERS)
            sealers[victim].kill()
            sealers[victim].wait()
            sealers[victim] = _start(uri, name)
    finally:
        for sealer in sealers:
            sealer.kill()
            sealer.wait()
    checks = [ChainCheck(database, tenancy) for tenancy in tenancies]
    amidst = sum([(await check.state()).entries for check in checks])
    await _seal_the_rest(database)
    states = [await check.state() for check in checks]
    assert sum(state.entries for state in states) == written
    assert [fault async for fault in _faults(checks)] == []
    assert amidst > 0, "no sealer came to work before it was killed"
    sys.stdout.write(f"{written} written, {amidst} sealed amidst {kills} kills, none lost (seed {SEED})\n")


async def _faults(checks: list[ChainCheck]) -> AsyncIterator[str]:
    for check in checks:
        async for fault in check.faults(await check.state()):
            yield fault.message


async def _seal_the_rest(database: Database) -> None:
    sealer = Sealer(database, clock=system_clock)
    while not await sealer.lease.hold():
        pass
    while await sealer.seal_once():
        pass


async def test_killed_sealers_leave_one_whole_chain(home: tuple[str, str, Database]) -> None:
    await _drill(home, kills=4)


@pytest.mark.faults
@pytest.mark.timeout(300)
async def test_many_killed_sealers_leave_one_whole_chain(home: tuple[str, str, Database]) -> None:
    await _drill(home, kills=60)
