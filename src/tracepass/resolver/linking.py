"""What stands behind an identifier and behind the levels above it: passports and registered links, read by key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tracepass.core.clock import Clock
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.gs1.identities import Identity
from tracepass.gs1.keys import encode_segment
from tracepass.gs1.linktypes import DPP, TITLES
from tracepass.identity.service import Workspaces
from tracepass.links.service import LinkDirectory, filled
from tracepass.resolver.offers import Level, Offer, offer_of, with_default
from tracepass.resolver.repository import CrossWorkspaceIdentifiers

BEYOND_DRAFT = frozenset({"published", "expired", "suspended", "archived"})
PASSPORT_QUALIFIERS = frozenset({"10", "21"})


class NothingKnown(Refusal):
    """Nobody has published or registered anything at an identifier or above it."""

    def __init__(self) -> None:
        super().__init__("not_found", "Nothing is known here about this identifier.")


class LinkTypeMissing(Refusal):
    """There is no link of the type that was asked for; ``details`` say of which types there are, ``link`` where."""

    def __init__(self, link_type: str, levels: Sequence[Level], *, link: str) -> None:
        available = sorted({offer.link_type for level in levels for offer in level.offers})
        super().__init__(
            "not_found",
            f"This identifier has no link of the type {link_type}.",
            details={"linkType": link_type, "available": available},
            headers={"Link": link},
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came in: ``origin`` as the reader sees it, and whose identifiers are served there, if not all.

    ``workspace`` is the slug of a test link.
    """

    origin: str
    workspace_id: Id | None = None
    workspace: str | None = None

    @property
    def root(self) -> str:
        """Return what stands before the path of a Digital Link."""
        return self.origin if self.workspace is None else f"{self.origin}/test/{encode_segment(self.workspace)}"


class Linking:
    """Finds what may be offered for identifiers of all workspaces."""

    def __init__(
        self, identifiers: CrossWorkspaceIdentifiers, workspaces: Workspaces, directory: LinkDirectory
    ) -> None:
        self._identifiers = identifiers
        self._workspaces = workspaces
        self._directory = directory

    @classmethod
    def over(cls, database: Database, directory: LinkDirectory, *, clock: Clock) -> Linking:
        """Build it for an installation over its database."""
        return cls(CrossWorkspaceIdentifiers(database), Workspaces(database, clock=clock), directory)

    async def levels(self, asked: Identity, place: Place, *, stem: str = "") -> tuple[Level, ...]:
        """Return what is offered at an identifier and above it, the most specific level first, one with a default.

        Two reads by key, whatever the number of levels, and a third where there are registered links. Anchors begin
        with the root of the place and ``stem``.

        Raises:
            NothingKnown: there is nothing.
        """
        levels = asked.levels()
        scope = await self._scope(place)
        claims, anchors = await asyncio.gather(
            self._passports(scope, levels, place), self._directory.find(scope, levels)
        )
        named = [_Named(asked, level, index == 0, place, stem) for index, level in enumerate(levels)]
        found = with_default([name.level(claims.get(name.own.path), anchors.get(name.own.path)) for name in named])
        if not found:
            raise NothingKnown
        return found

    async def has_passport(self, asked: Identity, place: Place) -> bool:
        """Tell whether exactly this identifier has a passport that was ever published."""
        level = asked.registered()
        return bool(await self._passports(await self._scope(place), [level], place))

    async def _scope(self, place: Place) -> str:
        if place.workspace is None:
            return ""
        try:
            owner = await self._workspaces.get_by_slug(place.workspace)
        except NotFound:
            raise NothingKnown from None
        return f"test/{owner.id}/"

    async def _passports(self, scope: str, levels: Sequence[Identity], place: Place) -> dict[str, Document]:
        """Return the claims of passports that were published, by path; a draft is as good as nothing."""
        found = await self._identifiers.find_states([scope + level.path for level in levels])
        return {
            claim["_id"].removeprefix(scope): claim
            for claim in found
            if claim["status"] in BEYOND_DRAFT and claim.get("edition") and _serves(place, claim)
        }


@dataclass(frozen=True, slots=True)
class _Named:
    """One level of a request: ``asked`` is what the request names, ``own`` what is registered under."""

    asked: Identity
    own: Identity
    first: bool
    place: Place
    stem: str

    def level(self, claim: Document | None, anchor: Document | None) -> Level:
        """Return what is offered here: the landing page of a passport, which is the default, and registered links."""
        links = anchor["links"] if anchor is not None and _serves(self.place, anchor) else []
        registered = tuple(_registered(links, self.asked.values))
        address = f"{self.place.root}{self.stem}/{self._named.path}"
        if claim is None:
            return Level(address, registered)
        own = _passport_offer(claim, f"{self.place.root}/p/{self._landing}")
        return Level(address, (own, *(replace(offer, default=False) for offer in registered)), claim.get("title"))

    @property
    def _named(self) -> Identity:
        """Return how the address names this level: the most specific one with all that stands in it."""
        return self.asked if self.first else self.own

    @property
    def _landing(self) -> str:
        """Return the path of the landing page, which takes a lot beside a serial and no other qualifier."""
        plain = {ai for ai, _ in self._named.qualifiers} <= PASSPORT_QUALIFIERS
        return self._named.path if plain else self.own.path


def _registered(links: Sequence[Document], values: Mapping[str, str]) -> Iterator[Offer]:
    """Give the links whose addresses the request can complete."""
    for link in links:
        href = filled(link["href"], values)
        if href is not None:
            yield offer_of(link, href)


def _passport_offer(claim: Document, address: str) -> Offer:
    return Offer(link_type=DPP, href=address, title=claim.get("title") or TITLES[DPP], default=True)


def _serves(place: Place, owned: Mapping[str, Any]) -> bool:
    return place.workspace_id is None or owned["workspaceId"] == place.workspace_id
