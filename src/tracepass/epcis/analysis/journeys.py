"""What was shipped and what was received, whatever it was packed in at the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any, Final

from tracepass.epcis.analysis.happenings import Happening, Mention, items_at, text_at
from tracepass.epcis.analysis.packing import Packing
from tracepass.epcis.identifiers import normal
from tracepass.epcis.vocabulary import Vocabulary, bare

ARRIVING: Final = frozenset({"receiving", "accepting", "arriving"})
_GLN_PARTS: Final = 5
_CHILDREN_LOOKED_AT: Final = 100


@dataclass(slots=True)
class Shipment:
    """A thing on its way; ``received`` is set when it, or what it holds or is held by, comes in."""

    happening: Happening
    mention: Mention
    places: frozenset[str]
    received: Happening | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A thing that came in; ``shipment`` is None where nothing tells that it was sent."""

    happening: Happening
    mention: Mention
    shipment: Shipment | None


@dataclass(slots=True)
class Journeys:
    """All that is and was on its way."""

    shipments: list[Shipment] = field(default_factory=list)
    receipts: list[Receipt] = field(default_factory=list)
    again: list[tuple[Happening, Mention, Shipment]] = field(default_factory=list)
    open: dict[str, Shipment] = field(default_factory=dict)

    def apply(self, happening: Happening, packing: Packing) -> None:
        """Do what an event does; the packing is as it is at its time."""
        if happening.action == "DELETE" and happening.kind != "TransactionEvent":
            return
        if happening.step == "shipping":
            self._ship(happening)
        elif happening.step == "void_shipping":
            for mention in _travellers(happening):
                self.open.pop(mention.key, None)
        elif happening.step in ARRIVING:
            for mention in _travellers(happening):
                self._receive(happening, mention, packing)

    def _ship(self, happening: Happening) -> None:
        places = frozenset(_destinations(happening))
        for mention in _travellers(happening):
            before = self.open.get(mention.key)
            if before is not None and before.received is None and before.happening is not happening:
                self.again.append((happening, mention, before))
            shipment = Shipment(happening, mention, places)
            self.open[mention.key] = shipment
            self.shipments.append(shipment)

    def _receive(self, happening: Happening, mention: Mention, packing: Packing) -> None:
        below = islice(packing.children.get(mention.key, ()), _CHILDREN_LOOKED_AT)
        found = None
        for key in chain((mention.key,), packing.above(mention.key), below):
            shipment = self.open.get(key)
            if shipment is not None:
                found = found or shipment
                shipment.received = shipment.received or happening
        self.receipts.append(Receipt(happening, mention, found))


def _travellers(happening: Happening) -> Iterator[Mention]:
    """Yield what travels: objects and parents; children come along with theirs."""
    if happening.parent is not None:
        return iter((happening.parent,))
    return happening.mentions_as("object", "child")


def _destinations(happening: Happening) -> Iterator[str]:
    for item in items_at(happening.event, "destinationList"):
        place = _place(item) if isinstance(item, dict) else None
        if place is not None:
            yield place


def _place(item: dict[str, Any]) -> str | None:
    kind, uri = text_at(item, "type"), text_at(item, "destination")
    if kind is None or uri is None or bare(Vocabulary.SOURCE_DESTINATION_TYPE, kind) != "location":
        return None
    return site(normal(uri))


def site(place: str) -> str | None:
    """Return the GLN of a place without its extension, ``https://id.gs1.org/414/...``; None of other identifiers."""
    parts = place.split("/")
    return "/".join(parts[:_GLN_PARTS]) if place.startswith("https://id.gs1.org/414/") else None
