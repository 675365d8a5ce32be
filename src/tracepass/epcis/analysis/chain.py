"""The events of a document together: in their order, by their ids, by the things they are about, and replayed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Final, NamedTuple

from tracepass.epcis.analysis.happenings import Happening, Mention, happening_of
from tracepass.epcis.analysis.identifierfaults import fault_of, written_in
from tracepass.epcis.analysis.journeys import Journeys
from tracepass.epcis.analysis.packing import Move, Packing, moves_by_kind
from tracepass.epcis.analysis.reading import Given
from tracepass.epcis.analysis.stock import Entry, Stock

MOST_FAULTS: Final = 10_000
"""Faulty identifiers that are looked for."""


class Appearance(NamedTuple):
    """A thing in an event."""

    happening: Happening
    mention: Mention


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of the events in the order of time."""

    packing: Packing
    associations: Packing
    moves: Mapping[str, list[Move]]
    links: Mapping[str, list[Move]]
    journeys: Journeys
    entries: list[Entry]


@dataclass(frozen=True)
class Chain:
    """What the rules look at. ``now`` is an instant in UTC."""

    given: Given
    now: datetime

    @cached_property
    def happenings(self) -> tuple[Happening, ...]:
        """All events, in the order of the document."""
        return tuple(happening_of(event) for event in self.given.events)

    @cached_property
    def by_id(self) -> Mapping[str, list[Happening]]:
        """The events of each eventID, in the order of the document."""
        found: dict[str, list[Happening]] = {}
        for happening in self.happenings:
            if happening.event_id is not None:
                found.setdefault(happening.event_id, []).append(happening)
        return found

    @cached_property
    def originals(self) -> Mapping[str, Happening]:
        """The first event of each eventID that declares nothing wrong."""
        found: dict[str, Happening] = {}
        for happening in self.happenings:
            if happening.event_id is not None and happening.declaration is None:
                found.setdefault(happening.event_id, happening)
        return found

    @cached_property
    def ordered(self) -> tuple[Happening, ...]:
        """The events that hold, in the order of time.

        Left out is what was declared wrong, what stands there twice, and what has no time. At one time things come
        into being first and end last; else the order of the document decides.
        """
        wrong = {one.event_id for one in self.happenings if one.declaration is not None}
        holding = [
            (one.time, 0 if one.is_birth else 2 if one.is_end else 1, one.index, one)
            for one in self._once()
            if one.time is not None and one.declaration is None and (one.event_id is None or one.event_id not in wrong)
        ]
        return tuple(one for *_, one in sorted(holding, key=lambda row: row[:3]))

    def _once(self) -> Iterable[Happening]:
        return (
            one
            for one in self.happenings
            if one.event_id is None or not any(same_content(one, other) for other in self.by_id[one.event_id][:1])
        )

    @cached_property
    def faults(self) -> list[tuple[Happening, str, str, str, str]]:
        """The faulty identifiers, ``MOST_FAULTS`` at most: event, pointer in it, URI, code of the rule, why."""
        return list(islice(self._faults(), MOST_FAULTS))

    @property
    def has_more_faults(self) -> bool:
        """Tell whether there were so many faulty identifiers that no more were looked for."""
        return len(self.faults) >= MOST_FAULTS

    def _faults(self) -> Iterator[tuple[Happening, str, str, str, str]]:
        for happening in self.happenings:
            for _, at, uri in written_in(happening):
                fault = fault_of(uri)
                if fault is not None:
                    yield (happening, at, uri, *fault)

    @cached_property
    def lives(self) -> Mapping[str, list[Appearance]]:
        """What each thing went through, in the order of time."""
        found: dict[str, list[Appearance]] = {}
        for happening in self.ordered:
            for mention in happening.mentions:
                found.setdefault(mention.key, []).append(Appearance(happening, mention))
        return found

    @cached_property
    def replay(self) -> Replay:
        """Packings, journeys and amounts, event by event."""
        packing, associations = Packing(), Packing("AssociationEvent")
        journeys, stock = Journeys(), Stock()
        moves, links, entries = list[Move](), list[Move](), list[Entry]()
        for happening in self.ordered:
            moves.extend(packing.apply(happening))
            if happening.kind == associations.relation:
                links.extend(associations.apply(happening))
            journeys.apply(happening, packing)
            entries.extend(stock.apply(happening))
        return Replay(packing, associations, moves_by_kind(moves), moves_by_kind(links), journeys, entries)


def same_content(one: Happening, first: Happening) -> bool:
    """Tell whether an event is a later copy of the first with its id."""
    return one is not first and one.event == first.event
