"""Subscriptions in the database, as one workspace sees them."""

from __future__ import annotations

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index, Session
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.filters import TENANT

SUBSCRIPTIONS, CHUNKS = "epcisSubscriptions", "epcisSubscriptionChunks"
ACTIVE = {"status": "active"}

INDEXES = (
    Index(SUBSCRIPTIONS, (*TENANT, ("queryId", 1), ("_id", 1))),
    Index(SUBSCRIPTIONS, (("dueAt", 1),), partial=ACTIVE),
    Index(SUBSCRIPTIONS, (("catchingUp", 1),), partial={"catchingUp": True}),
    Index(CHUNKS, (("subscriptionId", 1), ("recordTime", 1), ("_id", 1))),
)
_OF_QUERY = INDEXES[0].name


class SubscriptionRepository:
    """The subscriptions of one tenancy, and what waits to be sent to them."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._subscriptions = database.scoped(SUBSCRIPTIONS, tenancy)
        self._chunks = database.scoped(CHUNKS, tenancy)

    async def insert(self, subscription: Document, *, session: Session) -> None:
        """Add a subscription."""
        await self._subscriptions.insert(subscription, session=session)

    async def find(self, query_id: Id, subscription_id: Id) -> Document | None:
        """Return a subscription to a query, or None."""
        return await self._subscriptions.find_one({"_id": subscription_id, "queryId": query_id})

    async def page(self, query_id: Id, *, after: Id | None, limit: int) -> list[Document]:
        """Return subscriptions to a query, oldest first, from behind one on."""
        query = {"queryId": query_id} | ({} if after is None else {"_id": {"$gt": after}})
        return await self._subscriptions.find(query, sort=[("_id", 1)], limit=limit).to_list()

    async def count(self) -> int:
        """Count the subscriptions."""
        return await self._subscriptions.count({}, hint=_OF_QUERY)

    async def delete(self, subscription_id: Id, *, session: Session) -> bool:
        """Take a subscription away, with what waits for it; tell whether it was there."""
        await self._chunks.delete_all({"subscriptionId": subscription_id}, session=session)
        return await self._subscriptions.delete({"_id": subscription_id}, session=session)

    async def delete_all(self, query_id: Id, *, session: Session) -> None:
        """Take all subscriptions to a query away, with what waits for them."""
        found = self._subscriptions.find({"queryId": query_id}, projection={"_id": 1}, session=session)
        for subscription in await found.to_list():
            await self.delete(subscription["_id"], session=session)
