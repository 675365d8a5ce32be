"""Who is in whom: aggregations replayed in the order of time, every step of it kept for the rules to look at.

Source: EPCIS 2.0, 7.4.3 (AggregationEvent: ADD joins children to a parent, DELETE takes them or all of them out) and
7.4.6 (AssociationEvent, which does the same for things that stay apart).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from tracepass.epcis.analysis.happenings import Amount, Happening, Mention

DEEPEST: Final = 64
"""How many parents above one another are looked at; real ones are six: item, inner, case, pallet, container, truck."""

MoveKind = Literal["pack", "unpack", "listed", "seen", "end", "loop"]


@dataclass(frozen=True, slots=True)
class Move:
    """One thing in one event, with what was known of it before.

    Attributes:
        kind: ``pack`` and ``unpack``; ``listed`` as a child by an OBSERVE; ``seen`` alone; ``end`` of its being;
            ``loop``: packed into something that it holds itself.
        parent: the parent that the event names.
        before: the parent it had.
        is_known: whether anything was packed into that parent before.
    """

    happening: Happening
    mention: Mention
    kind: MoveKind
    parent: str | None
    before: str | None
    is_known: bool = True


@dataclass(slots=True)
class Packing:
    """The state of all packings at a moment."""

    relation: str = "AggregationEvent"
    parent_of: dict[str, str] = field(default_factory=dict)
    last_parent: dict[str, str] = field(default_factory=dict)
    children: dict[str, dict[str, int]] = field(default_factory=dict)
    amounts: dict[str, dict[tuple[str, str | None], float]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)

    def apply(self, happening: Happening) -> Iterator[Move]:
        """Do what an event does, and yield what it does to each thing."""
        if happening.kind == self.relation:
            yield from self._joined(happening)
        elif happening.kind == "ObjectEvent":
            yield from self._alone(happening)
        elif happening.kind == "TransformationEvent":
            for mention in happening.mentions_as("input"):
                yield self._move(happening, mention, "end", None)

    def above(self, key: str) -> Iterator[str]:
        """Yield the parents above a thing, nearest first; where it was taken out, those that it came out of."""
        for _ in range(DEEPEST):
            found = self.parent_of.get(key) or self.last_parent.get(key)
            if found is None:
                return
            yield found
            key = found

    def _move(self, happening: Happening, mention: Mention, kind: MoveKind, parent: str | None) -> Move:
        known = parent is None or parent in self.known
        return Move(happening, mention, kind, parent, self.parent_of.get(mention.key), known)

    def _alone(self, happening: Happening) -> Iterator[Move]:
        kind: MoveKind = "end" if happening.is_end else "seen"
        named = {mention.key for mention in happening.mentions}
        for mention in happening.mentions_as("object"):
            if self.parent_of.get(mention.key) not in named:
                yield self._move(happening, mention, kind, None)

    def _joined(self, happening: Happening) -> Iterator[Move]:
        parent = happening.parent
        if parent is None:
            return
        children = list(happening.mentions_as("child"))
        if happening.action == "ADD":
            yield from self._pack(happening, parent, children)
        elif happening.action == "DELETE":
            yield from self._unpack(happening, parent, children)
        else:
            for mention in children:
                yield self._move(happening, mention, "listed", parent.key)

    def _pack(self, happening: Happening, parent: Mention, children: Iterable[Mention]) -> Iterator[Move]:
        holders = {parent.key, *self._holders(parent.key)}
        self.names.setdefault(parent.key, parent.uri)
        for mention in children:
            if mention.key in holders:
                yield self._move(happening, mention, "loop", parent.key)
                continue
            yield self._move(happening, mention, "pack", parent.key)
            self._take_out(mention.key)
            self.names.setdefault(mention.key, mention.uri)
            self.parent_of[mention.key] = parent.key
            self.children.setdefault(parent.key, {})[mention.key] = happening.index
        self.known.add(parent.key)
        self._count(parent.key, happening.amounts, 1)

    def _holders(self, key: str) -> Iterator[str]:
        for _ in range(DEEPEST):
            found = self.parent_of.get(key)
            if found is None:
                return
            yield found
            key = found

    def _unpack(self, happening: Happening, parent: Mention, children: list[Mention]) -> Iterator[Move]:
        if not children and not happening.amounts:
            # Without children all of them are meant (EPCIS 2.0, 7.4.3).
            for key in list(self.children.get(parent.key, ())):
                self._take_out(key)
            self.amounts.pop(parent.key, None)
            return
        for mention in children:
            yield self._move(happening, mention, "unpack", parent.key)
            if self.parent_of.get(mention.key) == parent.key:
                self._take_out(mention.key)
        self._count(parent.key, happening.amounts, -1)

    def _take_out(self, key: str) -> None:
        parent = self.parent_of.pop(key, None)
        if parent is not None:
            self.last_parent[key] = parent
            held = self.children[parent]
            held.pop(key, None)
            if not held:
                del self.children[parent]

    def _count(self, parent: str, amounts: Iterable[Amount], sign: int) -> None:
        for amount in amounts:
            if amount.role == "child" and amount.quantity is not None:
                held = self.amounts.setdefault(parent, {})
                kind = (amount.key, amount.uom)
                self.names.setdefault(amount.key, amount.uri)
                held[kind] = held.get(kind, 0.0) + sign * amount.quantity
                if held[kind] <= 0:
                    del held[kind]


def closed(packing: Packing) -> Iterator[str]:
    """Yield one thing of each circle of things that hold one another, however long it is."""
    done: set[str] = set()
    for start in packing.parent_of:
        way: dict[str, None] = {}
        key: str | None = start
        while key is not None and key not in done and key not in way:
            way[key] = None
            key = packing.parent_of.get(key)
        if key is not None and key in way:
            yield key
        done.update(way)


def moves_by_kind(moves: Iterable[Move]) -> Mapping[str, list[Move]]:
    """Return moves by their kind, for rules that look at one kind each."""
    found: dict[str, list[Move]] = {}
    for move in moves:
        found.setdefault(move.kind, []).append(move)
    return found
