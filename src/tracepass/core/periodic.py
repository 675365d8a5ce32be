"""Work that repeats while a process lives, such as writing down what was counted in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from tracepass.core.mongo import PyMongoError

_log = structlog.get_logger()

Work = Callable[[], Awaitable[None]]


@asynccontextmanager
async def repeated(work: Work, *, seconds: float) -> AsyncIterator[None]:
    """Do the work every so many seconds for the length of a block, and once more at its end."""
    stop = asyncio.Event()
    task = asyncio.create_task(_repeat(work, seconds, stop))
    try:
        yield
    finally:
        stop.set()
        await task
        await _attempt(work)


async def _repeat(work: Work, seconds: float, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await asyncio.wait_for(stop.wait(), seconds)
        except TimeoutError:
            await _attempt(work)


async def _attempt(work: Work) -> None:
    """Do the work; while the database is away it is left for the next time."""
    try:
        await work()
    except PyMongoError as error:
        _log.warning("periodic work failed", work=getattr(work, "__qualname__", str(work)), error=str(error))
