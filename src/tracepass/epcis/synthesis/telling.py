"""Tells a chain event by event: the clock goes on, goods move on, and each step becomes its events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from tracepass.epcis.synthesis.plan import AT_ONCE, Plan, Step
from tracepass.epcis.synthesis.things import Things
from tracepass.epcis.times import written

Event = dict[str, Any]
_DELIVERY: Final = "urn:epcglobal:cbv:bt:"


@dataclass(slots=True)
class Teller:
    """Where and when the chain is, and what its events have in common."""

    plan: Plan
    things: Things
    now: datetime
    at: int = 0
    deliveries: int = 0
    is_packed: bool = False

    @property
    def outermost(self) -> list[str]:
        """Return what is handled now: the outermost containers while goods are packed, else the items."""
        return self.things.levels[-1] if self.is_packed else self.things.items

    @classmethod
    def of(cls, plan: Plan, things: Things) -> Teller:
        """Return who tells a plan from its start."""
        return cls(plan, things, plan.start)

    def told(self, step: Step) -> Iterator[Event]:
        """Yield the events of a step; some hours pass before it."""
        self.pass_time(60, 360)
        yield from _TELLINGS[step](self)

    def pass_time(self, least: int, most: int) -> None:
        """Let some minutes pass."""
        self.now += timedelta(minutes=least + self.things.dice.below(most - least), seconds=self.things.dice.below(60))

    def event(self, kind: str, action: str, step: str, disposition: str | None, **members: Any) -> Event:
        """Return an event here and now; its clock goes on."""
        self.pass_time(1, 5)
        told = {
            "type": kind,
            "eventTime": written(self.now),
            "eventTimeZoneOffset": self.plan.offset,
            **members,
            "action": action,
            "bizStep": step,
            **({} if disposition is None else {"disposition": disposition}),
            "readPoint": {"id": self.things.place(self.at)},
        }
        if step != "shipping":
            told["bizLocation"] = {"id": self.things.place(self.at)}
        return told

    def seen(self, things: Sequence[str], step: str, disposition: str | None, **members: Any) -> Event:
        """Return an observation of things."""
        return self.event("ObjectEvent", "OBSERVE", step, disposition, epcList=list(things), **members)

    def made(self, things: Sequence[str], **members: Any) -> Event:
        """Return the commissioning of things."""
        return self.event("ObjectEvent", "ADD", "commissioning", "active", epcList=list(things), **members)

    def packed(self, parent: str, children: Sequence[str]) -> Event:
        """Return the packing of things into a container."""
        return self._joined("ADD", "packing", parent, children)

    def unpacked(self, parent: str, children: Sequence[str]) -> Event:
        """Return the unpacking of a container."""
        return self._joined("DELETE", "unpacking", parent, children)

    def _joined(self, action: str, step: str, parent: str, children: Sequence[str]) -> Event:
        members = {"parentID": parent, "childEPCs": list(children)}
        return self.event("AggregationEvent", action, step, "in_progress", **members)

    def shipped(self, things: Sequence[str]) -> Event:
        """Return the shipping of things to the next place."""
        return self.seen(things, "shipping", "in_transit", **self._papers(self.at, self.at + 1))

    def received(self, things: Sequence[str]) -> Event:
        """Return the receipt of things that came from the place before."""
        return self.seen(things, "receiving", "in_progress", **self._papers(self.at - 1, self.at))

    def _papers(self, whence: int, whither: int) -> dict[str, Any]:
        number = f"{_DELIVERY}{self.plan.gln(whence)}:{self.things.mark}-{self.deliveries}"
        return {
            "bizTransactionList": [{"type": "desadv", "bizTransaction": number}],
            "sourceList": [{"type": "location", "source": self.things.place(whence)}],
            "destinationList": [{"type": "location", "destination": self.things.place(whither)}],
        }


def _parts(things: Sequence[str]) -> Iterator[Sequence[str]]:
    return (things[at : at + AT_ONCE] for at in range(0, len(things), AT_ONCE))


def _commissioning(teller: Teller) -> Iterator[Event]:
    lot = teller.plan.lot
    ilmd = {} if lot is None else {"ilmd": {"cbvmda:lotNumber": lot}}
    for part in _parts(teller.things.items):
        yield teller.made(part, **ilmd)
    containers = [*teller.things.cases, *teller.things.pallets]
    if containers:
        yield teller.made(containers)


def _packing(teller: Teller) -> Iterator[Event]:
    for parent, children in teller.things.packings:
        yield teller.packed(parent, children)
    teller.is_packed = True


def _unpacking(teller: Teller) -> Iterator[Event]:
    for parent, children in reversed(teller.things.packings):
        yield teller.unpacked(parent, children)
    teller.is_packed = False


def _shipping(teller: Teller) -> Iterator[Event]:
    teller.deliveries += 1
    for part in _parts(teller.outermost):
        yield teller.shipped(part)


def _receiving(teller: Teller) -> Iterator[Event]:
    teller.at += 1
    teller.pass_time(240, 2880)
    for part in _parts(teller.outermost):
        yield teller.received(part)


def _observed(step: str, disposition: str | None) -> Callable[[Teller], Iterator[Event]]:
    return lambda teller: (teller.seen(part, step, disposition) for part in _parts(teller.outermost))


def _decommissioning(teller: Teller) -> Iterator[Event]:
    for part in _parts(teller.things.items):
        yield teller.event("ObjectEvent", "DELETE", "decommissioning", "inactive", epcList=list(part))


_TELLINGS: Final[Mapping[Step, Callable[[Teller], Iterator[Event]]]] = {
    "commissioning": _commissioning,
    "inspecting": _observed("inspecting", "conformant"),
    "packing": _packing,
    "shipping": _shipping,
    "receiving": _receiving,
    "storing": _observed("storing", "sellable_not_accessible"),
    "unpacking": _unpacking,
    "selling": _observed("retail_selling", "retail_sold"),
    "decommissioning": _decommissioning,
}
