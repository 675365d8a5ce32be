"""Waking whoever waits for work: by a change stream of the database where it has one, else by looking again."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

import structlog

from tracepass.core.mongo import Database, PyMongoError

RETRY_SECONDS = 5.0

_log = structlog.get_logger()


class Bell:
    """What one waiter listens to; it has rung if anything happened since it was last waited for."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the waiter, or let it not wait the next time."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Wait until it rings, but not longer than this."""
        try:
            await asyncio.wait_for(self._rung.wait(), seconds)
        except TimeoutError:
            return
        finally:
            self._rung.clear()


class Alarm:
    """Rings its bells when documents were inserted into collections, so that nobody need look often."""

    def __init__(self, database: Database, collections: Collection[str]) -> None:
        self._database = database.files
        self._match = {"operationType": "insert", "ns.coll": {"$in": list(collections)}}
        self._bells: list[Bell] = []

    def bell(self) -> Bell:
        """Return a bell for one waiter."""
        bell = Bell()
        self._bells.append(bell)
        return bell

    async def listen(self, stop: asyncio.Event) -> None:
        """Ring for what is inserted until told to stop; while there is no change stream, nothing rings."""
        while not stop.is_set():
            try:
                await self._listen(stop)
            except PyMongoError as error:
                _log.warning("no change stream", error=type(error).__name__)
                await self._pause(stop)

    async def _listen(self, stop: asyncio.Event) -> None:
        pipeline: list[Mapping[str, Any]] = [{"$match": self._match}, {"$project": {"_id": 1}}]
        async with await self._database.watch(pipeline, max_await_time_ms=500) as stream:
            while not stop.is_set():
                if await stream.try_next() is not None:
                    for bell in self._bells:
                        bell.ring()

    async def _pause(self, stop: asyncio.Event) -> None:
        try:
            await asyncio.wait_for(stop.wait(), RETRY_SECONDS)
        except TimeoutError:
            return
