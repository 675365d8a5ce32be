"""Where a page of events begins: after an event, so that what others write meanwhile moves nothing."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, find_id
from tracepass.epcis.queries import EventQuery

LIFETIME: Final = timedelta(days=1)
"""How long a token leads to a page."""


@dataclass(frozen=True, slots=True)
class Place:
    """The last event of the page before, by the time that orders the query, and how many are still wanted."""

    time: str
    id: Id
    left: int | None


def expiry(now: datetime) -> str:
    """Return until when a token is good that is given now."""
    return timestamp(now + LIFETIME)


def place_after(
    query: EventQuery, event: Mapping[str, Any], *, left: int | None, shown: int, expires: str
) -> str | None:
    """Return the token of what follows an event; None if no more is wanted."""
    rest = None if left is None else left - shown
    if rest == 0:
        return None
    parts = [_name(query), event[query.order], str(event["_id"]), rest, expires]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def place_of(query: EventQuery, token: str, *, now: str) -> Place:
    """Read a token.

    Raises:
        Invalid: it is none of ours, of another query, or too old.
    """
    try:
        name, time, text, left, expires = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        place = Place(str(time), find_id(str(text)) or Id("0" * 24), None if left is None else int(left))
        is_over = str(expires) <= now
    except (binascii.Error, ValueError, TypeError):
        raise Invalid({"nextPageToken": ["is not a token that a page gave"]}) from None
    if is_over:
        raise Invalid({"nextPageToken": ["has expired; ask for the first page again"]})
    if name != _name(query):
        raise Invalid({"nextPageToken": ["belongs to another query"]})
    return place


def _name(query: EventQuery) -> str:
    return hashlib.sha256(orjson.dumps(query.asked)).hexdigest()[:16]


def list_token(identifier: Id) -> str:
    """Return the token of what follows a capture job."""
    return base64.urlsafe_b64encode(identifier.binary).decode()


def read_list_token(token: str | None) -> Id | None:
    """Read the token of a list of capture jobs.

    Raises:
        Invalid: it is none of ours.
    """
    if token is None:
        return None
    try:
        return Id(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError):
        raise Invalid({"nextPageToken": ["is not a token that a page gave"]}) from None
