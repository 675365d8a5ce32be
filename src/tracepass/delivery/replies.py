"""How a call to somebody's server went: what was answered, or why nothing was."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

from tracepass.core.outbound import Answer

SHOWN_BYTES = 2048
GONE = 410


@dataclass(frozen=True, slots=True)
class Reply:
    """How an attempt went: an answer's status and beginning, or why there was none."""

    status: int | None
    text: str | None
    error: Mapping[str, str] | None
    seconds: float
    wished: float | None = None

    @property
    def succeeded(self) -> bool:
        """Tell whether the receiver has taken what was sent."""
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - RFC 9110 15.3

    def attempt(self, at: str) -> dict[str, object]:
        """Return the attempt as it is kept and shown."""
        return {
            "at": at,
            "status": self.status,
            "latencyMs": round(self.seconds * 1000),
            "response": self.text,
            "error": None if self.error is None else dict(self.error),
        }


def reply_of(answer: Answer, *, now: datetime, begun: float) -> Reply:
    """Return the reply that an answer is; ``begun`` is when it was asked for, by `time.perf_counter`."""
    text = answer.body[:SHOWN_BYTES].decode("utf-8", errors="replace")
    wished = wish(answer.headers.get("retry-after", ""), now=now)
    return Reply(answer.status, text, None, time.perf_counter() - begun, wished)


def no_reply(reason: str, message: str, *, begun: float) -> Reply:
    """Return the reply of a call that got no answer."""
    return Reply(None, None, {"reason": reason, "message": message}, time.perf_counter() - begun)


def wish(header: str, *, now: datetime) -> float | None:
    """Read ``Retry-After``: seconds, or a date (RFC 9110 10.2.3)."""
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return (parsedate_to_datetime(text) - now).total_seconds()
    except (ValueError, TypeError):
        return None
