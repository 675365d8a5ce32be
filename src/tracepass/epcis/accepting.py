"""Which of several media types a caller likes best (RFC 9110, 12.5.1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

JSON = "application/json"
JSON_LD = "application/ld+json"
XML = "application/xml"
TEXT_XML = "text/xml"
PROBLEM = "application/problem+json"
PROBLEM_XML = "application/problem+xml"
PROBLEMS = (PROBLEM, PROBLEM_XML)
MOST_READ = 2000
"""Characters of a header that are read; those of browsers have a hundred or two."""
_QUALITY = re.compile(r"[01](?:\.[0-9]{0,9})?")


@dataclass(frozen=True, slots=True)
class _Range:
    """One media range: the more of it is named, the more it counts."""

    type: str
    quality: float

    def specificity(self, media: str) -> int:
        """Tell how exactly this names a media type; 0 is not at all."""
        if self.type == media:
            return 3
        if self.type == f"{media.partition('/')[0]}/*":
            return 2
        return int(self.type == "*/*")


def best_of(accept: str, offers: Sequence[str]) -> str | None:
    """Return the offer that an ``Accept`` header likes best, the first of equals; None if it likes none.

    Types of problems tell how failures shall look, and nothing of what shall come instead: a header that names no more
    than these is as good as none.
    """
    ranges = [one for one in _ranges(accept) if one.type not in PROBLEMS]
    if not ranges:
        return offers[0] if offers else None
    liked = [(_quality(ranges, offer), offer) for offer in offers]
    best = max((quality for quality, _ in liked), default=0.0)
    return next((offer for quality, offer in liked if quality == best), None) if best > 0 else None


def problem_type(accept: str) -> str | None:
    """Return as what a caller wants to read of failures: a type of RFC 7807 that they name, None for our own form."""
    named = {one.type: one.quality for one in _ranges(accept)}
    best = max(PROBLEMS, key=lambda media: named.get(media, 0.0))
    liked = named.get(best, 0.0)
    return best if liked > 0 and liked >= named.get(JSON, 0.0) else None


def _quality(ranges: Sequence[_Range], media: str) -> float:
    """Return how much a type is liked: by the range that names it most exactly."""
    exact, quality = max(((one.specificity(media), one.quality) for one in ranges), default=(0, 0.0))
    return quality if exact else 0.0


def _ranges(accept: str) -> tuple[_Range, ...]:
    """Return the media ranges of a header, of a very long one the first."""
    return _read_ranges(accept[:MOST_READ])


@lru_cache(maxsize=256)
def _read_ranges(accept: str) -> tuple[_Range, ...]:
    return tuple(found for part in accept.split(",") if (found := _range(part)) is not None)


def _range(text: str) -> _Range | None:
    """Read one media range; its parameters but ``q`` do not matter, and what cannot be read counts for nothing."""
    media, *parameters = (part.strip().lower() for part in text.split(";"))
    if "/" not in media:
        return None
    said = next((part.partition("=")[2].strip() for part in parameters if part.partition("=")[0].strip() == "q"), "1")
    return _Range(media, float(said)) if _QUALITY.fullmatch(said) else None
