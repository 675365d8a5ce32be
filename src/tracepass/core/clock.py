"""Time, which comes in from outside so that a test never waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Write a moment as every timestamp of the API: UTC, ISO 8601, milliseconds, ``Z``.

    Such strings sort as the moments do, so documents store them as they are shown.
    """
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_timestamp(text: str) -> datetime:
    """Read an ISO 8601 timestamp that names its offset.

    Raises:
        ValueError: the text is no timestamp, or names no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        message = "a timestamp must name its offset, like 2027-02-18T00:00:00.000Z"
        raise ValueError(message)
    return moment.astimezone(UTC)
