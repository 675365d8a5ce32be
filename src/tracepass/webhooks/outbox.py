"""The outbox of all workspaces: the records of events that nobody has looked at yet to see who wants to be told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from tracepass.core.changes import COLLECTION as CHANGES
from tracepass.core.changes import OUTBOX
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Tenancy
from tracepass.webhooks.repository import DELIVERIES, ENDPOINTS, EVENTS, PENDING


class Outbox:
    """Where records of events wait until they have become deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes = database.collection(CHANGES)
        self._endpoints = database.collection(ENDPOINTS)
        self._deliveries = database.collection(DELIVERIES)

    async def take(self, limit: int) -> list[Document]:
        """Return records that wait, without the states they hold, in the order in which the changes were made.

        That is by their moment, which no later version of the same passport precedes, and not by their ids, whose order
        within a second says which process made them.
        """
        query = {**OUTBOX, "at": {"$gt": ""}}
        found = self._changes.find(query, {"full": 0, "diff": 0}).sort([("at", 1), ("version", 1)])
        return await found.limit(limit).to_list()

    async def count(self, limit: int) -> int:
        """Count the records that wait, up to a limit."""
        return await self._changes.count_documents({**OUTBOX, "at": {"$gt": ""}}, limit=limit)

    async def endpoints(self, tenancies: Collection[Tenancy]) -> list[Document]:
        """Return the enabled endpoints of tenancies."""
        mine = [{**tenancy.fields, "status": "enabled"} for tenancy in tenancies]
        return await self._endpoints.find({"$or": mine}).to_list() if mine else []

    async def streams(self, names: Collection[str]) -> set[str]:
        """Return those streams in which a delivery is pending."""
        return set(await self._deliveries.distinct("stream", {**PENDING, "stream": {"$in": list(names)}}))

    async def add(self, events: Sequence[Document], deliveries: Sequence[Document]) -> None:
        """Add events and their deliveries; those that another worker has added already stay as they are."""
        await self._database.insert_missing(EVENTS, events)
        await self._database.insert_missing(DELIVERIES, deliveries)

    async def settle(self, records: Iterable[Id]) -> None:
        """Write down that records were looked at, but for those that were set aside."""
        await self._changes.update_many({"_id": {"$in": list(records)}, **OUTBOX}, {"$unset": {"outbox": ""}})

    async def set_aside(self, record: Id) -> None:
        """Take a record out of the way of the others, and let it be found by whoever looks for what went wrong."""
        await self._changes.update_one({"_id": record}, {"$set": {"outbox": "failed"}})
