"""From the outbox to the queue: each event becomes one delivery for every endpoint that wants it.

One worker at a time does this, the holder of a lease. Whatever it has done when it is killed is done again by the next
with the same outcome, since an event has at most one delivery for an endpoint.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from operator import itemgetter
from typing import Any, Protocol

import structlog

from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id, new_id
from tracepass.core.leases import Lease
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Tenancy
from tracepass.webhooks.endpoints import KEPT, new_delivery, wants
from tracepass.webhooks.messages import event_document
from tracepass.webhooks.outbox import Outbox

BATCH = 200
LEASE_SECONDS = 5
RENEWED_AFTER_SECONDS = 1.0
"""How long a lease is believed in before it is renewed, or asked for again; well within its own length."""
BEHIND = timedelta(seconds=2)
"""When a delivery that stands behind another of its stream looks for itself whether its turn has come."""

_log = structlog.get_logger()

Pair = tuple[Document, Document]
"""A record and an endpoint that wants to be told of it."""


class EventData(Protocol):
    """Gives what events tell of."""

    async def of_all(self, records: Sequence[Mapping[str, Any]]) -> Mapping[Id, Mapping[str, Any] | Exception]:
        """Return, by the id of each record, its entity as its GET showed it just after the change, or what failed."""
        ...


class Dispatcher:
    """Empties the outbox; any number may run, one works."""

    def __init__(self, database: Database, *, clock: Clock, data: EventData) -> None:
        self._outbox = Outbox(database)
        self._clock = clock
        self._data = data
        self.lease = Lease(database, "webhook-outbox", holder=str(new_id()), seconds=LEASE_SECONDS)
        self._asked_at = -RENEWED_AFTER_SECONDS
        self._holds = False

    async def dispatch_once(self) -> int:
        """Look at one batch of records, if the lease can be had; return how many they were."""
        if not await self._hold():
            return 0
        records = await self._outbox.take(BATCH)
        if records:
            await self._dispatch(records)
        return len(records)

    async def let_go(self) -> None:
        """Leave the work to another."""
        if self._holds:
            self._holds = False
            await self.lease.release()

    async def _hold(self) -> bool:
        """Tell whether the work is ours; the lease is looked at once a second, not for each batch."""
        now = time.monotonic()
        if now - self._asked_at >= RENEWED_AFTER_SECONDS:
            self._holds = await self.lease.hold()
            self._asked_at = now
        return self._holds

    async def _dispatch(self, records: list[Document]) -> None:
        tenancies = {Tenancy(record["workspaceId"], record["environment"]) for record in records}
        wanted = list(_wanted(records, await self._outbox.endpoints(tenancies)))
        events = await self._events({record["_id"]: record for record, _ in wanted})
        told = {event["_id"] for event in events}
        deliveries = await self._deliveries([pair for pair in wanted if pair[0]["_id"] in told])
        await self._outbox.add(events, deliveries)
        await self._outbox.settle(record["_id"] for record in records)

    async def _events(self, records: Mapping[Id, Document]) -> list[Document]:
        """Make the events; a record that cannot be told of is set aside, so that it does not hold the others back."""
        found = await self._data.of_all(list(records.values())) if records else {}
        purge_at, events = self._clock() + KEPT, []
        for record_id, data in found.items():
            if isinstance(data, Exception):
                _log.error("an event cannot be told", record=str(record_id), exc_info=data)
                await self._outbox.set_aside(record_id)
            else:
                events.append(event_document(records[record_id], data, purge_at=purge_at))
        return events

    async def _deliveries(self, wanted: list[Pair]) -> list[Document]:
        """Make the deliveries; in each stream the first is due now; those behind it look for themselves later."""
        now = self._clock()
        made = [new_delivery(endpoint, record, now=now) for record, endpoint in wanted]
        taken = await self._outbox.streams({delivery["stream"] for delivery in made}) if made else set()
        for delivery in sorted(made, key=itemgetter("position")):
            if delivery["stream"] in taken:
                delivery |= {"behind": True, "dueAt": timestamp(now + BEHIND)}
            taken.add(delivery["stream"])
        return made


def _wanted(records: list[Document], endpoints: list[Document]) -> Iterator[Pair]:
    """Give each record with each endpoint that wants to be told of it."""
    homes: dict[tuple[Any, str], list[Document]] = {}
    for endpoint in endpoints:
        homes.setdefault((endpoint["workspaceId"], endpoint["environment"]), []).append(endpoint)
    for record in records:
        for endpoint in homes.get((record["workspaceId"], record["environment"]), []):
            if wants(endpoint, record["eventType"], record["at"]):
                yield record, endpoint
