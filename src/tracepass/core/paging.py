"""Pages of a list: by number, or by a cursor that stays right while others write."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

import orjson

from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, find_id

DEEPEST_OFFSET = 100_000


@dataclass(frozen=True, slots=True)
class Position:
    """Where a cursor stands: the sort value and the id of the last item seen."""

    value: str
    id: Id


def write_cursor(position: Position) -> str:
    """Return the opaque text of a position."""
    return base64.urlsafe_b64encode(orjson.dumps([position.value, str(position.id)])).decode().rstrip("=")


def read_cursor(text: str) -> Position:
    """Read a cursor.

    Raises:
        Invalid: it is not one of ours.
    """
    try:
        parts: Any = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        value, identifier = parts
        found = find_id(identifier)
    except (binascii.Error, orjson.JSONDecodeError, ValueError, TypeError):
        found = None
    if found is None or not isinstance(value, str):
        raise Invalid({"cursor": ["is not a cursor that a list gave"]})
    return Position(value, found)


def offset(page: int, limit: int) -> int:
    """Return how many items come before a page.

    Raises:
        Invalid: the page lies beyond what skipping can reach at a bearable cost.
    """
    if page * limit > DEEPEST_OFFSET:
        raise Invalid({"page": [f"reaches beyond item {DEEPEST_OFFSET}; follow nextCursor with ?cursor= instead"]})
    return (page - 1) * limit
