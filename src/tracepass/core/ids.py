"""Identifiers of documents: MongoDB ObjectIds, shown as 24 hexadecimal characters."""

from __future__ import annotations

from collections.abc import Callable

from bson import ObjectId
from bson.errors import InvalidId

Id = ObjectId
IdSource = Callable[[], ObjectId]

ID_LENGTH = 24


def new_id() -> ObjectId:
    """Return a fresh id."""
    return ObjectId()


def find_id(text: str) -> ObjectId | None:
    """Return the id that a text of 24 hexadecimal characters names, or None if it is no such text."""
    if len(text) != ID_LENGTH:
        return None
    try:
        return ObjectId(text)
    except InvalidId:
        return None
