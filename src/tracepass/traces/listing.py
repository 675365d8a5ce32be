"""The frame of a list of traces: the page, links to the others, and where it stands among them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tracepass.core.mongo import Document


@dataclass(frozen=True, slots=True)
class TracePage:
    """One page of traces, as they are shown; ``truncated`` says that not all predecessors were looked at."""

    items: list[Document]
    total: int
    page: int
    per_page: int
    truncated: bool | None = None


def framed(page: TracePage, path: str, asked: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return a list in its frame; ``path`` is its address and ``asked`` the query, which links keep."""
    last = max(1, math.ceil(page.total / page.per_page))
    kept = [(name, value) for name, value in asked if name != "page"]
    start = (page.page - 1) * page.per_page

    def link(number: int) -> str:
        return f"{path}?{urlencode([*kept, ('page', str(number))])}"

    meta: dict[str, Any] = {
        "current_page": page.page,
        "from": start + 1 if page.items else None,
        "last_page": last,
        "path": path,
        "per_page": page.per_page,
        "to": start + len(page.items) if page.items else None,
        "total": page.total,
    }
    if page.truncated is not None:
        meta["truncated"] = page.truncated
    return {
        "data": page.items,
        "links": {
            "first": link(1),
            "last": link(last),
            "prev": link(min(page.page - 1, last)) if page.page > 1 else None,
            "next": link(page.page + 1) if page.page < last else None,
        },
        "meta": meta,
    }
