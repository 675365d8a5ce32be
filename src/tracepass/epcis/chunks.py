"""Events are prepared chunk by chunk in a thread, ahead of whoever stores them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

from tracepass.epcis.storing import Batch

CHUNK: Final = 250

Prepare = Callable[[Sequence[Any], int], Batch]
"""Prepares some events; the number is the place of the first."""


class Chunks:
    """The events of one document, on their way to be prepared."""

    def __init__(self, events: Sequence[Any], prepare: Prepare) -> None:
        self._events = events
        self._prepare = prepare
        self._loop = asyncio.get_running_loop()
        self._starts = range(0, len(events), CHUNK)
        self._done: list[asyncio.Future[Batch]] = [self._loop.create_future() for _ in self._starts]
        self._work = asyncio.create_task(asyncio.to_thread(self._run))

    def __len__(self) -> int:
        """Return how many chunks there are."""
        return len(self._starts)

    async def batch(self, number: int) -> Batch:
        """Return a chunk, once it is prepared."""
        done = self._done[number]
        waited: set[asyncio.Future[Any]] = {done, self._work}
        await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
        if not done.done():
            # The thread says why it stopped, or is about to hand over its last.
            await self._work
        return await done

    async def whole(self) -> Batch:
        """Return all events together."""
        batches = [await self.batch(number) for number in range(len(self))]
        return Batch(
            [event for batch in batches for event in batch.prepared],
            [problem for batch in batches for problem in batch.problems],
        )

    def _run(self) -> None:
        for number, start in enumerate(self._starts):
            batch = self._prepare(self._events[start : start + CHUNK], start)
            self._loop.call_soon_threadsafe(self._done[number].set_result, batch)
