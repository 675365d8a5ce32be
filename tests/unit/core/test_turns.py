"""Writers of one thing go one after the other; those of other things do not wait."""

from __future__ import annotations

import asyncio
import gc

from tracepass.core.turns import Turns


async def test_writers_of_one_thing_never_meet_and_keep_their_order() -> None:
    turns, inside, order = Turns(), 0, []

    async def write(number: int) -> None:
        nonlocal inside
        async with turns.at("one"):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0)
            order.append(number)
            inside -= 1

    await asyncio.gather(*(write(number) for number in range(20)))
    assert order == list(range(20))


async def test_writers_of_other_things_do_not_wait() -> None:
    turns = Turns()
    async with turns.at("one"), turns.at("two"):
        assert turns.at("one").locked()
        assert not turns.at("three").locked()


async def test_nothing_is_remembered_of_what_nobody_writes() -> None:
    turns = Turns()
    async with turns.at("one"):
        pass
    gc.collect()
    assert not turns._queues  # noqa: SLF001 - what is forgotten cannot be seen from outside
