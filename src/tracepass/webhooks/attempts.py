"""One attempt of a delivery: send, judge the answer, and write down what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from prometheus_client import Counter, Histogram

from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import Sealing
from tracepass.core.targets import CallFailed
from tracepass.delivery.ladder import Ladder
from tracepass.delivery.signing import signature_headers
from tracepass.webhooks.endpoints import PURPOSE, event_name
from tracepass.webhooks.models import TEST
from tracepass.webhooks.queue import DeliveryQueue
from tracepass.webhooks.standing import Standing

SHOWN_BYTES = 2048
GONE = 410
USER_AGENT = "TracePass-Webhooks/1"
OUTCOMES = Counter("tracepass_webhook_attempts_total", "Attempts to deliver an event", ("outcome",))
LATENCY = Histogram("tracepass_webhook_attempt_seconds", "Time a receiver took to answer, in seconds")


@dataclass(frozen=True, slots=True)
class Reply:
    """How an attempt went: an answer's status and beginning, or why there was none."""

    status: int | None
    text: str | None
    error: Mapping[str, str] | None
    seconds: float
    wished: float | None = None

    @property
    def succeeded(self) -> bool:
        """Tell whether the receiver has taken the event."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110 15.3


class Attempts:
    """Makes attempts; remembers which endpoints fail at the moment."""

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
        self._failing: set[Id] = set()

    def fails(self, endpoint: Id) -> bool:
        """Tell whether the last attempt from here at an endpoint failed."""
        return endpoint in self._failing

    async def make(self, delivery: Document) -> None:
        """Send an event to its endpoint once, and write down how it went."""
        endpoint = await self._queue.endpoint(delivery["endpointId"])
        if endpoint is None or (endpoint["status"] == "disabled" and delivery["eventType"] != TEST):
            await self._queue.cancel(delivery, {"finishedAt": self._now()})
            return
        body = await self._queue.body(delivery["eventId"])
        if body is None:
            await self._queue.cancel(delivery, {"finishedAt": self._now()})
            return
        reply = await self._send(endpoint, delivery, body)
        await self._record(delivery, reply)
        await self._judge(endpoint, delivery, reply)

    async def _send(self, endpoint: Document, delivery: Document, body: bytes) -> Reply:
        moment = int(self._clock().timestamp())
        signed = signature_headers(event_name(delivery["eventId"]), moment, body, keys=self._keys(endpoint))
        headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT, **signed}
        begun = time.perf_counter()
        try:
            answer = await self._outbound.post(endpoint["url"], body, headers=headers, seconds=self._seconds)
        except CallFailed as fault:
            error = {"code": fault.reason, "message": fault.message}
            return Reply(None, None, error, time.perf_counter() - begun)
        text = answer.body[:SHOWN_BYTES].decode("utf-8", errors="replace")
        return Reply(answer.status, text, None, answer.seconds, self._wish(answer.headers.get("retry-after", "")))

    def _keys(self, endpoint: Document) -> list[str]:
        """Return the secrets that sign now, the newest first."""
        sealed = [endpoint["secret"]]
        until = endpoint["previousSecretUntil"]
        if until is not None and until > self._now() and endpoint["previousSecret"] is not None:
            sealed.append(endpoint["previousSecret"])
        about = str(endpoint["_id"])
        return [self._sealing.open(bytes(one), purpose=PURPOSE, about=about).decode() for one in sealed]

    def _wish(self, header: str) -> float | None:
        """Read ``Retry-After``: seconds, or a date (RFC 9110 10.2.3)."""
        if header.strip().isdigit():
            return float(header)
        try:
            return (parsedate_to_datetime(header) - self._clock()).total_seconds()
        except (ValueError, TypeError):
            return None

    async def _record(self, delivery: Document, reply: Reply) -> None:
        OUTCOMES.labels("succeeded" if reply.succeeded else "failed").inc()
        LATENCY.observe(reply.seconds)
        attempt: Document = {
            "at": self._now(),
            "status": reply.status,
            "latencyMs": round(reply.seconds * 1000),
            "response": reply.text,
            "error": None if reply.error is None else dict(reply.error),
        }
        await self._queue.record(delivery, attempt, self._outcome(delivery, reply))

    def _outcome(self, delivery: Document, reply: Reply) -> dict[str, Any]:
        now = self._clock()
        if reply.succeeded:
            return {"status": "succeeded", "finishedAt": timestamp(now)}
        wait = None if reply.status == GONE else self._ladder.wait(delivery["made"] + 1, wished=reply.wished)
        if wait is None:
            return {"status": "failed", "finishedAt": timestamp(now)}
        return {"dueAt": timestamp(now + timedelta(seconds=wait))}

    async def _judge(self, endpoint: Document, delivery: Document, reply: Reply) -> None:
        if reply.succeeded:
            self._failing.discard(endpoint["_id"])
            await self._standing.does_well(endpoint)
        elif delivery["eventType"] != TEST:
            self._failing.add(endpoint["_id"])
            await self._standing.fails(endpoint, gone=reply.status == GONE)

    def _now(self) -> str:
        return timestamp(self._clock())
