"""Many small trips in few: what is asked for while one trip is under way goes along with the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

MOST = 500

Item = TypeVar("Item")
Result = TypeVar("Result")


class Gathering(Generic[Item, Result]):
    """Does something for many at once; who asks for it waits until it is done.

    ``work`` takes up to 500 items and returns a result for each; what it raises, all of them are told.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]]) -> None:
        self._work = work
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def ask(self, item: Item) -> Result:
        """Have it done for an item, together with those that others ask for at the same time."""
        result: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, result))
        if self._worker is None:
            self._worker = asyncio.create_task(self._run())
        return await result

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                results = await self._work([item for item, _ in batch])
            except Exception as fault:  # noqa: BLE001 - it is theirs who asked
                _tell(batch, fault)
            else:
                for (_, waiting), result in zip(batch, results, strict=True):
                    if not waiting.done():
                        waiting.set_result(result)
        self._worker = None


def _tell(batch: Sequence[tuple[Item, asyncio.Future[Result]]], fault: Exception) -> None:
    """Let those who have not given up waiting know what went wrong."""
    for _, waiting in batch:
        if not waiting.done():
            waiting.set_exception(fault)
