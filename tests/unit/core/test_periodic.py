"""Work that repeats."""

from __future__ import annotations

import asyncio

import pytest
from pymongo.errors import AutoReconnect

from tracepass.core.periodic import repeated


async def test_work_is_done_again_and_again_and_once_more_at_the_end() -> None:
    times, thrice = 0, asyncio.Event()

    async def work() -> None:
        nonlocal times
        times += 1
        if times >= 3:
            thrice.set()

    async with repeated(work, seconds=0.001):
        await asyncio.wait_for(thrice.wait(), 5)
        before = times
    assert times >= before + 1


async def test_the_end_does_not_wait_for_the_next_time() -> None:
    done: list[int] = []

    async def work() -> None:
        done.append(1)

    async with asyncio.timeout(5):
        async with repeated(work, seconds=3600):
            assert done == []
    assert done == [1]


async def test_a_database_that_is_away_is_tried_again_next_time() -> None:
    times, again = 0, asyncio.Event()

    async def work() -> None:
        nonlocal times
        times += 1
        if times > 1:
            again.set()
        raise AutoReconnect("away")

    async with repeated(work, seconds=0.001):
        await asyncio.wait_for(again.wait(), 5)


async def test_another_fault_is_not_swallowed() -> None:
    async def work() -> None:
        raise RuntimeError("ours")

    with pytest.raises(RuntimeError, match="ours"):
        async with repeated(work, seconds=3600):
            pass
