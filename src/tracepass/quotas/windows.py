"""Windows of time as the budgets have them: days, minutes and months of UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tracepass.quotas.models import Window


def day_of(now: datetime) -> str:
    """Name the day of a moment, like ``2027-02-18``."""
    return f"{now.astimezone(UTC):%Y-%m-%d}"


def month_of(now: datetime) -> str:
    """Name the month of a moment, like ``2027-02``."""
    return f"{now.astimezone(UTC):%Y-%m}"


def minute_of(now: datetime) -> str:
    """Name the minute of a moment."""
    return f"{now.astimezone(UTC):%Y-%m-%dT%H:%M}"


def midnight(now: datetime) -> datetime:
    """Return the beginning of the day."""
    return now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def minute_start(now: datetime) -> datetime:
    """Return the beginning of the minute."""
    return now.replace(second=0, microsecond=0)


def month_end(now: datetime) -> datetime:
    """Return the first moment of the next month."""
    return (midnight(now).replace(day=1) + timedelta(days=32)).replace(day=1)


def day_window(now: datetime, limit: int, remaining: int) -> Window:
    """Return the window of the day."""
    start = midnight(now)
    return Window("day", limit, remaining, now, start, start + timedelta(days=1))


def minute_window(now: datetime, limit: int, remaining: int) -> Window:
    """Return the window of the minute."""
    start = minute_start(now)
    return Window("minute", limit, remaining, now, start, start + timedelta(minutes=1))
