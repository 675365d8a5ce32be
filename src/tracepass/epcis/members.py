"""What each member of an event says: for its hash, for how it is found, and which products it names.

No member changes what another says, so an event says what its members do. Events of one document repeat themselves in
places, steps, orders and times of day; what was worked out for a member is remembered for the next event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from tracepass.epcis.hashing import Hasher
from tracepass.epcis.hashorder import EVENT_ORDER
from tracepass.epcis.identifiers import ancestors, normal
from tracepass.epcis.normalising import EPC_LISTS, normalised
from tracepass.epcis.terms import Fact, facts_of, terms_of
from tracepass.epcis.validation import names_undeclared

CANONICAL: Final = "https://id.gs1.org/"
EPC_FIELDS: Final = ("epc", "inputEPC", "outputEPC")
MOST_REMEMBERED: Final = 10_000
_LONG, _SHORT = 4096, 200
"""What is longer than the one comes once; what is no longer than the other is a term as it is."""
_PRODUCT: Final = f"{CANONICAL}01/"
AFTER_TYPE: Final = 1
"""The place of the time of an event."""
_OUTSIDE: Final = frozenset({"eventID", "eventTime", "recordTime", "@context"})
"""Members that do not speak for themselves."""
_PLACES: Final[Mapping[str, int]] = {name: place for place, name in enumerate(("type", *EVENT_ORDER))}


@dataclass(slots=True)
class Said:
    """What one member says.

    Attributes:
        place: where it stands in the text that is hashed, and what it says there; None if it says nothing there.
        later: what it says at the end of that text.
        terms: what the event is found by, for this member.
        facts: what the event is compared by.
        products: the products, lots and items that it names, canonical.
        is_declared: whether each prefix in it is declared somewhere.
    """

    place: tuple[int, str] | None
    later: tuple[str, ...]
    terms: tuple[str, ...]
    facts: tuple[Fact, ...]
    products: tuple[str, ...]
    is_declared: bool


class Members:
    """Tells what members of valid events say that share their namespaces; let it go with their document."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self._namespaces = namespaces
        self._hasher = Hasher(namespaces)
        self._knows_urn = "urn" in namespaces
        self._room = MOST_REMEMBERED
        self._remembered: dict[str, dict[str | bytes, Said]] = {}

    def of(self, event: Mapping[str, Any]) -> list[Said]:
        """Tell what all members say that speak for themselves."""
        remembered, found = self._remembered, []
        for name, value in event.items():
            if name in _OUTSIDE:
                continue
            key = value if type(value) is str else orjson.dumps(value)
            same = remembered.get(name)
            said = None if same is None else same.get(key)
            found.append(self._first(name, key, value) if said is None else said)
        return found

    def _first(self, name: str, key: str | bytes, value: Any) -> Said:
        """Tell what a member says that is not remembered, and remember it if there is room."""
        urns = EPC_LISTS.get(name)
        said = self._urns(name, urns, value) if urns is not None and not self._knows_urn else None
        if said is None:
            said = self._said(name, value)
        if self._room and len(key) <= _LONG:
            self._room -= 1
            self._remembered.setdefault(name, {})[key] = said
        return said

    def _urns(self, name: str, tag: str, uris: Sequence[str]) -> Said | None:
        """Tell what a list of EPCs says whose links need no escapes; None for any other."""
        links = [normal(uri) for uri in uris]
        for uri, link in zip(uris, links, strict=True):
            if link == uri or "%" in link or not uri.startswith("urn:epc:") or len(link) > _SHORT:
                return None
        if not links:
            return None
        here = name + "".join(sorted([f"epc={link}" for link in links]))
        terms = [f"{tag}={link}" for link in links]
        terms += dict.fromkeys(f"under={above}" for link in links for above in ancestors(link))
        return Said((_PLACES[name], here), (), tuple(terms), (), _products(links), is_declared=True)

    def _said(self, name: str, value: Any) -> Said:
        twin = normalised({name: value}, self._namespaces)
        facts = tuple(facts_of(twin))
        epcs = [epc for field in EPC_FIELDS for epc in twin.get(field, ())]
        if "parentID" in twin:
            epcs.append(twin["parentID"])
        here, later = self._hasher.member(name, value)
        place = (_PLACES[name], here) if here else None
        declared = not names_undeclared({name: value}, self._namespaces)
        return Said(place, tuple(later), tuple(terms_of(twin, facts)), facts, _products(epcs), declared)


def product_key(epc: str) -> str | None:
    """Return the global key of a product, lot or item (``01/04012345000016/21/A%2F1``), None for what is none."""
    return epc.removeprefix(CANONICAL) if epc.startswith(_PRODUCT) else None


def _products(epcs: Iterable[str]) -> tuple[str, ...]:
    return tuple(epc for epc in epcs if epc.startswith(_PRODUCT))
