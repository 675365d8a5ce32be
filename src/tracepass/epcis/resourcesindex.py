"""The values that events have been seen with, read from the index of terms: nothing is kept for it, or has to be.

The walk looks at a few events at a time, in the order of their first term beyond a place, and goes on behind the last
of these: a value that a million events share costs one look. An index gives each event once, however many of its terms
lie there, so the others are taken from the events themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.filters import BY_TERM
from tracepass.epcis.repository import EVENTS

LEAST, MOST = 4, 256
"""How many events are looked at in one trip: more while each brings values of its own."""
FRUITFUL = 4
_BEHIND_DIGESTS = "$"
"""The sign after ``#``, with which the digests begin that stand for values too long for a term."""
_INDEX = "_".join(f"{field}_{direction}" for field, direction in BY_TERM)


class ValueIndex:
    """The values of one tenancy's events."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._events = database.scoped(EVENTS, tenancy)

    async def after(self, tag: str, value: str | None, *, limit: int) -> list[str]:
        """Return at least ``limit`` values of a tag, in order, from behind one on; fewer if there are no more."""
        place, end = f"{tag}={_BEHIND_DIGESTS if value is None else value}", f"{tag}>"
        found: set[str] = set()
        half_read: dict[Id, str] = {}
        size, sure = LEAST, 0
        while True:
            seen = await self._look(place, end, without=half_read, limit=size)
            found.update(text for texts in seen.values() for text in texts)
            if len(seen) < size:
                return _values(tag, found)
            place = max(map(min, seen.values()))
            half_read |= {event: max(texts) for event, texts in seen.items()}
            half_read = {event: last for event, last in half_read.items() if last > place}
            before, sure = sure, sum(text <= place for text in found)
            if sure >= limit:
                return _values(tag, (text for text in found if text <= place))
            size = min(size * 2, MOST) if (sure - before) * FRUITFUL >= size else max(size // 2, LEAST)

    async def _look(self, place: str, end: str, *, without: Iterable[Id], limit: int) -> dict[Id, list[str]]:
        """Return, for the next few events that have terms between two places, these terms.

        Nothing is sorted: it is the order of the index, by which the hint lets it be read from one end to the other.
        """
        between = {"$and": [{"$gt": ["$$this", place]}, {"$lt": ["$$this", end]}]}
        query: dict[str, Any] = {"terms": {"$elemMatch": {"$gt": place, "$lt": end}}, "_id": {"$nin": list(without)}}
        shown = {"terms": {"$filter": {"input": "$terms", "cond": between}}}
        cursor = self._events.find(query, projection=shown, limit=limit, hint=_INDEX)
        return {event["_id"]: event["terms"] async for event in cursor}


def _values(tag: str, terms: Iterable[str]) -> list[str]:
    return sorted(text[len(tag) + 1 :] for text in terms)
