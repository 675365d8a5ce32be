"""Faults to plant: each is a small story of things of its own, so that the analysis finds it and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from tracepass.epcis.synthesis.telling import Event, Teller
from tracepass.epcis.times import written

Story = Callable[[Teller], Iterator[Event]]
_OTHER_HASH: Final = "ni:///sha-256;" + "0" * 64 + "?ver=CBV2.0"
_UNKNOWN: Final = "urn:uuid:00000000-0000-4000-8000-000000000000"
_CENTURY: Final = timedelta(days=36525)


def _item(teller: Teller) -> tuple[str, Event]:
    """Return an item of its own and its commissioning."""
    item = teller.things.new_item()
    return item, teller.made([item])


def _container(teller: Teller) -> tuple[str, Event]:
    """Return a container of its own and its commissioning."""
    container = teller.things.new_container()
    return container, teller.made([container])


def _looked_at(teller: Teller, thing: str, **members: object) -> Event:
    return {**teller.seen([thing], "inspecting", "conformant"), **members}


def _commissioned_twice(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield made
    yield teller.made([item])


def _before_commissioning(teller: Teller) -> Iterator[Event]:
    item = teller.things.new_item()
    yield _looked_at(teller, item)
    yield teller.made([item])


def _after_decommissioning(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield made
    yield teller.event("ObjectEvent", "DELETE", "decommissioning", "inactive", epcList=[item])
    yield _looked_at(teller, item)


def _packed_in_two_parents(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield made
    for _ in range(2):
        container, there = _container(teller)
        yield there
        yield teller.packed(container, [item])


def _packed_again(teller: Teller) -> Iterator[Event]:
    (item, made), (container, there) = _item(teller), _container(teller)
    yield from (made, there, teller.packed(container, [item]), teller.packed(container, [item]))


def _unpacked_never_packed(teller: Teller) -> Iterator[Event]:
    (item, made), (other, also), (container, there) = _item(teller), _item(teller), _container(teller)
    yield from (made, also, there, teller.packed(container, [other]), teller.unpacked(container, [item]))


def _observed_while_packed(teller: Teller) -> Iterator[Event]:
    (item, made), (container, there) = _item(teller), _container(teller)
    yield from (made, there, teller.packed(container, [item]), _looked_at(teller, item))


def _cycle(teller: Teller) -> Iterator[Event]:
    (one, made), (other, also) = _container(teller), _container(teller)
    yield from (made, also, teller.packed(one, [other]), teller.packed(other, [one]))


def _shipped_not_received(teller: Teller) -> Iterator[Event]:
    (item, made), (lost, also) = _item(teller), _item(teller)
    yield from (made, also, teller.shipped([item, lost]))
    teller.at += 1
    yield teller.received([item])
    teller.at -= 1


def _received_not_shipped(teller: Teller) -> Iterator[Event]:
    (item, made), (other, also) = _item(teller), _item(teller)
    yield from (made, also, teller.shipped([item]))
    teller.at += 1
    yield teller.received([item, other])
    teller.at -= 1


def _two_places(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield made
    seen = _looked_at(teller, item)
    yield seen
    there = {"id": teller.things.place(teller.at + 1)}
    yield {**seen, "readPoint": there, "bizLocation": there}


def _in_future(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield made
    yield _looked_at(teller, item, eventTime=written(teller.now + _CENTURY))


def _after_record(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield made
    yield _looked_at(teller, item, recordTime=written(teller.now - timedelta(hours=2)))


def _offset(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield made
    seen = _looked_at(teller, item)
    other = "-03:30" if teller.plan.offset != "-03:30" else "+01:00"
    zone = timedelta(hours=3, minutes=30) if other == "-03:30" else timedelta(hours=-1)
    yield {**seen, "eventTime": written(teller.now - zone)[:-1] + other}


def _used_more(teller: Teller) -> Iterator[Event]:
    yield from _amounts(teller, "DELETE", "decommissioning", "inactive")


def _more_there(teller: Teller) -> Iterator[Event]:
    yield from _amounts(teller, "OBSERVE", "inspecting", "conformant")


def _amounts(teller: Teller, action: str, step: str, disposition: str) -> Iterator[Event]:
    """Make ten of a lot, and tell of twelve."""
    lot = teller.things.lot_class(f"{teller.things.mark}{action}")
    for quantity, what in ((10, ("ADD", "commissioning", "active")), (12, (action, step, disposition))):
        yield teller.event("ObjectEvent", *what, quantityList=[{"epcClass": lot, "quantity": quantity}])


def _unknown_term(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield from (made, _looked_at(teller, item, bizStep="inspectin"))


def _check_digit(teller: Teller) -> Iterator[Event]:
    gln = teller.plan.gln(teller.at)
    wrong = gln[:-1] + str((int(gln[-1]) + 1) % 10)
    item, made = _item(teller)
    yield from (made, _looked_at(teller, item, readPoint={"id": f"https://id.gs1.org/414/{wrong}"}))


def _same_id(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield from (made, _looked_at(teller, item, eventID=_UNKNOWN), _looked_at(teller, item, eventID=_UNKNOWN))


def _wrong_hash(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    yield from (made, _looked_at(teller, item, eventID=_OTHER_HASH))


def _no_correction(teller: Teller) -> Iterator[Event]:
    item, made = _item(teller)
    seen = _looked_at(teller, item, eventID=f"{_UNKNOWN[:-1]}1")
    declared = {"declarationTime": written(teller.now + timedelta(minutes=1)), "reason": "incorrect_data"}
    yield from (made, seen, {**seen, "errorDeclaration": {**declared, "correctiveEventIDs": [f"{_UNKNOWN[:-1]}2"]}})


FAULTS: Final[Mapping[str, Story]] = {
    "commissioned_twice": _commissioned_twice,
    "before_commissioning": _before_commissioning,
    "after_decommissioning": _after_decommissioning,
    "packed_in_two_parents": _packed_in_two_parents,
    "packed_again": _packed_again,
    "unpacked_never_packed": _unpacked_never_packed,
    "observed_while_packed": _observed_while_packed,
    "aggregation_cycle": _cycle,
    "shipped_not_received": _shipped_not_received,
    "received_not_shipped": _received_not_shipped,
    "two_places_at_once": _two_places,
    "event_time_in_future": _in_future,
    "event_time_after_record_time": _after_record,
    "offset_mismatch": _offset,
    "used_more_than_made": _used_more,
    "more_than_there_is": _more_there,
    "unknown_term": _unknown_term,
    "wrong_check_digit": _check_digit,
    "event_id_reused": _same_id,
    "hash_id_mismatch": _wrong_hash,
    "corrective_event_unknown": _no_correction,
}
"""Code of the analysis -> what makes it find that; a new kind is a row."""
