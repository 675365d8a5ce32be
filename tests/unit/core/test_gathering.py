"""Many small trips in few."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from tracepass.core.gathering import MOST, Gathering


class Trips:
    """Counts trips; each waits until it is let go."""

    def __init__(self) -> None:
        self.taken: list[list[int]] = []
        self.go = asyncio.Event()

    async def square(self, numbers: Sequence[int]) -> list[int]:
        self.taken.append(list(numbers))
        await self.go.wait()
        if 13 in numbers:
            raise ZeroDivisionError
        return [number**2 for number in numbers]


async def test_what_comes_during_a_trip_goes_with_the_next() -> None:
    trips = Trips()
    gathering = Gathering[int, int](trips.square)
    first = asyncio.create_task(gathering.ask(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(gathering.ask(number)) for number in range(1, 10)]
    await asyncio.sleep(0)
    trips.go.set()
    assert await asyncio.gather(first, *others) == [number**2 for number in range(10)]
    assert trips.taken == [[0], list(range(1, 10))]
    assert await gathering.ask(11) == 121


async def test_a_trip_takes_only_so_many() -> None:
    trips = Trips()
    trips.go.set()
    gathering = Gathering[int, int](trips.square)
    numbers = range(20, 20 + MOST + 5)
    assert await asyncio.gather(*map(gathering.ask, numbers)) == [number**2 for number in numbers]
    assert [len(taken) for taken in trips.taken] == [MOST, 5]


async def test_a_fault_is_told_to_all_of_its_trip_and_to_no_other() -> None:
    trips = Trips()
    trips.go.set()
    gathering = Gathering[int, int](trips.square)
    for outcome in await asyncio.gather(gathering.ask(13), gathering.ask(2), return_exceptions=True):
        assert isinstance(outcome, ZeroDivisionError)
    assert await gathering.ask(3) == 9


async def test_whoever_gives_up_waiting_disturbs_nobody() -> None:
    trips = Trips()
    gathering = Gathering[int, int](trips.square)
    hasty, patient = asyncio.create_task(gathering.ask(1)), asyncio.create_task(gathering.ask(2))
    await asyncio.sleep(0)
    hasty.cancel()
    trips.go.set()
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await hasty
