"""The queue of deliveries of all workspaces: what workers take from, each piece once."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pymongo import UpdateOne

from tracepass.core.gathering import Gathering
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document
from tracepass.webhooks.repository import DELIVERIES, ENDPOINTS, EVENTS, PENDING

MOST_ATTEMPTS = 50
"""How many attempts are kept; the ladder has fewer, but deliveries are begun anew by hand."""
MOST_ENDPOINTS = 100
"""Of how many endpoints the deliveries are merged by their moment in one look; beyond, another look finds others."""

_LIGHT = ("_id", "endpointId", "eventId", "eventType", "stream", "position", "behind", "made", "dueAt", "holder")
_WAITS = {**PENDING, "dueAt": {"$gt": ""}}


class DeliveryQueue:
    """The pending deliveries of all workspaces; a lease moves ``dueAt`` ahead, so a lost worker gives its own back."""

    def __init__(self, database: Database) -> None:
        self._deliveries = database.collection(DELIVERIES)
        self._events = database.collection(EVENTS)
        self._endpoints = database.collection(ENDPOINTS)
        self._updates = Gathering[UpdateOne, None](self._write)
        self._lines = Gathering[str, bool](self._have_lines)

    async def due(self, now: str, *, limit: int, without: Collection[Id]) -> list[Document]:
        """Return deliveries that are due, the longest due first, but for those to some endpoints.

        However many wait for those, they are not even looked at.
        """
        query: dict[str, Any] = {**PENDING, "dueAt": {"$lte": now}}
        if without:
            others = {*await self._deliveries.distinct("endpointId", PENDING)} - {*without}
            if not others:
                return []
            query["endpointId"] = {"$in": random.sample(sorted(others), min(len(others), MOST_ENDPOINTS))}
        return await self._deliveries.find(query, _LIGHT).sort("dueAt", 1).limit(limit).to_list()

    async def has_line(self, stream: str) -> bool:
        """Tell whether anything is pending in a stream."""
        return await self._lines.ask(stream)

    async def _have_lines(self, streams: Sequence[str]) -> list[bool]:
        pending = set(await self._deliveries.distinct("stream", {**PENDING, "stream": {"$in": list(streams)}}))
        return [stream in pending for stream in streams]

    async def _write(self, updates: Sequence[UpdateOne]) -> list[None]:
        await self._deliveries.bulk_write(updates, ordered=False)
        return [None] * len(updates)

    async def first_of(self, stream: str, *, patient: int) -> Document | None:
        """Return the delivery that is next in a stream: the earliest that others wait for.

        Others wait for one that was tried less than ``patient`` times.
        """
        query = {**PENDING, "stream": stream, "made": {"$lt": patient}}
        return await self._deliveries.find_one(query, _LIGHT, sort=[("position", 1)])

    async def lease(self, seen: Sequence[Document], until: str) -> list[Document]:
        """Take deliveries as they were seen, in one trip; those that somebody else took are not among the answer."""
        if not seen:
            return []
        members = {"dueAt": until, "holder": str(new_id())}
        updates = [
            UpdateOne({"_id": one["_id"], **PENDING, "dueAt": one["dueAt"]}, {"$set": members}, hint="_id_")
            for one in seen
        ]
        outcome = await self._deliveries.bulk_write(updates, ordered=False)
        mine = {one["_id"] for one in seen}
        if outcome.modified_count < len(seen):
            query = {"_id": {"$in": list(mine)}, "holder": members["holder"]}
            mine = {one["_id"] async for one in self._deliveries.find(query, {"_id": 1}, hint="_id_")}
        return [{**one, **members} for one in seen if one["_id"] in mine]

    async def line_up(self, delivery: Document, until: str) -> None:
        """Let a leased delivery, and all that stand in line with it and nobody holds, wait for the first of them."""
        query = {
            **PENDING,
            "stream": delivery["stream"],
            "behind": True,
            "holder": {"$in": [None, delivery["holder"]]},
        }
        await self._deliveries.update_many(query, {"$set": {"dueAt": until, "holder": None}})

    async def bodies(self, events: Collection[Id]) -> dict[Id, bytes]:
        """Return what events say, of those that are still kept."""
        found = self._events.find({"_id": {"$in": list(events)}}, {"body": 1})
        return {event["_id"]: bytes(event["body"]) async for event in found}

    async def endpoints(self, endpoints: Collection[Id]) -> dict[Id, Document]:
        """Return endpoints, without those that were deleted."""
        found = self._endpoints.find({"_id": {"$in": list(endpoints)}})
        return {endpoint["_id"]: endpoint async for endpoint in found}

    async def record(self, delivery: Document, attempt: Document, members: Mapping[str, Any]) -> None:
        """Write down an attempt and what becomes of the delivery after it.

        A failure counts only while the delivery is still held: whoever came too late knows less than its new holder.
        """
        known = {"_id": delivery["_id"]}
        if members.get("status") != "succeeded":
            known |= {**PENDING, "holder": delivery["holder"]}
        change = {
            "$set": {**members, "holder": None, "behind": False},
            "$inc": {"made": 1},
            "$push": {"attempts": {"$each": [attempt], "$slice": -MOST_ATTEMPTS}},
        }
        await self._updates.ask(UpdateOne(known, change, hint="_id_"))

    async def cancel(self, delivery: Document, now: str) -> None:
        """Write down that a delivery is not tried any more."""
        members = {"status": "cancelled", "holder": None, "finishedAt": now}
        await self._updates.ask(UpdateOne({"_id": delivery["_id"], **PENDING}, {"$set": members}, hint="_id_"))

    async def does_well(self, endpoint_id: Id, now: str) -> None:
        """Write down that an endpoint took an event."""
        await self._endpoints.update_one({"_id": endpoint_id}, {"$set": {"failingSince": None, "lastSuccessAt": now}})

    async def begins_to_fail(self, endpoint_id: Id, now: str) -> None:
        """Write down that an endpoint fails, if it did not already."""
        await self._endpoints.update_one({"_id": endpoint_id, "failingSince": None}, {"$set": {"failingSince": now}})

    async def backlog(self) -> tuple[int, str | None]:
        """Return how many deliveries are pending, and since when the oldest of them is due."""
        count = await self._deliveries.count_documents(_WAITS)
        oldest = await self._deliveries.find_one(_WAITS, {"dueAt": 1}, sort=[("dueAt", 1)])
        return count, None if oldest is None else oldest["dueAt"]
