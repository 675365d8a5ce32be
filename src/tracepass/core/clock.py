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
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_timestamp(text: str) -> datetime:
    """Read an ISO 8601 timestamp that names its offset.

    Raises:
        ValueError: the text is no timestamp, names no offset, or lies in no year from 1 to 9999.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = "must be a timestamp like 2027-02-18T00:00:00.000Z"
        raise ValueError(message) from None
    if moment.tzinfo is None:
        message = "a timestamp must name its offset, like 2027-02-18T00:00:00.000Z"
        raise ValueError(message)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        message = "lies outside the years 1 to 9999"
        raise ValueError(message) from error
