"""The outbox and the queue of all workspaces: what workers take from, each piece once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from tracepass.core.changes import COLLECTION as CHANGES
from tracepass.core.changes import OUTBOX
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Tenancy
from tracepass.webhooks.repository import DELIVERIES, ENDPOINTS, EVENTS, PENDING

MOST_ATTEMPTS = 50


class Outbox:
    """The records of events that nobody has looked at yet."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._changes = database.collection(CHANGES)
        self._endpoints = database.collection(ENDPOINTS)
        self._deliveries = database.collection(DELIVERIES)

    async def take(self, limit: int) -> list[Document]:
        """Return records that wait, in the order in which they were made, without the states they hold."""
        query = {**OUTBOX, "_id": {"$gt": Id("0" * 24)}}
        return await self._changes.find(query, {"full": 0, "diff": 0}).sort("_id", 1).limit(limit).to_list()

    async def endpoints(self, tenancies: Collection[Tenancy]) -> list[Document]:
        """Return the enabled endpoints of tenancies."""
        mine = [{**tenancy.fields, "status": "enabled"} for tenancy in tenancies]
        return await self._endpoints.find({"$or": mine}).to_list() if mine else []

    async def streams(self, names: Collection[str]) -> set[str]:
        """Return those streams in which a delivery is pending."""
        found = self._deliveries.find({**PENDING, "stream": {"$in": list(names)}}, {"stream": 1, "_id": 0})
        return {delivery["stream"] async for delivery in found}

    async def add(self, events: list[Document], deliveries: list[Document]) -> None:
        """Add events and their deliveries; those that another worker has added already stay as they are."""
        await self._database.insert_missing(EVENTS, events)
        await self._database.insert_missing(DELIVERIES, deliveries)

    async def settle(self, records: Iterable[Id]) -> None:
        """Write down that records were looked at."""
        await self._changes.update_many({"_id": {"$in": list(records)}}, {"$unset": {"outbox": ""}})


class DeliveryQueue:
    """The pending deliveries of all workspaces; a lease moves ``dueAt`` ahead, so a lost worker gives its own back."""

    def __init__(self, database: Database) -> None:
        self._deliveries = database.collection(DELIVERIES)
        self._events = database.collection(EVENTS)
        self._endpoints = database.collection(ENDPOINTS)

    async def due(self, now: str, *, limit: int, without: Collection[Id]) -> list[Document]:
        """Return deliveries that are due, the longest due first, but for those to some endpoints."""
        query: dict[str, Any] = {**PENDING, "dueAt": {"$lte": now}}
        if without:
            query["endpointId"] = {"$nin": list(without)}
        return await self._deliveries.find(query, {"attempts": 0}).sort("dueAt", 1).limit(limit).to_list()

    async def first_of(self, stream: str, *, patient: int) -> Document | None:
        """Return the delivery that is next in a stream: the earliest that others wait for.

        Others wait for one that was tried less than ``patient`` times.
        """
        query = {**PENDING, "stream": stream, "made": {"$lt": patient}}
        return await self._deliveries.find_one(query, {"attempts": 0}, sort=[("position", 1)])

    async def lease(self, delivery: Document, until: str, *, holder: str) -> Document | None:
        """Take a delivery as it was seen; return it as it is then, or None if somebody else was faster."""
        members = {"dueAt": until, "holder": holder}
        seen = {"_id": delivery["_id"], "status": "pending", "dueAt": delivery["dueAt"]}
        outcome = await self._deliveries.update_one(seen, {"$set": members})
        return {**delivery, **members} if outcome.modified_count else None

    async def give_back(self, delivery: Document, until: str) -> None:
        """Let a leased delivery wait for another."""
        own = {"_id": delivery["_id"], "holder": delivery["holder"]}
        await self._deliveries.update_one(own, {"$set": {"dueAt": until, "holder": None}})

    async def body(self, event_id: Id) -> bytes | None:
        """Return what an event says, or None if it is not kept any more."""
        found = await self._events.find_one({"_id": event_id}, {"body": 1})
        return None if found is None else bytes(found["body"])

    async def endpoint(self, endpoint_id: Id) -> Document | None:
        """Return an endpoint, or None if it was deleted."""
        return await self._endpoints.find_one({"_id": endpoint_id})

    async def record(self, delivery: Document, attempt: Document, members: Mapping[str, Any]) -> None:
        """Write down an attempt and what becomes of the delivery after it."""
        change = {
            "$set": dict(members),
            "$inc": {"made": 1},
            "$push": {"attempts": {"$each": [attempt], "$slice": -50}},
        }
        await self._deliveries.update_one({"_id": delivery["_id"]}, change)

    async def cancel(self, delivery: Document, members: Mapping[str, Any]) -> None:
        """Write down that a delivery is not tried any more."""
        await self._deliveries.update_one(
            {"_id": delivery["_id"]}, {"$set": {"status": "cancelled", "holder": None, **members}}
        )

    async def remember(self, endpoint_id: Id, members: Mapping[str, Any]) -> None:
        """Write down how an endpoint does."""
        await self._endpoints.update_one({"_id": endpoint_id}, {"$set": dict(members)})

    async def backlog(self) -> tuple[int, str | None]:
        """Return how many deliveries are pending, and since when the oldest of them is due."""
        count = await self._deliveries.count_documents({**PENDING, "dueAt": {"$gt": ""}})
        oldest = await self._deliveries.find_one({**PENDING, "dueAt": {"$gt": ""}}, {"dueAt": 1}, sort=[("dueAt", 1)])
        return count, None if oldest is None else oldest["dueAt"]
