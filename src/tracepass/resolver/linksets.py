"""A linkset as JSON: every link of an identifier and of the levels above it (RFC 9264 4.2, in the shape of GS1)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import orjson

from tracepass.gs1.linktypes import DEFAULT, DEFAULT_MULTI, relation_of
from tracepass.resolver.offers import Level, Offer, weighted

CONTEXT: Final = "https://ref.gs1.org/standards/resolver/linkset-context"
"""The JSON-LD context of GS1's linksets."""
LinksetType = Literal["application/linkset+json", "application/json", "application/ld+json"]
TYPES: Final[tuple[LinksetType, ...]] = ("application/linkset+json", "application/json", "application/ld+json")


def linkset(levels: Sequence[Level]) -> dict[str, Any]:
    """Return the linkset of some levels, each under its anchor."""
    return {"linkset": [_entry(level) for level in levels]}


def linkset_bytes(levels: Sequence[Level], media_type: LinksetType) -> bytes:
    """Return a linkset as a body; JSON-LD has its context inside, since nothing else would carry it along."""
    document = linkset(levels)
    return orjson.dumps({"@context": CONTEXT, **document} if media_type == "application/ld+json" else document)


def linkset_in_html(levels: Sequence[Level]) -> str:
    """Return a linkset as JSON-LD for a data block of a page (2.10); no character in it can end the block."""
    text = linkset_bytes(levels, "application/ld+json").decode()
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def linkset_type(accept: str | None) -> LinksetType:
    """Return the media type of a linkset for a reader; who wants none of them by name gets that of RFC 9264."""
    wishes = weighted(accept)
    return max(TYPES, key=lambda media_type: wishes.get(media_type, 0.0))


def _entry(level: Level) -> dict[str, Any]:
    entry: dict[str, Any] = {"anchor": level.anchor}
    if level.description is not None:
        entry["itemDescription"] = level.description
    for offer in level.offers:
        entry.setdefault(relation_of(offer.link_type), []).append(_target(offer))
    if level.default is not None:
        entry[relation_of(DEFAULT)] = [{"href": level.default.href, "title": level.default.title}]
    several = [_target(offer) for offer in level.offers if offer.multi]
    return entry | ({relation_of(DEFAULT_MULTI): several} if several else {})


def _target(offer: Offer) -> dict[str, Any]:
    optional = {"type": offer.media_type, "hreflang": list(offer.hreflang), "context": list(offer.context)}
    return {"href": offer.href, "title": offer.title, **{name: value for name, value in optional.items() if value}}
