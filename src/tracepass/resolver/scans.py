"""Counting scans: per passport and day, in memory, written every few seconds; nothing in it could name a person.

Where the law forbids to track readers (toys: Regulation (EU) 2025/2509; detergents: Regulation (EU) 2026/405), only
the total is counted.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from tracepass.core.clock import Clock
from tracepass.core.ids import Id
from tracepass.core.mongo import Document, PyMongoError
from tracepass.resolver.models import Device, Format, State
from tracepass.resolver.repository import CrossWorkspaceScans

KEPT = timedelta(days=800)
"""Two years of days, and what one compares them with; the database itself takes away what is older."""

_Day = tuple[Id, str]


class ScanCounter:
    """The scans of this process that are not written yet."""

    def __init__(self, scans: CrossWorkspaceScans, *, clock: Clock) -> None:
        self._scans = scans
        self._clock = clock
        self._days: dict[_Day, Document] = {}
        self._counts: dict[_Day, Counter[str]] = {}

    def count(self, state: State, *, shown: Format, device: Device, locale: str | None, total_only: bool) -> None:
        """Count one scan; ``locale`` is the language of the page, None for data."""
        day = self._clock().date().isoformat()
        key = (state.passport_id, day)
        if key not in self._counts:
            self._counts[key] = Counter()
            self._days[key] = _document(state, day)
        counts = self._counts[key]
        counts["total"] += 1
        if not total_only:
            counts.update([f"byFormat.{shown}", f"byDevice.{device}"])
            counts.update([f"byLanguage.{locale}"] if locale else [])

    async def flush(self) -> None:
        """Write what was counted; should that fail, it is kept for the next time.

        Raises:
            PyMongoError: the database did not take it.
        """
        if not self._counts:
            return
        days, counts = self._days, self._counts
        self._days, self._counts = {}, {}
        try:
            await self._scans.add([(days[key], dict(counts[key])) for key in counts])
        except PyMongoError:
            self._restore(days, counts)
            raise

    def _restore(self, days: dict[_Day, Document], counts: dict[_Day, Counter[str]]) -> None:
        for key, counted in counts.items():
            self._days.setdefault(key, days[key])
            self._counts.setdefault(key, Counter()).update(counted)


def _document(state: State, day: str) -> Document:
    return {
        "_id": f"{state.passport_id}/{day}",
        "workspaceId": state.workspace_id,
        "environment": state.environment,
        "passportId": state.passport_id,
        "day": day,
        "purgeAt": datetime.fromisoformat(day).replace(tzinfo=UTC) + KEPT,
    }
