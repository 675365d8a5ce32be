"""The feed of all workspaces: new events that nobody has looked at yet to see which subscriptions want them.

An entry is part of the transaction that stores its events, so it appears when they do and none is missed, however late
a transaction commits (docs/decisions/0036).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.repository import EVENTS, FEED
from tracepass.epcis.subscriptionsrepository import ACTIVE, CHUNKS, SUBSCRIPTIONS

ID_BYTES = 12
_LIGHT: Mapping[str, Any] = {"terms": 1, "facts": 1, "eventTime": 1, "recordTime": 1}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Events that wait to be sent to a subscription, in order."""

    subscription: Document
    record_time: str
    events: tuple[Id, ...]

    @property
    def document(self) -> Document:
        """Return the chunk as it is stored."""
        return {
            "_id": new_id(),
            "workspaceId": self.subscription["workspaceId"],
            "environment": self.subscription["environment"],
            "subscriptionId": self.subscription["_id"],
            "recordTime": self.record_time,
            "events": packed(self.events),
        }


class Feed:
    """Entries, the subscriptions they are held against, and the chunks that come of it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._entries = database.collection(FEED)
        self._subscriptions = database.collection(SUBSCRIPTIONS)
        self._chunks = database.collection(CHUNKS)

    async def take(self, limit: int) -> list[Document]:
        """Return entries in the order of their events' record times."""
        found = self._entries.find({"recordTime": {"$gt": ""}}).sort([("recordTime", 1), ("_id", 1)])
        return await found.limit(limit).to_list()

    async def count(self, limit: int) -> int:
        """Count the entries, up to a limit."""
        return await self._entries.count_documents({"recordTime": {"$gt": ""}}, limit=limit)

    async def waiting(self, tenancy: Tenancy, until: str) -> set[Id]:
        """Return the events of a tenancy, recorded up to a moment, that nobody has looked at."""
        found = self._entries.find({**tenancy.fields, "recordTime": {"$lte": until}}, {"events": 1})
        return {event async for entry in found for event in unpacked(entry["events"])}

    async def subscriptions(self, tenancies: Collection[Tenancy]) -> list[Document]:
        """Return the active subscriptions of tenancies."""
        mine = [{**tenancy.fields, **ACTIVE} for tenancy in tenancies]
        return await self._subscriptions.find({"$or": mine}).to_list() if mine else []

    async def next_to_catch_up(self) -> Document | None:
        """Return a subscription that has not looked at all events that were there before it."""
        return await self._subscriptions.find_one({"catchingUp": True})

    async def events(self, ids: Sequence[Id]) -> list[Document]:
        """Return what queries need of some events, in the order given, without those that were taken away again."""
        found = self._database.collection(EVENTS).find({"_id": {"$in": list(ids)}}, _LIGHT)
        known = {event["_id"]: _comparable(event) async for event in found}
        return [known[one] for one in ids if one in known]

    async def since(self, tenancy: Tenancy, place: tuple[str, Id] | None, start: str, limit: int) -> list[Document]:
        """Return the events of a tenancy in the order of record time, from a moment or from behind an event on."""
        since = start if place is None else place[0]
        query: dict[str, Any] = {"recordTime": {"$gte": since}}
        if place is not None:
            query = {"$and": [query, {"$nor": [{"recordTime": place[0], "_id": {"$lte": place[1]}}]}]}
        order = [("recordTime", 1), ("_id", 1)]
        found = self._database.scoped(EVENTS, tenancy).find(
            query, projection=_LIGHT, sort=order, limit=limit, hint="workspaceId_1_environment_1_recordTime_-1__id_-1"
        )
        return [_comparable(event) async for event in found]

    async def add(self, chunks: Sequence[Chunk], *, now: str, session: Session) -> None:
        """Let chunks wait, and wake streams that neither are being served nor wait to try again.

        Subscriptions that ended meanwhile get none; one that ends now makes this transaction start over.
        """
        if not chunks:
            return
        wanted = {chunk.subscription["_id"] for chunk in chunks}
        mine: dict[str, Any] = {"_id": {"$in": list(wanted)}, **ACTIVE}
        outcome = await self._subscriptions.update_many(mine, {"$inc": {"wakes": 1}}, session=session)
        if outcome.matched_count < len(wanted):
            found = self._subscriptions.find(mine, {"_id": 1}, session=session)
            wanted = {one["_id"] async for one in found}
        idle = {**mine, "schedule": None, "holder": None, "made": 0}
        await self._subscriptions.update_many(idle, {"$set": {"dueAt": now}}, session=session)
        kept = [chunk.document for chunk in chunks if chunk.subscription["_id"] in wanted]
        if kept:
            await self._chunks.insert_many(kept, session=session)

    async def settle(self, entries: Collection[Id], *, session: Session | None = None) -> None:
        """Forget entries that were looked at."""
        await self._entries.delete_many({"_id": {"$in": list(entries)}}, session=session)

    async def advance(self, subscription: Id, place: tuple[str, Id] | None, *, done: bool, session: Session) -> None:
        """Write down how far a subscription has caught up."""
        members: dict[str, Any] = {"catchingUp": not done}
        if place is not None:
            members["caughtUp"] = {"time": place[0], "id": place[1]}
        await self._subscriptions.update_one({"_id": subscription}, {"$set": members}, session=session)


def packed(events: Sequence[Id]) -> bytes:
    """Return the bytes of ids, one after the other."""
    return b"".join(event.binary for event in events)


def unpacked(raw: bytes) -> list[Id]:
    """Return the ids that bytes hold."""
    return [Id(raw[at : at + ID_BYTES]) for at in range(0, len(raw), ID_BYTES)]


def _comparable(event: Document) -> Document:
    """Return an event whose instants know that they are UTC, as those of queries do."""
    facts = [{**fact, "v": _aware(fact["v"])} for fact in event["facts"]]
    return {**event, "facts": facts}


def _aware(value: Any) -> Any:
    return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value
