"""What an event says, taken out of it without trusting its shape: things, amounts, places, times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from tracepass.epcis.analysis.reading import GivenEvent
from tracepass.epcis.identifiers import normal
from tracepass.epcis.times import instant
from tracepass.epcis.vocabulary import Vocabulary, bare

Role = Literal["object", "parent", "child", "input", "output"]
_LISTS: Final[Mapping[str, Role]] = {
    "epcList": "object",
    "childEPCs": "child",
    "inputEPCList": "input",
    "outputEPCList": "output",
}
_AMOUNTS: Final[Mapping[str, Role]] = {
    "quantityList": "object",
    "childQuantityList": "child",
    "inputQuantityList": "input",
    "outputQuantityList": "output",
}
ENDING_STEPS: Final = frozenset({"decommissioning", "destroying"})


@dataclass(frozen=True, slots=True)
class Mention:
    """A thing that an event names: as it is written, in its one form, in which role, and where in the event."""

    uri: str
    key: str
    role: Role
    at: str


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of things of a class; ``quantity`` is None where the event has none, or one that is no number."""

    uri: str
    key: str
    role: Role
    at: str
    quantity: float | None
    uom: str | None


@dataclass(frozen=True, slots=True, eq=False)
class Happening:
    """An event in the terms of an analysis; what it does not say, or says in a wrong shape, is None or empty.

    ``time`` and ``record_time`` are instants in UTC; ``step`` is a bare name or a URI.
    """

    given: GivenEvent
    kind: str
    action: str | None
    step: str | None
    time: datetime | None
    record_time: datetime | None
    event_id: str | None
    declaration: Mapping[str, Any] | None
    mentions: tuple[Mention, ...]
    amounts: tuple[Amount, ...]
    read_point: str | None
    location: str | None

    @property
    def index(self) -> int:
        """Return which of the document's events it is, from 0."""
        return self.given.index

    @property
    def event(self) -> Mapping[str, Any]:
        """Return the event as it came."""
        return self.given.event

    def mentions_as(self, *roles: Role) -> Iterator[Mention]:
        """Yield the things named in some roles."""
        return (mention for mention in self.mentions if mention.role in roles)

    @property
    def parent(self) -> Mention | None:
        """Return the parent it names."""
        return next(self.mentions_as("parent"), None)

    @property
    def is_birth(self) -> bool:
        """Tell whether its objects come into being with it (EPCIS 2.0, 7.4.2: ADD of an ObjectEvent)."""
        return self.kind == "ObjectEvent" and self.action == "ADD"

    @property
    def is_end(self) -> bool:
        """Tell whether its objects are no more after it (EPCIS 2.0, 7.4.2: DELETE of an ObjectEvent)."""
        return self.kind == "ObjectEvent" and (self.action == "DELETE" or self.step in ENDING_STEPS)


def happening_of(given: GivenEvent) -> Happening:
    """Return what an event says."""
    event = given.event
    declaration = event.get("errorDeclaration")
    step = text_at(event, "bizStep")
    return Happening(
        given=given,
        kind=text_at(event, "type") or "",
        action=text_at(event, "action"),
        step=None if step is None else bare(Vocabulary.BIZ_STEP, step),
        time=time_at(event, "eventTime"),
        record_time=time_at(event, "recordTime"),
        event_id=text_at(event, "eventID"),
        declaration=declaration if isinstance(declaration, dict) else None,
        mentions=tuple(_mentions(event)),
        amounts=tuple(_amounts(event)),
        read_point=place_at(event, "readPoint"),
        location=place_at(event, "bizLocation"),
    )


def text_at(owner: Mapping[str, Any], name: str) -> str | None:
    """Return a member that is a text, else None."""
    value = owner.get(name)
    return value if isinstance(value, str) else None


def time_at(owner: Mapping[str, Any], name: str) -> datetime | None:
    """Return a member that is a time with its zone, as an instant in UTC, else None."""
    text = text_at(owner, name)
    if text is None:
        return None
    try:
        return instant(text)
    except ValueError:
        return None


def place_at(event: Mapping[str, Any], name: str) -> str | None:
    """Return the canonical identifier of a place, if there is one."""
    place = event.get(name)
    found = text_at(place, "id") if isinstance(place, dict) else None
    return None if found is None else normal(found)


def items_at(owner: Mapping[str, Any], name: str) -> list[Any]:
    """Return a member that is a list, else an empty one."""
    value = owner.get(name)
    return value if isinstance(value, list) else []


def _mentions(event: Mapping[str, Any]) -> Iterator[Mention]:
    parent = text_at(event, "parentID")
    if parent is not None:
        yield Mention(parent, normal(parent), "parent", "/parentID")
    for name, role in _LISTS.items():
        for index, uri in enumerate(items_at(event, name)):
            if isinstance(uri, str):
                yield Mention(uri, normal(uri), role, f"/{name}/{index}")


def _amounts(event: Mapping[str, Any]) -> Iterator[Amount]:
    for name, role in _AMOUNTS.items():
        for index, item in enumerate(items_at(event, name)):
            uri = text_at(item, "epcClass") if isinstance(item, dict) else None
            if uri is not None:
                number = item.get("quantity")
                real = isinstance(number, int | float) and not isinstance(number, bool)
                quantity = float(number) if real else None
                yield Amount(uri, normal(uri), role, f"/{name}/{index}", quantity, text_at(item, "uom"))
