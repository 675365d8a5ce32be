"""What master data adds to a query: the places below a place, and the things that have an attribute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from tracepass.epcis.identifiers import normal
from tracepass.epcis.queries import Condition, EventQuery, HasAttribute, HasDescendant, HasTerm
from tracepass.epcis.terms import presence, term

NOTHING = presence("nothing")
"""A term that no event has: MongoDB would sort what it does not find."""


class MasterData(Protocol):
    """What is known about places and things."""

    async def below(self, places: Sequence[str]) -> Sequence[str]:
        """Return the places below some places, direct or not."""
        ...

    async def having(self, attributes: Sequence[str], values: Sequence[str] | None) -> Sequence[str]:
        """Return the things that have one of some attributes, with one of some values unless they are None."""
        ...


async def resolved(query: EventQuery, known: MasterData) -> EventQuery:
    """Return the query with master data looked up: conditions on terms alone."""
    conditions = [await _resolved(condition, known) for condition in query.conditions]
    return replace(query, conditions=tuple(conditions))


async def _resolved(condition: Condition, known: MasterData) -> Condition:
    if isinstance(condition, HasDescendant):
        places = [*condition.places, *await known.below(condition.places)]
        return HasTerm(tuple(term(condition.tag, place) for place in dict.fromkeys(places)))
    if isinstance(condition, HasAttribute):
        things = await known.having(condition.attributes, condition.values)
        return HasTerm(tuple(term(tag, thing) for tag in condition.tags for thing in things) or (NOTHING,))
    return condition


@dataclass(frozen=True, slots=True)
class Element:
    """What the header of a document says of one place or thing."""

    thing: str
    attributes: tuple[tuple[str, str], ...]
    below: tuple[str, ...]

    def with_(self, other: Element) -> Element:
        """Return what two elements say of one thing."""
        attributes, below = (*self.attributes, *other.attributes), (*self.below, *other.below)
        return Element(self.thing, tuple(dict.fromkeys(attributes)), tuple(dict.fromkeys(below)))

    @property
    def pairs(self) -> list[str]:
        """Return the attributes by name alone, and with their values."""
        return [text for name, value in self.attributes for text in (name, f"{name}={value}")]


def elements_of(header: Mapping[str, Any]) -> list[Element]:
    """Return the elements of the vocabularies in a header (EPCIS 2.0, 9.3: ``epcisMasterData``), each thing once.

    A place may be in two vocabularies, as a read point and as a location of business: what both say counts.
    """
    master = _member(_member(header.get("epcisHeader"), "epcisMasterData"), "vocabularyList")
    elements = [
        element
        for vocabulary in (master if isinstance(master, list) else [])
        for element in _member(vocabulary, "vocabularyElementList") or ()
        if isinstance(element, Mapping) and isinstance(element.get("id"), str)
    ]
    found: dict[str, Element] = {}
    for one in map(_element, elements):
        known = found.get(one.thing)
        found[one.thing] = one if known is None else known.with_(one)
    return list(found.values())


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _element(element: Mapping[str, Any]) -> Element:
    attributes = [one for one in element.get("attributes") or () if isinstance(_member(one, "id"), str)]
    children = [child for child in element.get("children") or () if isinstance(child, str)]
    pairs = tuple((one["id"], str(one.get("attribute", ""))) for one in attributes)
    return Element(normal(element["id"]), pairs, tuple(map(normal, children)))
