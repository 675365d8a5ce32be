"""Work that one process at a time may do, over any number of processes and hosts.

A lease runs out by the database's clock, so hosts whose clocks differ agree. Whoever takes it over gets a higher token;
work done under a lease touches it in its own transaction, so that what an overtaken holder still writes is refused.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import structlog
from pymongo import ReturnDocument

from tracepass.core.mongo import Database, DuplicateKeyError, Session

COLLECTION = "leases"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)

_log = structlog.get_logger()


class Overtaken(Exception):
    """Another process holds the lease now."""


class Lease:
    """One lease as one process sees it; ``holder`` names the process and ``seconds`` is how long a renewal lasts."""

    def __init__(self, database: Database, name: str, *, holder: str, seconds: int) -> None:
        self._leases = database.collection(COLLECTION)
        self._name = name
        self._holder = holder
        self._seconds = seconds
        self._token: int | None = None
        self._laid = False

    async def hold(self) -> bool:
        """Take the lease if it is free or run out, or renew it; tell whether it is held now."""
        mine: Any = {"$eq": ["$holder", self._holder]}
        renewal = {
            "token": {"$cond": [mine, "$token", {"$add": ["$token", 1]}]},
            "holder": self._holder,
            "until": {"$dateAdd": {"startDate": "$$NOW", "unit": "second", "amount": self._seconds}},
        }
        query = {"_id": self._name, "$expr": {"$or": [mine, {"$lte": ["$until", "$$NOW"]}]}}
        found = await self._leases.find_one_and_update(query, [{"$set": renewal}], return_document=ReturnDocument.AFTER)
        if found is None and not self._laid:
            await self._lay()
            return await self.hold()
        self._token = None if found is None else found["token"]
        return found is not None

    async def _lay(self) -> None:
        """Make the document if it is not there, as it is not at the first use ever."""
        blank = {"token": 0, "holder": None, "until": _LONG_AGO}
        try:
            await self._leases.update_one({"_id": self._name}, {"$setOnInsert": blank}, upsert=True)
        except DuplicateKeyError:
            _log.debug("another process made the lease", lease=self._name)
        self._laid = True

    async def guard(self, session: Session) -> None:
        """Let the transaction commit only if the lease is held until then.

        Raises:
            Overtaken: it is not.
        """
        own = {"_id": self._name, "holder": self._holder, "token": self._token}
        outcome = await self._leases.update_one(own, {"$inc": {"uses": 1}}, session=session)
        if self._token is None or outcome.matched_count == 0:
            raise Overtaken

    async def release(self) -> None:
        """Let go, so that the next need not wait until the lease runs out."""
        own = {"_id": self._name, "holder": self._holder, "token": self._token}
        await self._leases.update_one(own, {"$set": {"holder": None, "until": _LONG_AGO}})
        self._token = None
