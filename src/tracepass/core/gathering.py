"""Many small updates in few trips: what is asked for while one trip is under way goes along with the next."""

from __future__ import annotations

import asyncio

from pymongo import UpdateOne

from tracepass.core.mongo import Database, PyMongoError

MOST = 500


class GatheredUpdates:
    """Updates of single documents of one collection; who asks for one waits until it is written."""

    def __init__(self, database: Database, collection: str) -> None:
        self._collection = database.collection(collection)
        self._waiting: list[tuple[UpdateOne, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def apply(self, update: UpdateOne) -> None:
        """Write an update, together with those that others ask for at the same time.

        Raises:
            PyMongoError: the database did not take the updates.
        """
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((update, written))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        await written

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            fault: PyMongoError | None = None
            try:
                await self._collection.bulk_write([update for update, _ in batch], ordered=False)
            except PyMongoError as error:
                fault = error
            for _, written in batch:
                _tell(written, fault)
        self._writer = None


def _tell(written: asyncio.Future[None], fault: PyMongoError | None) -> None:
    """Let whoever waits go on, unless they have given up waiting."""
    if written.done():
        return
    if fault is None:
        written.set_result(None)
    else:
        written.set_exception(fault)
