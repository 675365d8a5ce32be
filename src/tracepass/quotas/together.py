"""Taking from counters together: what many ask of one at the same time is one trip, if there is enough for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from tracepass.core.gathering import Gathering


class Counting(Protocol):
    """What is needed of a counter."""

    @property
    def id(self) -> str:
        """Return its key."""
        ...


Counted = TypeVar("Counted", bound=Counting)


@dataclass(frozen=True, slots=True)
class Taking(Generic[Counted]):
    """Units that somebody wants of a counter, at a moment, within a cap if there is one."""

    counter: Counted
    units: int
    cap: int | None = None
    at: str = ""


class Together(Generic[Counted]):
    """Takes from counters; ``take`` adds units and returns the sum, or None if it would go beyond the cap."""

    def __init__(self, take: Callable[[Taking[Counted]], Awaitable[int | None]]) -> None:
        self._one = take
        self._gathering = Gathering(self._all)

    async def take(self, taking: Taking[Counted]) -> int | None:
        """Take, together with those who take at the same time; return the sum with these units, or None."""
        return await self._gathering.ask(taking)

    async def _all(self, takings: Sequence[Taking[Counted]]) -> Sequence[int | None]:
        alike: dict[tuple[str, int | None], list[int]] = {}
        for index, taking in enumerate(takings):
            alike.setdefault((taking.counter.id, taking.cap), []).append(index)
        groups = list(alike.values())
        found = await asyncio.gather(*(self._of_one([takings[index] for index in group]) for group in groups))
        sums: list[int | None] = [None] * len(takings)
        for group, results in zip(groups, found, strict=True):
            for index, used in zip(group, results, strict=True):
                sums[index] = used
        return sums

    async def _of_one(self, takings: Sequence[Taking[Counted]]) -> Sequence[int | None]:
        """Take from one counter: for all at once, or else one after the other, so that the last units find takers."""
        first, units = takings[0], [taking.units for taking in takings]
        if len(takings) > 1:
            used = await self._one(Taking(first.counter, sum(units), first.cap, takings[-1].at))
            if used is not None:
                return [used - sum(units[index + 1 :]) for index in range(len(units))]
        return [await self._one(taking) for taking in takings]
