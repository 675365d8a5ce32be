"""Waking whoever waits for work: by a change stream of the database where it has one, else by looking again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog

from tracepass.core.mongo import Database, PyMongoError

RETRY_SECONDS = 5.0
SILENCE_MS = 500
"""How long the stream may be silent before it is seen whether to stop."""

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
    """Rings a bell when documents are inserted into a collection, so that nobody need look often.

    ``watched`` says which collections, and what their new documents must look like to be worth a ring: equal members.
    """

    def __init__(self, database: Database, watched: Mapping[str, Mapping[str, Any]]) -> None:
        self._database = database
        self._watched = watched
        self._bells = {collection: Bell() for collection in watched}

    def bell(self, collection: str) -> Bell:
        """Return the bell of a collection; one waits for it."""
        return self._bells[collection]

    def ring(self) -> None:
        """Wake everybody."""
        for bell in self._bells.values():
            bell.ring()

    async def listen(self, stop: asyncio.Event) -> None:
        """Ring for what is inserted until told to stop; while there is no change stream, nothing rings."""
        while not stop.is_set():
            try:
                await self._listen(stop)
            except PyMongoError as error:
                _log.warning("no change stream", error=type(error).__name__)
                await _pause(stop)

    async def _listen(self, stop: asyncio.Event) -> None:
        async with await self._database.files.watch(self._pipeline, max_await_time_ms=SILENCE_MS) as stream:
            # What was inserted before the stream began has rung no bell.
            self.ring()
            while not stop.is_set():
                inserted = await stream.try_next()
                if inserted is not None:
                    self._bells[inserted["ns"]["coll"]].ring()

    @property
    def _pipeline(self) -> list[Mapping[str, Any]]:
        inserted = [
            {"ns.coll": collection, **{f"fullDocument.{name}": value for name, value in members.items()}}
            for collection, members in self._watched.items()
        ]
        return [{"$match": {"operationType": "insert", "$or": inserted}}, {"$project": {"_id": 1, "ns": 1}}]


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), RETRY_SECONDS)
    except TimeoutError:
        return
