"""What a route demands of its callers, declared where the route is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

MEGABYTE = 1024 * 1024
JSON_LIMIT = 10 * MEGABYTE
IMAGE_LIMIT = 5 * MEGABYTE
FILE_LIMIT = 10 * MEGABYTE
FORM_OVERHEAD = 16 * 1024
FORM_LIMIT = 64 * 1024

JSON = "application/json"
MULTIPART = "multipart/form-data"
FORM = "application/x-www-form-urlencoded"


class Budget(Enum):
    """The daily budget a call is counted against; the quota gate reads it."""

    NONE = "none"
    READS = "reads"
    WRITES = "writes"
    TOOLS = "tools"
    """Counted as reads, and besides in the minute window of the key."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The demands of one route.

    ``scope`` is None on public routes and where any credential is good enough (``signed_in``). ``max_body`` is in bytes
    and includes the framing of a form. ``cost`` gives the units a validated body takes from the budget. ``any_query``
    passes over parameters that the operation does not know, where a standard wants it so. A ``confidential`` answer
    shows a secret this once, and is not kept for repetitions. ``also_media`` are types of bodies that the handler gets
    as bytes, where else it gets JSON. A ``spooled`` body is read by the handler itself, from ``Call.spool``:
    it may be too large for memory. ``granted`` opens a route to holders of access grants, whom every other refuses; its
    handler looks at ``Call.caller.grant`` and shows no more than that says.
    """

    scope: str | None
    budget: Budget = Budget.NONE
    media_type: str = JSON
    max_body: int = JSON_LIMIT
    cost: Callable[[Any], int] | None = None
    also_query: frozenset[str] = frozenset()
    signed_in: bool = False
    any_query: bool = False
    confidential: bool = False
    also_media: frozenset[str] = frozenset()
    spooled: bool = False
    granted: bool = False

    @property
    def public(self) -> bool:
        """Tell whether anybody may call."""
        return self.scope is None and not self.signed_in
