"""Which form and which compression a reader wants (RFC 9110 12.5.1, 12.5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tracepass.core.errors import Refusal
from tracepass.exports.models import FORMATS, Compression, Format

OFFERS: Final = {media: one for one in FORMATS.values() for media in one.media_types}


class NotAcceptable(Refusal):
    """No form that there is."""

    def __init__(self) -> None:
        offered = list(OFFERS)
        super().__init__(
            "not_acceptable", f"An export is written as {', '.join(offered)}.", details={"offered": offered}
        )


def wanted_format(accept: str) -> tuple[Format, str]:
    """Return the form that is wanted most, and its media type; of equal ones the first that we offer.

    Raises:
        NotAcceptable: none of them is wanted.
    """
    weights = dict(_weighted(accept)) or {"*/*": 1.0}

    def weight(media: str) -> float:
        kind = media.partition("/")[0]
        return next((weights[name] for name in (media, f"{kind}/*", "*/*") if name in weights), 0.0)

    best = max(OFFERS, key=weight)
    if weight(best) <= 0:
        raise NotAcceptable
    return OFFERS[best], best


def wanted_coding(accept_encoding: str) -> Compression:
    """Return the compression that is wanted most, zstd before gzip; without a wish there is none."""
    weights = dict(_weighted(accept_encoding))
    best: Compression = "none"
    most = 0.0
    codings: tuple[Compression, ...] = ("zstd", "gzip")
    for coding in codings:
        weight = weights.get(coding, weights.get("*", 0.0) if coding == "gzip" else 0.0)
        if weight > most:
            best, most = coding, weight
    return best if most >= weights.get("identity", 0.0) else "none"


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    for member in header.split(","):
        name, *parameters = member.lower().replace(" ", "").replace("\t", "").split(";")
        weight = next((one[2:] for one in parameters if one.startswith("q=")), "1")
        if not name:
            continue
        try:
            yield name, float(weight)
        except ValueError:
            yield name, 0.0
