"""Endpoints and deliveries in the database, as one workspace sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core import completion
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index, Session
from tracepass.core.tenancy import Tenancy

ENDPOINTS, EVENTS, DELIVERIES = "webhookEndpoints", "webhookEvents", "webhookDeliveries"
_TENANT = (("workspaceId", 1), ("environment", 1))
PENDING: Mapping[str, Any] = {"status": "pending"}

INDEXES = (
    Index(ENDPOINTS, (*_TENANT, ("_id", -1))),
    Index(EVENTS, (("purgeAt", 1),), expire_after_seconds=0),
    Index(DELIVERIES, (*_TENANT, ("endpointId", 1), ("_id", -1))),
    Index(DELIVERIES, (*_TENANT, ("endpointId", 1), ("status", 1), ("_id", -1))),
    Index(DELIVERIES, (("endpointId", 1), ("eventId", 1)), unique=True),
    Index(DELIVERIES, (("dueAt", 1),), partial=PENDING),
    Index(DELIVERIES, (("status", 1), ("endpointId", 1), ("dueAt", 1)), partial=PENDING),
    Index(DELIVERIES, (("status", 1), ("stream", 1), ("position", 1)), partial=PENDING),
    Index(DELIVERIES, (("purgeAt", 1),), expire_after_seconds=0),
)


class EndpointRepository:
    """The endpoints of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._endpoints = database.scoped(ENDPOINTS, tenancy)

    async def find(self, endpoint_id: Id) -> Document | None:
        """Return an endpoint, or None."""
        return await self._endpoints.find_one({"_id": endpoint_id})

    async def page(self, *, skip: int, limit: int) -> list[Document]:
        """Return endpoints, newest first."""
        return await self._endpoints.find({}, sort=[("_id", -1)], skip=skip, limit=limit).to_list()

    async def count(self) -> int:
        """Count the endpoints."""
        return await self._endpoints.count({}, hint="workspaceId_1_environment_1__id_-1")

    async def insert(self, endpoint: Document, *, session: Session) -> None:
        """Add an endpoint."""
        await self._endpoints.insert(endpoint, session=session)

    async def update(self, endpoint_id: Id, version: int, change: Mapping[str, Any], *, session: Session) -> bool:
        """Change an endpoint that still is at a version; tell whether it was."""
        return await self._endpoints.update({"_id": endpoint_id, "version": version}, change, session=session)

    async def delete(self, endpoint_id: Id, version: int, *, session: Session) -> bool:
        """Delete an endpoint that still is at a version; tell whether it was."""
        return await self._endpoints.delete({"_id": endpoint_id, "version": version}, session=session)


class DeliveryRepository:
    """The deliveries to the endpoints of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._deliveries = database.scoped(DELIVERIES, tenancy)
        self._events = database.scoped(EVENTS, tenancy)

    async def page(self, endpoint_id: Id, status: str | None, *, skip: int, limit: int) -> list[Document]:
        """Return deliveries to an endpoint, newest first."""
        query = _of(endpoint_id, status)
        return await self._deliveries.find(query, sort=[("_id", -1)], skip=skip, limit=limit).to_list()

    async def count(self, endpoint_id: Id, status: str | None) -> int:
        """Count deliveries to an endpoint."""
        return await self._deliveries.count(_of(endpoint_id, status))

    async def find(self, endpoint_id: Id, delivery_id: Id) -> Document | None:
        """Return a delivery to an endpoint, or None."""
        return await self._deliveries.find_one({"_id": delivery_id, "endpointId": endpoint_id})

    async def add(self, event: Document, delivery: Document, *, session: Session) -> None:
        """Add an event of its own, and its delivery."""
        await self._events.insert(event, session=session)
        await self._deliveries.insert(delivery, session=session)
        await completion.mark("webhook_delivery", delivery["_id"], None, session=session)

    async def restart(self, delivery: Mapping[str, Any], members: Mapping[str, Any], *, session: Session) -> bool:
        """Begin a delivery anew, unless it is under way or was tried since it was seen; tell whether it was begun."""
        seen = {"_id": delivery["_id"], "holder": None, "made": delivery["made"], "status": delivery["status"]}
        begun = await self._deliveries.update(seen, {"$set": dict(members)}, session=session)
        if begun:
            await completion.mark("webhook_delivery", delivery["_id"], None, session=session)
        return begun

    async def has_event(self, event_id: Id) -> bool:
        """Tell whether what an event said is still kept."""
        return await self._events.find_one({"_id": event_id}, projection={"_id": 1}) is not None


def _of(endpoint_id: Id, status: str | None) -> dict[str, Any]:
    return {"endpointId": endpoint_id} if status is None else {"endpointId": endpoint_id, "status": status}
