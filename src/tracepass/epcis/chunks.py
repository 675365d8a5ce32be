"""Events are prepared chunk by chunk in a thread, each while the one before it is being stored."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from tracepass.epcis.storing import Batch

FIRST: Final = 100
CHUNK: Final = 300
"""The first chunk is small, since nothing is stored while it is prepared."""

Prepare = Callable[[Sequence[Any], int], Batch]
"""Prepares some events; the number is the place of the first."""


class Chunks:
    """The events of one document, on their way to be prepared."""

    def __init__(self, events: Sequence[Any], prepare: Prepare) -> None:
        self._events = events
        self._prepare = prepare
        self._starts = [0, *range(FIRST, len(events), CHUNK), len(events)]
        self._begun: list[asyncio.Task[Batch]] = []

    def __len__(self) -> int:
        """Return how many chunks there are."""
        return len(self._starts) - 1

    def begin(self, number: int) -> None:
        """Begin to prepare a chunk, if there is one; those before it are prepared by then.

        The thread runs as soon as the caller waits for something. It is not begun earlier: it would keep the caller
        from working at what is prepared.
        """
        if number == len(self._begun) < len(self):
            start, end = self._starts[number : number + 2]
            self._begun.append(asyncio.create_task(asyncio.to_thread(self._prepare, self._events[start:end], start)))

    async def batch(self, number: int) -> Batch:
        """Return a chunk, once it is prepared."""
        self.begin(number)
        return await self._begun[number]

    async def whole(self) -> Batch:
        """Return all events together."""
        batches = [await self.batch(number) for number in range(len(self))]
        return Batch(
            [event for batch in batches for event in batch.prepared],
            [problem for batch in batches for problem in batch.problems],
        )
