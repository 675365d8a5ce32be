"""An export that a worker makes, as it is shown: plain functions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tracepass.core.clock import timestamp
from tracepass.core.mongo import Document
from tracepass.core.tenancy import Tenancy
from tracepass.exports.models import FORMATS, PACKED_TYPES, SUFFIXES, Compression, FormatName

NO_PROGRESS: Mapping[str, Any] = {"percentage": 0, "records": 0, "total": None, "counts": {}, "estimatedEndAt": None}
SHOWN = (
    "_id", "format", "compression", "since", "status", "progress", "error",
    "createdAt", "startedAt", "finishedAt", "expiresAt", "file",
)  # fmt: skip


def shown(export: Mapping[str, Any], link: tuple[str, datetime] | None) -> Document:
    """Return an export as it is shown; ``link`` is where its file is for a while, and until when."""
    url, until = (None, None) if link is None else (link[0], timestamp(link[1]))
    return {**{name: export[name] for name in SHOWN}, "downloadUrl": url, "downloadUrlExpiresAt": until}


def progress_of(counts: Mapping[str, int], total: int, *, started: datetime, now: datetime) -> Document:
    """Say how far an export is; the end is estimated from how long it took so far."""
    done = sum(counts.values())
    share = min(done / total, 1.0) if total else 0.0
    end = now + (now - started) * (1 / share - 1) if share else None
    return {
        "percentage": int(share * 100),
        "records": done,
        "total": total,
        "counts": dict(counts),
        "estimatedEndAt": None if end is None else timestamp(end),
    }


def file_name(tenancy: Tenancy, now: datetime, form: FormatName, compression: Compression = "none") -> str:
    """Return the name a file is saved under."""
    suffix = FORMATS[form].suffix + SUFFIXES[compression]
    return f"tracepass-tenant-export-{tenancy.workspace_id}-{now:%Y-%m-%d}.{suffix}"


def media_type_of(form: FormatName, compression: Compression) -> str:
    """Return the media type of a file: a packed one is what it is packed in."""
    return PACKED_TYPES.get(compression, FORMATS[form].media_types[0])


def is_over(export: Mapping[str, Any], now: datetime) -> bool:
    """Tell whether the time an export is kept for has passed."""
    return export["expiresAt"] is not None and export["expiresAt"] <= timestamp(now)


KEPT = timedelta(days=7)
"""How long the file of an export is kept."""
