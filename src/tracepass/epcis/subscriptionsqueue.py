"""The queue of all subscriptions: which are due, what waits for them, and what became of it.

A subscription is leased by moving ``dueAt`` ahead, so a lost worker gives it back by doing nothing. What was taken by
its receiver is written down by whoever sent it; everything else only by who still holds the subscription.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pymongo import DeleteOne, ReturnDocument, UpdateOne

from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.epcis.repository import EVENTS
from tracepass.epcis.subscriptionsfeed import packed, unpacked
from tracepass.epcis.subscriptionsmessages import Taken
from tracepass.epcis.subscriptionsrepository import ACTIVE, CHUNKS, SUBSCRIPTIONS

_SHOWN: Mapping[str, Any] = {"terms": 0, "facts": 0}


class SubscriptionQueue:
    """What workers take from; each subscription is served by one at a time."""

    def __init__(self, database: Database) -> None:
        self._subscriptions = database.collection(SUBSCRIPTIONS)
        self._chunks = database.collection(CHUNKS)
        self._events = database.collection(EVENTS)

    async def lease(self, now: str, until: str, *, without: Collection[Id]) -> Document | None:
        """Take the subscription that has been due longest, but for some; None if none is."""
        query: dict[str, Any] = {**ACTIVE, "dueAt": {"$lte": now}}
        if without:
            query["_id"] = {"$nin": list(without)}
        members = {"dueAt": until, "holder": new_id()}
        return await self._subscriptions.find_one_and_update(
            query, {"$set": members}, sort=[("dueAt", 1)], return_document=ReturnDocument.AFTER
        )

    async def oldest_due(self) -> str | None:
        """Return since when the subscription is due that has been so longest, None if none waits."""
        waiting = {**ACTIVE, "dueAt": {"$gt": ""}}
        found = await self._subscriptions.find_one(waiting, {"dueAt": 1}, sort=[("dueAt", 1)])
        return None if found is None else str(found["dueAt"])

    async def chunks(self, subscription: Id, *, through: str | None, limit: int) -> list[Document]:
        """Return the first chunks that wait for a subscription, by the record time of their events, up to a moment."""
        query: dict[str, Any] = {"subscriptionId": subscription}
        if through is not None:
            query["recordTime"] = {"$lte": through}
        found = self._chunks.find(query).sort([("recordTime", 1), ("_id", 1)])
        return await found.limit(limit).to_list()

    async def events(self, ids: Collection[Id]) -> dict[Id, Document]:
        """Return events, without those that were taken away again."""
        found = self._events.find({"_id": {"$in": list(ids)}}, _SHOWN)
        return {event["_id"]: event async for event in found}

    async def settle(self, taken: Sequence[Taken]) -> None:
        """Write down what was sent: whole chunks are gone, of others the rest stays, unless somebody came further."""
        writes: list[DeleteOne | UpdateOne] = []
        for one in taken:
            rest = unpacked(one.chunk["events"])[one.count :]
            known = {"_id": one.chunk["_id"]}
            if rest:
                change = {"$set": {"events": packed(rest)}}
                writes.append(UpdateOne({**known, "events": one.chunk["events"]}, change, hint="_id_"))
            else:
                writes.append(DeleteOne(known))
        if writes:
            await self._chunks.bulk_write(writes, ordered=False)

    async def tell(self, held: Mapping[str, Any], members: Mapping[str, Any]) -> Document | None:
        """Change a subscription that is still held; return it then, None if it is another's by now, or has ended."""
        mine = {"_id": held["_id"], "holder": held["holder"], **ACTIVE}
        return await self._subscriptions.find_one_and_update(
            mine, {"$set": dict(members)}, return_document=ReturnDocument.AFTER
        )

    async def rest(self, held: Mapping[str, Any]) -> bool:
        """Let go of a stream for which nothing waits; tell whether nothing has come since it was read."""
        mine = {"_id": held["_id"], "holder": held["holder"], "wakes": held["wakes"]}
        outcome = await self._subscriptions.update_one(mine, {"$set": {"dueAt": None, "holder": None}})
        return outcome.matched_count == 1

    async def find(self, held: Mapping[str, Any]) -> Document | None:
        """Return a subscription as it is now, None if it is another's by now, or has ended."""
        return await self._subscriptions.find_one({"_id": held["_id"], "holder": held["holder"], **ACTIVE})

    async def notified(self, subscription: Id, now: str) -> None:
        """Write down that a receiver has taken something."""
        await self._subscriptions.update_one({"_id": subscription}, {"$set": {"lastNotifiedAt": now}})

    async def end(self, held: Mapping[str, Any], members: Mapping[str, Any], *, session: Session) -> bool:
        """Disable a subscription that is still held, with what waits for it; tell whether it was."""
        mine = {"_id": held["_id"], "holder": held["holder"], **ACTIVE}
        outcome = await self._subscriptions.update_one(mine, {"$set": dict(members)}, session=session)
        if outcome.matched_count:
            await self._chunks.delete_many({"subscriptionId": held["_id"]}, session=session)
        return outcome.matched_count == 1
