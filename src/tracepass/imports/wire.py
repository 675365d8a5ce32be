"""An import as it is shown: plain functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from tracepass.core.clock import timestamp
from tracepass.core.mongo import Document

NO_PROGRESS: Mapping[str, Any] = {"percentage": 0, "rows": 0, "created": 0, "estimatedEndAt": None}
SHOWN = (
    "_id", "kind", "category", "productId", "lang", "dryRun", "confirmOverage", "status", "phase", "progress", "rows",
    "errors", "errorCount", "truncated", "notes", "error", "remaining", "createdAt", "startedAt", "finishedAt",
    "expiresAt", "file",
)  # fmt: skip
_LATER: Mapping[str, Any] = {"kind": "sheet", "notes": {}}
"""Members that imports of earlier versions do not have."""
KEPT: Final = timedelta(days=7)
"""How long an import is told of."""
MOST_TOLD: Final = 500


def shown(import_: Mapping[str, Any]) -> Document:
    """Return an import as it is shown."""
    return {name: import_.get(name, _LATER.get(name)) for name in SHOWN}


def progress_of(share: float, *, rows: int, created: int, started: datetime, now: datetime) -> Document:
    """Say how far an import is; the end is estimated from how long it took so far."""
    share = min(share, 0.99)
    end = now + (now - started) * (1 / share - 1) if share > 0 else None
    return {
        "percentage": int(share * 100),
        "rows": rows,
        "created": created,
        "estimatedEndAt": None if end is None else timestamp(end),
    }
