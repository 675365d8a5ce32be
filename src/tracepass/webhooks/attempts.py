"""One attempt of a delivery: send, judge the answer, and write down what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.mongo import Database, Document
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import SealBroken, Sealing
from tracepass.core.targets import CallFailed
from tracepass.delivery.ladder import Ladder
from tracepass.delivery.replies import GONE, Reply, no_reply, reply_of
from tracepass.delivery.signing import signature_headers
from tracepass.webhooks import measures
from tracepass.webhooks.endpoints import PURPOSE, event_name
from tracepass.webhooks.models import TEST
from tracepass.webhooks.queue import DeliveryQueue
from tracepass.webhooks.standing import Standing

USER_AGENT = "TracePass-Webhooks/1"


@dataclass(frozen=True, slots=True)
class Parcel:
    """A leased delivery with all that is needed to bring it."""

    delivery: Document
    endpoint: Document
    body: bytes


class Attempts:
    """Makes attempts."""

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        sealing: Sealing,
        outbound: Outbound,
        ladder: Ladder,
        seconds: float,
        standing: Standing,
    ) -> None:
        self._queue = DeliveryQueue(database)
        self._clock = clock
        self._sealing = sealing
        self._outbound = outbound
        self._ladder = ladder
        self._seconds = seconds
        self._standing = standing

    async def pack(self, leased: Sequence[Document]) -> list[Parcel]:
        """Fetch what deliveries need; those whose endpoint is gone or disabled, or whose event is, are cancelled."""
        if not leased:
            return []
        endpoints = await self._queue.endpoints({one["endpointId"] for one in leased})
        bodies = await self._queue.bodies({one["eventId"] for one in leased})
        parcels = []
        for delivery in leased:
            endpoint, body = endpoints.get(delivery["endpointId"]), bodies.get(delivery["eventId"])
            if endpoint is None or body is None or not _may_be_told(endpoint, delivery):
                await self._queue.cancel(delivery, self._now())
                measures.ENDED.labels("cancelled").inc()
            else:
                parcels.append(Parcel(delivery, endpoint, body))
        return parcels

    async def make(self, parcel: Parcel) -> bool:
        """Send an event to its endpoint once, and write down how it went; tell whether it was taken."""
        reply = await self._send(parcel)
        await self._record(parcel.delivery, reply)
        if reply.succeeded:
            await self._standing.does_well(parcel.endpoint)
        elif parcel.delivery["eventType"] != TEST:
            await self._standing.fails(parcel.endpoint, gone=reply.status == GONE)
        return reply.succeeded

    async def _send(self, parcel: Parcel) -> Reply:
        begun = time.perf_counter()
        try:
            answer = await self._outbound.post(
                parcel.endpoint["url"], parcel.body, headers=self._headers(parcel), seconds=self._seconds
            )
        except CallFailed as fault:
            return no_reply(fault.reason, fault.message, begun=begun)
        except SealBroken:
            message = "The secret that signs it cannot be read; replace it."
            return no_reply("secret_unreadable", message, begun=begun)
        return reply_of(answer, now=self._clock(), begun=begun)

    def _headers(self, parcel: Parcel) -> dict[str, str]:
        """Return the headers of a message, signed now.

        Raises:
            SealBroken: its secret was sealed under a key that is not here any more.
        """
        event, moment = event_name(parcel.delivery["eventId"]), int(self._clock().timestamp())
        signed = signature_headers(event, moment, parcel.body, keys=self._keys(parcel.endpoint))
        return {"Content-Type": "application/json", "User-Agent": USER_AGENT, **signed}

    def _keys(self, endpoint: Document) -> list[str]:
        """Return the secrets that sign now, the newest first."""
        sealed = [endpoint["secret"]]
        until = endpoint["previousSecretUntil"]
        if until is not None and until > self._now():
            sealed.append(endpoint["previousSecret"])
        about = str(endpoint["_id"])
        return [self._sealing.open(bytes(one), purpose=PURPOSE, about=about).decode() for one in sealed]

    async def _record(self, delivery: Document, reply: Reply) -> None:
        measures.ATTEMPTS.labels("succeeded" if reply.succeeded else "failed").inc()
        measures.LATENCY.observe(reply.seconds)
        attempt: Document = reply.attempt(self._now())
        outcome = self._outcome(delivery, reply)
        if "status" in outcome:
            measures.ENDED.labels(outcome["status"]).inc()
        await self._queue.record(delivery, attempt, outcome)

    def _outcome(self, delivery: Document, reply: Reply) -> dict[str, Any]:
        now = self._clock()
        if reply.succeeded:
            return {"status": "succeeded", "finishedAt": timestamp(now)}
        wait = None if reply.status == GONE else self._ladder.wait(delivery["made"] + 1, wished=reply.wished)
        if wait is None:
            return {"status": "failed", "finishedAt": timestamp(now)}
        return {"dueAt": timestamp(now + timedelta(seconds=wait))}

    def _now(self) -> str:
        return timestamp(self._clock())


def _may_be_told(endpoint: Document, delivery: Document) -> bool:
    return bool(endpoint["status"] == "enabled" or delivery["eventType"] == TEST)
