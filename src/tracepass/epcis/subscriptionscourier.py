"""Brings what waits to subscriptions: many at a time, to each in order and one message after the other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog

from tracepass.core.alarm import Bell
from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.ids import Id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, PyMongoError, Session
from tracepass.core.outbound import Outbound
from tracepass.core.sealing import SealBroken, Sealing
from tracepass.core.securitylog import SecurityLog
from tracepass.core.targets import CallFailed
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.delivery.ladder import Ladder
from tracepass.delivery.replies import GONE, Reply, no_reply, reply_of
from tracepass.epcis import subscriptionsmeasures as measures
from tracepass.epcis.subscriptions import SECRET, TOKEN
from tracepass.epcis.subscriptionschedule import Schedule
from tracepass.epcis.subscriptionsfeed import unpacked
from tracepass.epcis.subscriptionsmessages import (
    MOST_EVENTS,
    Message,
    body_of,
    composed,
    each_event,
    headers_of,
)
from tracepass.epcis.subscriptionsqueue import SubscriptionQueue

AT_ONCE = 64
TOO_LARGE = 413
MARGIN = timedelta(seconds=15)
"""What a lease adds to the time a receiver may take to answer: for the rest of the answer, and for the database."""
SYSTEM = Actor("system", None, "TracePass")
MAIL_DISABLED: Final = "mail-epcis-subscription-disabled"
MAILED_WITHIN = timedelta(days=2)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How receivers are treated: when again after a failure, how long an answer may take, when they are given up."""

    ladder: Ladder
    seconds: float
    patience: timedelta
    margin: timedelta = MARGIN


