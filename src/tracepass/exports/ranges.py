"""Which bytes of a file a reader wants (RFC 9110 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tracepass.core.errors import Refusal

_RANGE: Final = re.compile(r"bytes=\s*([0-9]{0,18})-([0-9]{0,18})\s*", re.IGNORECASE)


class RangeNotSatisfiable(Refusal):
    """The file ends before the range begins."""

    def __init__(self, size: int) -> None:
        super().__init__(
            "range_not_satisfiable",
            f"The file has {size} bytes, and the range begins behind them.",
            details={"size": size},
            headers={"Content-Range": f"bytes */{size}"},
        )


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes from one offset up to another."""

    start: int
    end: int

    def content_range(self, size: int) -> str:
        """Return how the header of an answer says it."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


def wanted_span(header: str | None, *, condition: str | None, tag: str, size: int) -> Span | None:
    """Return the one range that is wanted, or None for the whole file.

    ``condition`` is ``If-Range``: with another tag, or a date, the whole file is wanted. Several ranges at once, and
    what is no range of bytes, are passed over, as the standard allows.

    Raises:
        RangeNotSatisfiable: the file ends before.
    """
    match = _RANGE.fullmatch(header or "")
    if match is None or match[1] == match[2] == "" or (condition is not None and condition.strip() != tag):
        return None
    if match[1] == "":
        start, end = max(size - int(match[2]), 0), size
    else:
        start = int(match[1])
        last = int(match[2]) if match[2] else size - 1
        if last < start and match[2]:
            return None
        end = min(last + 1, size)
    if start >= size:
        raise RangeNotSatisfiable(size)
    return Span(start, end)
