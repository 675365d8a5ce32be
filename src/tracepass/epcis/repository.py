"""Events, capture jobs and their parts in the database, as one workspace sees them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pymongo import UpdateOne
from pymongo.errors import BulkWriteError

from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Index, Session
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.filters import (
    BY_EVENT_TIME,
    BY_RECORD_TIME,
    BY_TERM,
    TENANT,
    beyond,
    filter_of,
    finds_nothing,
    index_of,
    sort_of,
)
from tracepass.epcis.masterdata import Element
from tracepass.epcis.queries import EventQuery
from tracepass.epcis.terms import term

EVENTS, CAPTURES, PARTS, NAMESPACES = "epcisEvents", "epcisCaptures", "epcisCaptureParts", "epcisNamespaces"
MASTER_DATA, FEED = "epcisMasterData", "epcisFeed"
MOST_THINGS = 190
"""Fewer than the terms that an index is merged for."""
IDENTIFIERS = "identifiers"
ITEMS_A_PRODUCT = 20
"""If an item is one of more than so many of its product, it is asked first whether anything is known of the product."""
_DUPLICATE = 11000
SHOWN: Mapping[str, Any] = {"terms": 0, "facts": 0}

INDEXES = (
    Index(EVENTS, BY_TERM),
    Index(EVENTS, BY_EVENT_TIME),
    Index(EVENTS, BY_RECORD_TIME),
    Index(EVENTS, (*TENANT, ("eventKey", 1)), unique=True),
    Index(CAPTURES, (*TENANT, ("_id", -1))),
    Index(MASTER_DATA, (*TENANT, ("thing", 1)), unique=True),
    Index(MASTER_DATA, (*TENANT, ("attributes", 1))),
    Index(FEED, (("recordTime", 1), ("_id", 1))),
    Index(FEED, (*TENANT, ("recordTime", 1))),
    Index(PARTS, (("purgeAt", 1),), expire_after_seconds=0),
    Index(PARTS, (*TENANT, ("captureId", 1), ("number", 1)), unique=True),
)


class EventTaken(Exception):
    """An event stands already under a key; others were quicker."""


class EventRepository:
    """The events of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._database = database
        self._tenancy = tenancy
        self._events = database.scoped(EVENTS, tenancy)
        self._nobodys: set[str] = set()
        """Products that this object found nothing about: it lives no longer than a capture."""

    async def hashes(self, keys: Collection[str]) -> dict[str, Document]:
        """Return hash and capture of those events that are there, by their keys."""
        shown = {"eventKey": 1, "hash": 1, "captureId": 1}
        found = self._events.find({"eventKey": {"$in": list(keys)}}, projection=shown)
        return {event["eventKey"]: event async for event in found}

    async def find(self, key: str) -> Document | None:
        """Return the event under a key, or None."""
        return await self._events.find_one({"eventKey": key}, projection=SHOWN)

    async def insert(self, events: Sequence[Document], *, session: Session) -> None:
        """Add events, all or none.

        Raises:
            EventTaken: one of the keys is taken.
        """
        if not events:
            return
        whole = [{**event, **self._tenancy.fields} for event in events]
        try:
            await self._database.collection(EVENTS).insert_many(whole, session=session)
        except BulkWriteError as error:
            if any(fault["code"] == _DUPLICATE for fault in error.details["writeErrors"]):
                raise EventTaken from None
            raise

    async def tell(self, events: Sequence[Document], *, session: Session) -> None:
        """Tell those who feed subscriptions of events that the same transaction added."""
        if events:
            await self._database.collection(FEED).insert_one(self._entry(events), session=session)

    def _entry(self, events: Sequence[Document]) -> Document:
        """Return what tells of new events: it is there once they are, however late their transaction commits."""
        return {
            "_id": new_id(),
            **self._tenancy.fields,
            "recordTime": min(event["recordTime"] for event in events),
            "events": b"".join(event["_id"].binary for event in events),
        }

    async def page(self, query: EventQuery, *, after: tuple[str, Id] | None, limit: int) -> list[Document]:
        """Return events that a query asks for, in its order, from a place on."""
        if finds_nothing(query):
            return []
        asked = filter_of(query)
        if after is not None:
            asked = {"$and": [*asked.get("$and", ()), beyond(query, *after)]}
        cursor = self._events.find(
            asked, projection=SHOWN, sort=sort_of(query), limit=limit, hint=_name(index_of(query))
        )
        return await cursor.to_list()

    async def found_by(self, query: EventQuery, *, limit: int) -> list[Document]:
        """Return, of events that a query asks for, what they are found by."""
        if finds_nothing(query):
            return []
        shown, hint = {"terms": 1, "facts": 1}, _name(index_of(query))
        found = self._events.find(filter_of(query), projection=shown, sort=sort_of(query), limit=limit, hint=hint)
        return await found.to_list()

    async def these(self, ids: Sequence[Id]) -> list[Document]:
        """Return the events with these ids, in no order."""
        return await self._events.find({"_id": {"$in": list(ids)}}, projection=SHOWN, hint="_id_").to_list()

    async def count(self, query: EventQuery, *, limit: int) -> int:
        """Count what a query asks for, up to a limit."""
        return await self._events.count(filter_of(query), limit=limit, hint=_name(index_of(query)))

    async def remove(self, capture_id: Id) -> int:
        """Take the events of a capture away again; return how many."""
        return await self._events.delete_all({"terms": term("capture", str(capture_id))})

    async def passports(self, keys: Mapping[str, str]) -> dict[str, Id]:
        """Return the passports of this tenancy that stand under global keys, by EPC (``keys``: EPC -> key)."""
        head = "" if self._tenancy.environment == "live" else f"test/{self._tenancy.workspace_id}/"
        claims = self._database.scoped(IDENTIFIERS, self._tenancy)
        gtins = {key.split("/")[1] for key in keys.values()}
        if len(gtins) * ITEMS_A_PRODUCT < len(keys):
            # Thousands of items of a few products: whoever moves the goods of others knows none of them.
            asked_for = gtins - self._nobodys
            gtins = {gtin for gtin in asked_for if await claims.find_one({"gtin": gtin}, projection={"_id": 1})}
            self._nobodys |= asked_for - gtins
            keys = {epc: key for epc, key in keys.items() if key.split("/")[1] in gtins}
        asked = {head + key: epc for epc, key in keys.items()}
        if not asked:
            return {}
        found = claims.find({"_id": {"$in": list(asked)}}, projection={"passportId": 1})
        return {asked[claim["_id"]]: claim["passportId"] async for claim in found}


