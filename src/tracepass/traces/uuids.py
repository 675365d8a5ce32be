"""Identifiers of traces and lots: UUIDs, as the systems that send them have them."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from typing import Final
from uuid import UUID

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def new_uuid(moment: datetime) -> str:
    """Return a fresh UUID of version 7, which sorts by the moment it was made at (RFC 9562 5.7)."""
    milliseconds = int(moment.timestamp() * 1000)
    number = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return str(UUID(int=number))


def find_uuid(text: str) -> str | None:
    """Return a UUID in its usual form, in small letters, or None if the text is none."""
    folded = text.lower()
    return folded if _UUID.fullmatch(folded) else None


def read_uuid(text: str) -> str:
    """Return a UUID in small letters.

    Raises:
        ValueError: the text is none.
    """
    found = find_uuid(text)
    if found is None:
        message = "must be a UUID like be3233c4-c0a2-4f47-a62a-303492c20ba6"
        raise ValueError(message)
    return found
