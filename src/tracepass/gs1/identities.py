"""What a GS1 Digital Link names: a primary key with its qualifiers, and the levels above it.

GS1-Conformant Resolver Standard 1.2, 2.5.9: links stand at certain combinations of a key with its qualifiers, and a
request is answered from all of them that it holds, the most specific first. A serial number names one unit, so what
stands at it never has a lot or a variant beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import unquote

from tracepass.gs1.elements import parse_bracketed
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.gtin import InvalidGtin, normalise_gtin
from tracepass.gs1.keys import encode_segment
from tracepass.gs1.link import CANONICAL_STEM, Link, arrange, parse_link

Pair = tuple[str, str]
GTIN, ITIP, LOT, SERIAL, VARIANT, THIRD_PARTY = "01", "8006", "10", "21", "22", "235"
GTIN_WIDTH: Final = 14
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PLACE: Final = re.compile(r"(?:https?://[^/]*)?(?:/p(?=/))?")
_PASSPORT: Final = re.compile(r"01/(?P<gtin>\d{14})(?:/10/(?P<lot>[^/]+))?(?:/21/(?P<serial>[^/]+))?")
KEPT: Final = 4096
"""Links remembered as right: popular products are scanned again and again."""

_TRADE_ITEM: Final = ((SERIAL,), (THIRD_PARTY,), (VARIANT, LOT), (LOT,), (VARIANT,))
LEVELS: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = {
    GTIN: _TRADE_ITEM,
    ITIP: _TRADE_ITEM,
    "414": (("254",),),
    "415": (("8020",),),
    "417": (("7040",),),
    "8010": (("8011",),),
    "8017": (("8019",),),
    "8018": (("8019",),),
}
"""The combinations of qualifiers that links may stand at, the most specific first; keys not named here stand alone."""


class BadIdentity(ValueError):
    """A text that is no GS1 Digital Link; the message says why."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A primary key and its qualifiers, in their order, as pairs of application identifier and value."""

    primary: Pair
    qualifiers: tuple[Pair, ...] = ()

    @property
    def path(self) -> str:
        """Return the canonical path: ``01/04012345000016/21/S1``."""
        return "/".join(f"{ai}/{encode_segment(value)}" for ai, value in (self.primary, *self.qualifiers))

    @property
    def key(self) -> str:
        """Return the path of the primary key alone."""
        return f"{self.primary[0]}/{encode_segment(self.primary[1])}"

    @property
    def values(self) -> Mapping[str, str]:
        """Return the values by application identifier."""
        return dict((self.primary, *self.qualifiers))

    @property
    def gtin(self) -> str | None:
        """Return the GTIN that the primary key is, or begins with."""
        return self.primary[1][:GTIN_WIDTH] if self.primary[0] in {GTIN, ITIP} else None

    def levels(self) -> tuple[Identity, ...]:
        """Return where links may stand that answer for this, the most specific first, the primary key last."""
        own = dict(self.qualifiers)
        combinations = (*LEVELS.get(self.primary[0], ()), ())
        return tuple(
            Identity(self.primary, tuple((ai, own[ai]) for ai in names))
            for names in combinations
            if all(ai in own for ai in names)
        )

    def registered(self) -> Identity:
        """Return where a link about this stands: the most specific of its levels."""
        return self.levels()[0]

    def fillable(self) -> frozenset[str]:
        """Return the application identifiers that requests answered from here may bring values for."""
        qualifiers = {ai for names in LEVELS.get(self.primary[0], ()) for ai in names}
        return frozenset({self.primary[0], *qualifiers})


@lru_cache(KEPT)
def read_path(path: str) -> Identity:
    """Read the path of a link, ``/01/04012345000016/10/L1``, percent-encoded as it was sent; a last slash is let be.

    Raises:
        BadIdentity: it is no GS1 Digital Link.
    """
    if _BAD_ESCAPE.search(path):
        raise BadIdentity("has a percent sign that starts no escape; write it as %25")
    try:
        link = parse_link(f"{CANONICAL_STEM}/{path.strip('/')}")
    except Gs1SyntaxError as error:
        raise BadIdentity(error.message) from error
    if link.stem != CANONICAL_STEM:
        raise BadIdentity("does not begin with a primary key of GS1")
    return identity_of(link)


def read_anchor(text: str) -> Identity:
    """Read an identifier as people write it: a Digital Link, its path, or an element string in brackets.

    Raises:
        BadIdentity: it is none of these, or names no primary key.
    """
    if text.startswith("("):
        try:
            return read_path(arrange(parse_bracketed(text)).path)
        except Gs1SyntaxError as error:
            raise BadIdentity(error.message) from error
    return read_path(_with_whole_gtin(_PLACE.sub("", text, count=1).partition("?")[0]))


def read_short_gtin(path: str) -> str | None:
    """Return the path with a GTIN of 14 digits, if it has one of 8, 12 or 13, else None.

    Raises:
        BadIdentity: the GTIN is none.
    """
    whole = _with_whole_gtin(path)
    return None if whole == path else whole


def _with_whole_gtin(path: str) -> str:
    head, slash, tail = path.lstrip("/").partition("/")
    if head != GTIN or not slash:
        return path
    gtin, slash, rest = tail.partition("/")
    try:
        return f"/{GTIN}/{normalise_gtin(gtin)}{slash}{rest}"
    except InvalidGtin as error:
        raise BadIdentity(f"GTIN {error}") from error


def read_loosely(path: str) -> Identity | None:
    """Return what a path names if it has the shape of a passport's key, whatever its lot and serial are made of.

    Passports may carry serials that GS1 does not foresee; whether one does is only known from the claims.
    """
    found = _PASSPORT.fullmatch(path.strip("/"))
    if found is None:
        return None
    parts = ((LOT, found["lot"]), (SERIAL, found["serial"]))
    try:
        qualifiers = tuple((ai, unquote(text, errors="strict")) for ai, text in parts if text is not None)
    except UnicodeDecodeError:
        return None
    return Identity((GTIN, found["gtin"]), qualifiers)


def identity_of(link: Link) -> Identity:
    """Return what a Digital Link names."""
    primary, qualifiers = link.primary, link.qualifiers
    return Identity((primary.ai, primary.value), tuple((element.ai, element.value) for element in qualifiers))
