"""How an endpoint does: since when it fails, and when it is given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tracepass.core.changes import Change, ChangeLog, Stale
from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.differences import differences, update_of
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.webhooks.endpoints import state_of
from tracepass.webhooks.queue import DeliveryQueue
from tracepass.webhooks.repository import EndpointRepository

MAIL_DISABLED: Final = "mail-webhook-disabled"
SYSTEM: Final = Actor("system", None, "TracePass")
MAILED_WITHIN = timedelta(days=2)
NOTED_EVERY = timedelta(minutes=1)
"""How often a success is written down for an endpoint that does well anyway."""


class Standing:
    """Keeps how endpoints do, and disables those that only fail."""

    def __init__(self, database: Database, *, clock: Clock, patience: timedelta) -> None:
        self._database = database
        self._queue = DeliveryQueue(database)
        self._jobs = Jobs(database, clock=clock)
        self._clock = clock
        self._patience = patience

    async def does_well(self, endpoint: Document) -> None:
        """Write down a success."""
        now, last = self._clock(), endpoint["lastSuccessAt"]
        recent = last is not None and now - parse_timestamp(last) < NOTED_EVERY
        if endpoint["failingSince"] is not None or not recent:
            await self._queue.does_well(endpoint["_id"], timestamp(now))

    async def fails(self, endpoint: Document, *, gone: bool) -> None:
        """Write down a failure; give the endpoint up if it says that it is gone, or has only failed for too long."""
        since = endpoint["failingSince"]
        if gone:
            await self._disable(endpoint, "it answered 410 Gone")
        elif since is None:
            await self._queue.begins_to_fail(endpoint["_id"], timestamp(self._clock()))
        elif self._clock() - parse_timestamp(since) >= self._patience:
            await self._disable(endpoint, f"every attempt has failed since {since}")

    async def _disable(self, endpoint: Document, reason: str) -> None:
        """Disable an endpoint and tell its owners; if it is changed at the same time, the next failure does it."""
        tenancy = Tenancy(endpoint["workspaceId"], endpoint["environment"])
        now = timestamp(self._clock())
        after = {
            **endpoint,
            "status": "disabled",
            "disabledReason": reason,
            "disabledAt": now,
            "updatedAt": now,
            "version": endpoint["version"] + 1,
        }
        change = Change(
            entity="webhook",
            entity_id=endpoint["_id"],
            version=after["version"],
            action="webhooks.disabled",
            diff=differences(state_of(endpoint), state_of(after)),
            state=state_of(after),
            prev_hash=endpoint["stateHash"],
            reason=reason,
        )

        async def work(session: Session) -> None:
            log = ChangeLog(self._database, tenancy, clock=self._clock)
            digest = await log.append(change, SYSTEM, session=session)
            update = update_of(change.diff)
            update["$set"] |= {"stateHash": digest}
            endpoints = EndpointRepository(self._database, tenancy)
            if not await endpoints.update(endpoint["_id"], endpoint["version"], update, session=session):
                raise Stale
            until = timestamp(self._clock() + MAILED_WITHIN)
            payload = {"webhook": str(endpoint["_id"]), "url": endpoint["url"], "reason": reason, "until": until}
            key = f"{endpoint['_id']}/{after['version']}"
            await self._jobs.enqueue(MAIL_DISABLED, key, tenancy, payload, session=session)

        try:
            await self._database.transact(work)
        except Stale:
            return
