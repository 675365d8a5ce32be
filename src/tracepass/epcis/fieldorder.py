"""Events in the order of a field of an extension, which no index gives: it is one of many in an array of terms.

What a query finds is read by an index up to a bound, brought into order here, and beyond the bound refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.epcis.queries import EventQuery
from tracepass.epcis.repository import EventRepository

MOST_ORDERED: Final = 1000
_Rank = tuple[int, float | bytes]


async def page_by_field(events: EventRepository, query: EventQuery, *, after: Id | None, limit: int) -> list[Document]:
    """Return events that a query asks for, in the order of its field, from an event on.

    Those without the field come last.

    Raises:
        Invalid: what the page came after is no longer there.
        Refusal: ``query_too_large``: they are too many to be brought into order.
    """
    found = await events.found_by(query, limit=MOST_ORDERED + 1)
    if len(found) > MOST_ORDERED:
        message = f"Only {MOST_ORDERED} events are ordered by a field of an extension; narrow the query."
        raise Refusal("query_too_large", message, details={"limit": MOST_ORDERED})
    ids = [event["_id"] for event in ordered(query, found)]
    if after is not None and after not in ids:
        raise Invalid({"nextPageToken": ["leads nowhere any more; ask for the first page again"]})
    begin = 0 if after is None else ids.index(after) + 1
    wanted = ids[begin : begin + limit]
    by_id = {event["_id"]: event for event in await events.these(wanted)}
    return [by_id[identifier] for identifier in wanted]


def ordered(query: EventQuery, found: Sequence[Document]) -> list[Document]:
    """Return events in the order of a query's field, ties by id.

    Numbers come before times, times before texts; texts are in the order of their UTF-8 (EPCIS 2.0, 8.2.7.1.1).
    """
    ranked = [(min(ranks), event) for event in found if (ranks := list(_ranks(query.by, event)))]
    ranked.sort(key=lambda pair: (pair[0], pair[1]["_id"]), reverse=query.descending)
    there = {event["_id"] for _, event in ranked}
    return [*(event for _, event in ranked), *(event for event in found if event["_id"] not in there)]


def _ranks(keys: Sequence[str], event: Mapping[str, Any]) -> Iterator[_Rank]:
    compared = [fact["v"] for fact in event["facts"] if fact["k"] in keys]
    yield from ((1, one.timestamp()) if isinstance(one, datetime) else (0, float(one)) for one in compared)
    if not compared:
        heads = [f"{key}=" for key in keys]
        yield from (
            (2, text[len(head) :].encode()) for head in heads for text in event["terms"] if text.startswith(head)
        )
