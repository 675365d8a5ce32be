"""What may be offered to a reader, and which of it answers best: plain functions over plain values.

GS1-Conformant Resolver Standard 1.2, 2.5.8 (default links), 2.6 (choosing). A link that says nothing of language,
media type or context suits everybody; one that contradicts the request suits only where nothing else is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from tracepass.gs1.linktypes import DEFAULT

NEUTRAL: Final = 1.0
UNASKED: Final = 0.9
"""The rank of a link that claims something nobody asked about: behind one that claims nothing."""
CONTRARY: Final = 0.0
EXACT: Final = 0.001
"""What a literal match is worth beyond one by a range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One link to offer, its address complete."""

    link_type: str
    href: str
    title: str
    hreflang: tuple[str, ...] = ()
    media_type: str | None = None
    context: tuple[str, ...] = ()
    default: bool = False
    multi: bool = False


@dataclass(frozen=True, slots=True)
class Level:
    """What is offered at one identifier: ``anchor`` is its address, ``description`` what it is."""

    anchor: str
    offers: tuple[Offer, ...]
    description: str | None = None

    @property
    def default(self) -> Offer | None:
        """Return the default link, of which there is one at most."""
        return next((offer for offer in self.offers if offer.default), None)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a request asks for: a type of link, or None for the default, and what its headers and query prefer."""

    link_type: str | None = None
    accept_language: str | None = None
    accept: str | None = None
    context: str | None = None


def with_default(levels: Sequence[Level]) -> tuple[Level, ...]:
    """Return levels of which one at least has a default link, as every entry point must (2.5.9).

    Where none was set, it is the first link of the primary key, or of the most specific level that has any.
    """
    offered = tuple(level for level in levels if level.offers)
    if not offered or any(level.default for level in offered):
        return offered
    chosen = levels[-1] if levels[-1].offers else offered[0]
    first, *others = chosen.offers
    mended = replace(chosen, offers=(replace(first, default=True), *others))
    return tuple(mended if level is chosen else level for level in offered)


def answers(levels: Sequence[Level], wish: Wish) -> tuple[Offer, ...]:
    """Return what answers a wish best: one link, several that are equally good, or none.

    The most specific level that has a link of the type decides. ``levels`` come from `with_default`.
    """
    if wish.link_type is None or wish.link_type == DEFAULT:
        return _default(levels, wish)
    for level in levels:
        candidates = [offer for offer in level.offers if offer.link_type == wish.link_type]
        if candidates:
            return _best(candidates, wish)
    return ()


def _default(levels: Sequence[Level], wish: Wish) -> tuple[Offer, ...]:
    """Return the default link, or the one of the set to choose among that the request speaks for."""
    level = next((level for level in levels if level.default), None)
    if level is None or level.default is None:
        return ()
    several = [offer for offer in level.offers if offer.multi]
    best = _best(several, wish) if several else ()
    if len(best) == 1 and max(_rank(best[0], wish)) > NEUTRAL:
        return best
    return (level.default,)


def _best(candidates: Sequence[Offer], wish: Wish) -> tuple[Offer, ...]:
    ranks = [_rank(offer, wish) for offer in candidates]
    highest = max(ranks)
    return tuple(offer for offer, rank in zip(candidates, ranks, strict=True) if rank == highest)


def _rank(offer: Offer, wish: Wish) -> tuple[float, float, float]:
    """Rank by context, which the address itself asks for, then by language, then by media type."""
    return (
        _context_rank(offer.context, wish.context),
        _language_rank(offer.hreflang, wish.accept_language),
        _media_rank(offer.media_type, wish.accept),
    )


def _context_rank(claims: tuple[str, ...], wanted: str | None) -> float:
    if not claims:
        return NEUTRAL
    if wanted is None:
        return UNASKED
    return NEUTRAL + 1 if wanted.casefold() in {claim.casefold() for claim in claims} else CONTRARY


def _language_rank(claims: tuple[str, ...], header: str | None) -> float:
    """Rank by RFC 4647: a wish for pt-BR is met by pt, less well than by pt-BR itself, and one for pt by pt-BR."""
    if not claims:
        return NEUTRAL
    wishes = weighted(header)
    named = {tag: weight for tag, weight in wishes.items() if tag != "*"}
    if not named:
        return UNASKED
    matches = [
        NEUTRAL + weight + (EXACT if tag == claim.lower() else 0)
        for tag, weight in named.items()
        for claim in claims
        if weight > 0 and _related(tag, claim.lower())
    ]
    return max(matches, default=UNASKED if wishes.get("*") else CONTRARY)


def _related(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _media_rank(claim: str | None, header: str | None) -> float:
    """Rank by RFC 9110 12.5.1: the type itself before a range of types; a range of all types asks for nothing."""
    if claim is None:
        return NEUTRAL
    wishes = weighted(header)
    named = {media: weight for media, weight in wishes.items() if media != "*/*"}
    if not named:
        return UNASKED
    weight = named.get(claim, named.get(f"{claim.partition('/')[0]}/*"))
    if weight:
        return NEUTRAL + weight + (EXACT if claim in named else 0)
    return UNASKED if weight is None and wishes.get("*/*") else CONTRARY


def weighted(header: str | None) -> Mapping[str, float]:
    """Return the members of an ``Accept`` or ``Accept-Language`` header with their weights, in lower case."""
    members = [member for member in (header or "").lower().replace(" ", "").split(",") if member]
    return {member.partition(";")[0]: _weight(member) for member in members}


def _weight(member: str) -> float:
    text = next((part[2:] for part in member.split(";")[1:] if part.startswith("q=")), "1")
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def offer_of(link: Mapping[str, Any], href: str) -> Offer:
    """Return a registered link as an offer; ``href`` is its address with all placeholders filled."""
    return Offer(
        link_type=link["linkType"],
        href=href,
        title=link["title"],
        hreflang=tuple(link["hreflang"]),
        media_type=link["mediaType"],
        context=tuple(link["context"]),
        default=link["defaultLink"],
        multi=link["defaultLinkMulti"],
    )