class CaptureRepository:
    """The capture jobs of one tenancy, and the parts of documents that wait to be captured."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._captures = database.scoped(CAPTURES, tenancy)
        self._parts = database.scoped(PARTS, tenancy)
        self._namespaces = database.collection(NAMESPACES)
        self._tenancy = tenancy

    async def insert(self, capture: Document, *, session: Session) -> None:
        """Add a capture job."""
        await self._captures.insert(capture, session=session)

    async def find(self, capture_id: Id) -> Document | None:
        """Return a capture job, or None."""
        return await self._captures.find_one({"_id": capture_id})

    async def page(self, *, after: Id | None, limit: int) -> list[Document]:
        """Return capture jobs, newest first, from one on."""
        query = {} if after is None else {"_id": {"$lt": after}}
        return await self._captures.find(query, sort=[("_id", -1)], limit=limit).to_list()

    async def advance(self, before: Document, change: Mapping[str, Any], *, session: Session) -> bool:
        """Change a capture that still is where it was; tell whether it is."""
        query = {**{name: before[name] for name in ("_id", "phase", "step")}, "running": True}
        return await self._captures.update(query, change, session=session)

    async def add_part(self, part: Document) -> None:
        """Keep a part of a document."""
        await self._parts.insert(part)

    async def part(self, capture_id: Id, number: int) -> Document | None:
        """Return a part of a document, or None if there are no more."""
        return await self._parts.find_one({"captureId": capture_id, "number": number})

    async def drop_parts(self, capture_id: Id) -> None:
        """Forget the parts of a document."""
        await self._parts.delete_all({"captureId": capture_id})

    async def remember(self, namespaces: Mapping[str, str]) -> None:
        """Remember which prefixes this tenancy writes for which namespaces."""
        pairs = [[prefix, namespace] for prefix, namespace in sorted(namespaces.items())]
        await self._namespaces.update_one(
            {"_id": self._key},
            {"$addToSet": {"pairs": {"$each": pairs}}, "$setOnInsert": self._tenancy.fields},
            upsert=True,
        )

    async def namespaces(self) -> dict[str, list[str]]:
        """Return the namespaces that each prefix has stood for, in captures and in what imports have brought."""
        mine = {"_id": {"$gte": self._key, "$lt": f"{self._key}0"}}
        known: dict[str, dict[str, None]] = {}
        async for found in self._namespaces.find(mine, sort=[("_id", 1)]):
            for prefix, namespace in found["pairs"]:
                known.setdefault(prefix, {})[namespace] = None
        return {prefix: list(namespaces) for prefix, namespaces in known.items()}

    @property
    def _key(self) -> str:
        return namespaces_key(self._tenancy)


def namespaces_key(tenancy: Tenancy) -> str:
    """Return under which name the prefixes of a tenancy stand; those of an import have a slash and its id behind."""
    return f"{tenancy.workspace_id}/{tenancy.environment}"


def _name(keys: Sequence[tuple[str, int]]) -> str:
    return "_".join(f"{field}_{direction}" for field, direction in keys)


class StoredMasterData:
    """What documents' headers said of places and things, as one tenancy sees it."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._known = database.scoped(MASTER_DATA, tenancy)
        self._collection = database.collection(MASTER_DATA)
        self._tenancy = tenancy

    async def remember(self, elements: Sequence[Element], *, now: str) -> None:
        """Keep what a header says; what it says anew of a thing takes the place of what was said before."""
        changes = [
            UpdateOne(
                {**self._tenancy.fields, "thing": element.thing},
                {"$set": {"attributes": element.pairs, "below": list(element.below), "updatedAt": now}},
                upsert=True,
            )
            for element in elements
        ]
        if changes:
            await self._collection.bulk_write(changes, ordered=False)

    async def below(self, places: Sequence[str]) -> Sequence[str]:
        """Return the places below some places, direct or not, up to a limit."""
        found: dict[str, None] = {}
        level = list(places)
        while level and len(found) < MOST_THINGS:
            said = self._known.find({"thing": {"$in": level}}, projection={"below": 1})
            level = [place async for one in said for place in one["below"] if place not in found]
            found |= dict.fromkeys(level)
        return list(found)[:MOST_THINGS]

    async def having(self, attributes: Sequence[str], values: Sequence[str] | None) -> Sequence[str]:
        """Return the things that have one of some attributes, with one of some values unless they are None."""
        asked = list(attributes) if values is None else [f"{name}={value}" for name in attributes for value in values]
        cursor = self._known.find({"attributes": {"$in": asked}}, projection={"thing": 1}, limit=MOST_THINGS)
        return [one["thing"] async for one in cursor]
