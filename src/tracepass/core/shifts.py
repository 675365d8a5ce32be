"""The loop of whoever works through a queue: work while there is some, then wait for a ring, a pause, or the end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from tracepass.core.alarm import Bell
from tracepass.core.mongo import PyMongoError

PAUSE_SECONDS = 1.0
GATHERED_SECONDS = 0.01
"""How long a ring may wait for others, so that what comes close together is done together."""

_log = structlog.get_logger()


async def work_shift(work: Callable[[], Awaitable[int]], bell: Bell, stop: asyncio.Event, *, who: str) -> None:
    """Do a work again and again until told to stop; it says how much it did, and nothing means that there is none."""
    while not stop.is_set():
        if not await attempt(work, who=who):
            await bell.wait(PAUSE_SECONDS)
            await wait_for(stop, GATHERED_SECONDS)


async def attempt(work: Callable[[], Awaitable[int | None]], *, who: str) -> int:
    """Do some work; while the database is away it is left for the next time."""
    try:
        return await work() or 0
    except PyMongoError as error:
        _log.warning(f"{who} wait for the database", error=type(error).__name__)
        return 0


async def wait_for(stop: asyncio.Event, seconds: float) -> None:
    """Wait for the end, but not longer than this."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
