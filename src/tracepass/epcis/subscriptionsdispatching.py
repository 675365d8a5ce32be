"""From the feed to the subscriptions: each new event waits, once, for every subscription whose query asks for it.

One worker at a time does this, the holder of a lease, and what it does with some entries is one transaction with their
end: whoever takes over finds them looked at, or not at all. A new subscription catches up here as well, step by step;
what waits in the feed meanwhile is left to the feed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

import structlog

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.leases import Lease, Overtaken
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.matching import matches
from tracepass.epcis.namedqueries import NamedQueries
from tracepass.epcis.queries import EventQuery
from tracepass.epcis.subscriptionsfeed import ID_BYTES, Chunk, Feed, unpacked

ENTRIES = 100
AT_ONCE = 500
"""Events that are held against subscriptions in one go; an entry alone may have more."""
STEP = 500
"""Events that a new subscription looks at in one go."""
LEASE_SECONDS = 5
RENEWED_AFTER_SECONDS = 1.0

_log = structlog.get_logger()


class FeedDispatcher:
    """Empties the feed; any number may run, one works."""

    def __init__(self, database: Database, *, clock: Clock, queries: NamedQueries) -> None:
        self._database = database
        self._clock = clock
        self._queries = queries
        self._feed = Feed(database)
        self._lease = Lease(database, "epcis-feed", holder=str(new_id()), seconds=LEASE_SECONDS)
        self._asked_at = -RENEWED_AFTER_SECONDS
        self._holds = False

    async def dispatch_once(self) -> int:
        """Look at some entries, and let one new subscription catch up a step; return how much there was."""
        if not await self._hold():
            return 0
        try:
            return await self._dispatch() + await self._catch_up()
        except Overtaken:
            self._holds = False
            return 0

    async def let_go(self) -> None:
        """Leave the work to another."""
        if self._holds:
            self._holds, self._asked_at = False, -RENEWED_AFTER_SECONDS
            await self._lease.release()

    async def _hold(self) -> bool:
        """Tell whether the work is ours; each transaction makes sure of it."""
        now = time.monotonic()
        if now - self._asked_at >= RENEWED_AFTER_SECONDS:
            self._holds = await self._lease.hold()
            self._asked_at = now
        return self._holds

    async def _dispatch(self) -> int:
        entries = list(_bounded(await self._feed.take(ENTRIES)))
        if not entries:
            return 0
        homes = {_tenancy(entry) for entry in entries}
        subscriptions = await self._feed.subscriptions(homes)
        chunks = [chunk for home in homes for chunk in await self._chunks(home, entries, subscriptions)]

        async def work(session: Session) -> None:
            await self._lease.guard(session)
            await self._feed.add(chunks, now=timestamp(self._clock()), session=session)
            await self._feed.settle([entry["_id"] for entry in entries], session=session)

        await self._database.transact(work)
        return len(entries)

    async def _chunks(
        self, home: Tenancy, entries: Sequence[Document], subscriptions: Sequence[Document]
    ) -> list[Chunk]:
        """Return what the entries of one tenancy bring to its subscriptions."""
        mine = [one for one in subscriptions if _tenancy(one) == home]
        if not mine:
            return []
        ids = [event for entry in entries if _tenancy(entry) == home for event in unpacked(entry["events"])]
        events = await self._feed.events(ids)
        asked = await self._asked(home, mine)
        return [
            chunk
            for one in mine
            for chunk in _chunks_of(one, asked[one["_id"]], [event for event in events if _is_new_to(one, event)])
        ]

    async def _asked(self, home: Tenancy, subscriptions: Sequence[Document]) -> dict[Id, EventQuery | None]:
        """Return what subscriptions ask for; None for a query that was forgotten just now, or cannot be read."""
        found: dict[str, EventQuery | None] = {}
        for name in {one["queryName"] for one in subscriptions}:
            try:
                found[name] = await self._queries.query_of(home, await self._queries.load(home, name))
            except Refusal as refusal:
                _log.warning("subscriptions to a query get nothing", query=name, reason=refusal.message)
                found[name] = None
        return {one["_id"]: found[one["queryName"]] for one in subscriptions}

    async def _catch_up(self) -> int:
        """Let one new subscription look at a step of what was there before it.

        What is in the feed at that moment, seen after the events were read, comes to it by the feed.
        """
        one = await self._feed.next_to_catch_up()
        if one is None:
            return 0
        home, place = _tenancy(one), _place(one)
        events = await self._feed.since(home, place, one["initialRecordTime"], STEP)
        asked = await self._asked(home, [one])
        fed = await self._feed.waiting(home, events[-1]["recordTime"]) if events else set()
        found = [event for event in events if event["_id"] not in fed]
        chunks = list(_chunks_of(one, asked[one["_id"]], found))
        reached = (events[-1]["recordTime"], events[-1]["_id"]) if events else place

        async def work(session: Session) -> None:
            await self._lease.guard(session)
            await self._feed.add(chunks, now=timestamp(self._clock()), session=session)
            await self._feed.advance(one["_id"], reached, done=len(events) < STEP, session=session)

        await self._database.transact(work)
        return 1


def _bounded(entries: Sequence[Document]) -> Iterator[Document]:
    """Give entries until their events are many."""
    size = 0
    for entry in entries:
        yield entry
        size += len(entry["events"]) // ID_BYTES
        if size >= AT_ONCE:
            return


def _chunks_of(
    subscription: Document, query: EventQuery | None, events: Sequence[Mapping[str, Any]]
) -> Iterator[Chunk]:
    """Give the events that a query asks for, those of one record time together."""
    wanted = [event for event in events if query is not None and matches(query, event)]
    for record_time, found in groupby(wanted, key=lambda event: str(event["recordTime"])):
        yield Chunk(subscription, record_time, tuple(event["_id"] for event in found))


def _is_new_to(subscription: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Tell whether an event comes to a subscription by the feed.

    One that still catches up finds for itself what lies beyond the place it has come to.
    """
    if event["recordTime"] < subscription["initialRecordTime"]:
        return False
    place = _place(subscription)
    return not subscription["catchingUp"] or (place is not None and (event["recordTime"], event["_id"]) <= place)


def _place(subscription: Mapping[str, Any]) -> tuple[str, Id] | None:
    reached = subscription["caughtUp"]
    return None if reached is None else (reached["time"], reached["id"])


def _tenancy(document: Mapping[str, Any]) -> Tenancy:
    return Tenancy(document["workspaceId"], document["environment"])