class SubscriptionCourier:
    """Serves subscriptions that are due; any number of them may run over one queue."""

    def __init__(
        self, database: Database, *, clock: Clock, sealing: Sealing, outbound: Outbound, manners: Manners, bell: Bell
    ) -> None:
        self._database = database
        self._queue = SubscriptionQueue(database)
        self._clock = clock
        self._sealing = sealing
        self._outbound = outbound
        self._manners = manners
        self._bell = bell
        self._log = SecurityLog(database, clock=clock)
        self._jobs = Jobs(database, clock=clock)
        self._serving: dict[Id, asyncio.Task[None]] = {}
        self._closing = False

    async def deliver_due(self) -> int:
        """Begin with subscriptions that are due; return how many. `settle` waits for their end."""
        begun = 0
        while len(self._serving) < AT_ONCE:
            held = await self._queue.lease(self._now(), self._lease_end(), without=[*self._serving])
            if held is None:
                break
            self._begin(held)
            begun += 1
        return begun

    async def settle(self) -> None:
        """Wait until all that was begun is over."""
        while self._serving:
            await asyncio.wait([*self._serving.values()])

    async def close(self) -> None:
        """Finish the messages that are under way; what waits behind them is left to others."""
        self._closing = True
        await self.settle()

    def _begin(self, held: Document) -> None:
        task = asyncio.create_task(self._serve(held))
        self._serving[held["_id"]] = task
        task.add_done_callback(lambda done: self._over(done, held["_id"]))

    def _over(self, task: asyncio.Task[None], subscription: Id) -> None:
        del self._serving[subscription]
        self._bell.ring()
        fault = None if task.cancelled() else task.exception()
        if fault is not None:
            # It comes back when its lease ends.
            expected = isinstance(fault, PyMongoError)
            _log.error("subscription not served", subscription=str(subscription), exc_info=None if expected else fault)

    async def _serve(self, held: Document) -> None:
        """Send what waits, one message after the other, until nothing is left or one fails."""
        run, is_first = self._now(), True
        current: Document | None = held
        while current is not None:
            if self._closing:
                await self._queue.tell(current, {"dueAt": self._now(), "holder": None})
                return
            message = await self._next(current, run)
            if message.events or (is_first and current["schedule"] is not None and current["reportIfEmpty"]):
                current, is_first = await self._bring(current, message), False
            elif message.taken:
                await self._queue.settle(message.taken)
            else:
                current = await self._rest(current, run)

    async def _next(self, held: Document, run: str) -> Message:
        """Return the next message to a subscription; at a set time that is of what came before."""
        most = held["batch"] or MOST_EVENTS
        through = None if held["schedule"] is None else run
        chunks = await self._queue.chunks(held["_id"], through=through, limit=most)
        wanted, left = [], most
        for chunk in chunks:
            wanted.append(unpacked(chunk["events"])[:left])
            left -= len(wanted[-1])
        known = await self._queue.events([event for ids in wanted for event in ids]) if wanted else {}
        return composed(list(each_event(chunks, wanted)), known, most=most)

    async def _rest(self, held: Document, run: str) -> Document | None:
        """Let go of a subscription until more comes, or its time does; return it if more has come."""
        if held["schedule"] is not None:
            due = timestamp(Schedule.read(held["schedule"]).after(self._clock()))
            await self._queue.tell(held, {"dueAt": due, "holder": None, "minRecordTime": run})
            return None
        return None if await self._queue.rest(held) else await self._queue.find(held)

    async def _bring(self, held: Document, message: Message) -> Document | None:
        """Send a message, and write down how it went; return the subscription if it goes on."""
        body = body_of(held, message, at=self._now())
        reply = await self._send(held, message.name(held), body)
        measures.ATTEMPTS.labels("succeeded" if reply.succeeded else "failed").inc()
        members: dict[str, Any] = {"lastAttempt": reply.attempt(self._now()), "dueAt": self._lease_end()}
        if reply.succeeded:
            return await self._taken(held, message, members)
        if reply.status == TOO_LARGE and len(message.events) > 1:
            return await self._queue.tell(held, {**members, "batch": len(message.events) // 2})
        await self._fail(held, reply, members)
        return None

    async def _taken(self, held: Document, message: Message, members: Mapping[str, Any]) -> Document | None:
        await self._queue.settle(message.taken)
        measures.EVENTS.inc(len(message.events))
        well: dict[str, Any] = {"made": 0, "failingSince": None, "lastNotifiedAt": self._now()}
        if message.events:
            well["minRecordTime"] = message.events[-1]["recordTime"]
        current = await self._queue.tell(held, {**members, **well})
        if current is None:
            await self._queue.notified(held["_id"], well["lastNotifiedAt"])
        return current

    async def _send(self, held: Document, name: str, body: bytes) -> Reply:
        begun = time.perf_counter()
        try:
            headers = headers_of(
                name,
                int(self._clock().timestamp()),
                body,
                secret=self._opened(held, "secret", SECRET),
                token=None if held["signatureToken"] is None else self._opened(held, "signatureToken", TOKEN),
            )
            answer = await self._outbound.post(held["dest"], body, headers=headers, seconds=self._manners.seconds)
        except CallFailed as fault:
            return no_reply(fault.reason, fault.message, begun=begun)
        except SealBroken:
            message = "The secret that signs it cannot be read; subscribe anew."
            return no_reply("secret_unreadable", message, begun=begun)
        return reply_of(answer, now=self._clock(), begun=begun)

    def _opened(self, held: Mapping[str, Any], name: str, purpose: str) -> str:
        return self._sealing.open(bytes(held[name]), purpose=purpose, about=str(held["_id"])).decode()

    async def _fail(self, held: Document, reply: Reply, members: Mapping[str, Any]) -> None:
        """Write down a failure: it is tried again, in the same order, until its owner or our patience ends it."""
        now, since = self._clock(), held["failingSince"]
        if reply.status == GONE:
            await self._disable(held, "it answered 410 Gone", members)
        elif since is not None and now - parse_timestamp(since) >= self._manners.patience:
            await self._disable(held, f"every attempt has failed since {since}", members)
        else:
            failing = {"made": held["made"] + 1, "failingSince": since or timestamp(now), "holder": None}
            due = timestamp(now + timedelta(seconds=self._wait(held["made"] + 1, reply.wished)))
            await self._queue.tell(held, {**members, **failing, "dueAt": due})

    def _wait(self, made: int, wished: float | None) -> float:
        """Return the seconds until the next attempt; beyond the last rung of the ladder it is that one again."""
        ladder = self._manners.ladder
        return ladder.wait(min(made, len(ladder.rungs) - 1), wished=wished) or 0.0

    async def _disable(self, held: Document, reason: str, members: Mapping[str, Any]) -> None:
        over = {"status": "disabled", "disabledReason": reason, "disabledAt": self._now()}
        ended = {**members, **over, "dueAt": None, "holder": None, "catchingUp": False}
        details = {"queryName": held["queryName"], "dest": held["dest"], "reason": reason}
        tenancy = Tenancy(held["workspaceId"], held["environment"])
        about, action = ("epcis_subscription", held["_id"]), "epcis_subscription.disabled"
        mail = {
            "query": held["queryName"],
            "url": held["dest"],
            "reason": reason,
            "since": held["minRecordTime"],
            "until": timestamp(self._clock() + MAILED_WITHIN),
        }

        async def work(session: Session) -> None:
            if await self._queue.end(held, ended, session=session):
                await self._log.note(tenancy, action, entity=about, actor=SYSTEM, details=details, session=session)
                await self._jobs.enqueue(MAIL_DISABLED, str(held["_id"]), tenancy, mail, session=session)

        await self._database.transact(work)

    def _lease_end(self) -> str:
        return timestamp(self._clock() + timedelta(seconds=self._manners.seconds) + self._manners.margin)

    def _now(self) -> str:
        return timestamp(self._clock())
