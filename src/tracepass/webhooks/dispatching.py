"""From the outbox to the queue: each event becomes one delivery for every endpoint that wants it.

One worker at a time does this, the holder of a lease. Whatever it has done when it is killed is done again by the next
with the same outcome, since an event has at most one delivery for an endpoint.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import new_id
from tracepass.core.leases import Lease
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Tenancy
from tracepass.webhooks.endpoints import KEPT, new_delivery, wants
from tracepass.webhooks.messages import event_document
from tracepass.webhooks.queue import Outbox

BATCH = 200
LEASE_SECONDS = 5
BEHIND = timedelta(seconds=2)
"""When a delivery that stands behind another of its stream looks for itself whether its turn has come."""


class EventData(Protocol):
    """Gives what an event tells of."""

    async def of(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the entity of a record as its GET showed it just after the change."""
        ...


class Dispatcher:
    """Empties the outbox; any number may run, one works."""

    def __init__(self, database: Database, *, clock: Clock, data: EventData) -> None:
        self._outbox = Outbox(database)
        self._clock = clock
        self._data = data
        self.lease = Lease(database, "webhook-outbox", holder=str(new_id()), seconds=LEASE_SECONDS)

    async def dispatch_once(self) -> int:
        """Look at one batch of records, if the lease can be had; return how many they were."""
        if not await self.lease.hold():
            return 0
        records = await self._outbox.take(BATCH)
        if records:
            await self._dispatch(records)
        return len(records)

    async def _dispatch(self, records: list[Document]) -> None:
        tenancies = {Tenancy(record["workspaceId"], record["environment"]) for record in records}
        endpoints = await self._outbox.endpoints(tenancies)
        wanted = list(_wanted(records, endpoints))
        deliveries = await self._deliveries(wanted)
        told = {record["_id"]: record for record, _ in wanted}
        events = [await self._event(record) for record in told.values()]
        await self._outbox.add(events, deliveries)
        await self._outbox.settle(record["_id"] for record in records)

    async def _event(self, record: Document) -> Document:
        return event_document(record, await self._data.of(record), purge_at=self._clock() + KEPT)

    async def _deliveries(self, wanted: list[tuple[Document, Document]]) -> list[Document]:
        """Make the deliveries; in each stream the first is due now, those behind it a little later."""
        now = self._clock()
        made = [new_delivery(endpoint, record, now=now, due=timestamp(now)) for record, endpoint in wanted]
        taken = await self._outbox.streams({delivery["stream"] for delivery in made}) if made else set()
        for delivery in made:
            if delivery["stream"] in taken:
                delivery["dueAt"] = timestamp(now + BEHIND)
            taken.add(delivery["stream"])
        return made


def _wanted(records: list[Document], endpoints: list[Document]) -> Iterator[tuple[Document, Document]]:
    """Give each record with each endpoint that wants to be told of it."""
    homes: dict[tuple[Any, str], list[Document]] = {}
    for endpoint in endpoints:
        homes.setdefault((endpoint["workspaceId"], endpoint["environment"]), []).append(endpoint)
    for record in records:
        for endpoint in homes.get((record["workspaceId"], record["environment"]), []):
            if wants(endpoint, record["eventType"], record["at"]):
                yield record, endpoint
