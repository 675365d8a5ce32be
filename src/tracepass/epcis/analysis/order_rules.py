"""Rules on time, on what comes before what, and on serial numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from tracepass.epcis.analysis.chain import Appearance, Chain
from tracepass.epcis.analysis.document_rules import CLOCKS_DIFFER
from tracepass.epcis.analysis.happenings import Happening, items_at, text_at, time_at
from tracepass.epcis.analysis.journeys import site
from tracepass.epcis.analysis.rule import Hit, Look, Rule, Severity, named, on, within
from tracepass.epcis.identifiers import ancestors

_ZONE = re.compile(r".*([+-]\d\d):?(\d\d)", re.ASCII)
_UNUSED_MINUTES = re.compile(r"[+-]\d\d:(?!00|30|45)\d\d", re.ASCII)


def _in_future(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        if happening.time is not None and happening.time > chain.now + CLOCKS_DIFFER:
            yield within(happening, "/eventTime", time=happening.event["eventTime"])


def _after_record(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        time, record = happening.time, happening.record_time
        if time is not None and record is not None and time > record:
            yield within(happening, "/eventTime", record=happening.event["recordTime"])


def _after_document(chain: Chain) -> Iterator[Hit]:
    """Find what happened after the document was made; what is still to come is told of by another rule."""
    created = time_at(chain.given.header, "creationDate")
    if created is None:
        return
    for happening in chain.happenings:
        time = happening.time
        if time is not None and created + CLOCKS_DIFFER < time <= chain.now + CLOCKS_DIFFER:
            yield within(happening, "/eventTime", created=chain.given.header["creationDate"])


def _offset_differs(chain: Chain) -> Iterator[Hit]:
    """Compare the offset in the time with the one beside it; a time in UTC says nothing of the place."""
    for happening in chain.happenings:
        zone = _ZONE.fullmatch(text_at(happening.event, "eventTime") or "")
        beside = text_at(happening.event, "eventTimeZoneOffset")
        if zone and beside is not None and zone[1] + zone[2] not in {beside.replace(":", ""), "+0000", "-0000"}:
            yield within(happening, "/eventTimeZoneOffset", inside=f"{zone[1]}:{zone[2]}", beside=beside)


def _odd_offset(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        beside = text_at(happening.event, "eventTimeZoneOffset")
        if beside is not None and _UNUSED_MINUTES.fullmatch(beside):
            yield within(happening, "/eventTimeZoneOffset", beside=beside)


def _sensed_later(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        for index, element in enumerate(items_at(happening.event, "sensorElementList")):
            for number, report in enumerate(items_at(element, "sensorReport") if isinstance(element, dict) else []):
                sensed = time_at(report, "time") if isinstance(report, dict) else None
                if sensed is not None and happening.time is not None and sensed > happening.time:
                    at = f"/sensorElementList/{index}/sensorReport/{number}/time"
                    yield within(happening, at, time=report["time"])


def _is_birth(one: Appearance) -> bool:
    return one.mention.role == "output" or (one.happening.is_birth and one.mention.role == "object")


def _too_early(chain: Chain) -> Iterator[Hit]:
    for life in chain.lives.values():
        birth = next((one.happening for one in life if _is_birth(one)), None)
        if birth is not None:
            yield from (on(*one, birth=named(birth)) for one in life if _is_before(one.happening, birth))


def _is_before(one: Happening, other: Happening) -> bool:
    return one.time is not None and other.time is not None and one.time < other.time


def _too_late(is_end: Callable[[Appearance], bool], chain: Chain) -> Iterator[Hit]:
    for life in chain.lives.values():
        end: Appearance | None = None
        for one in life:
            if _is_birth(one):
                end = None
            elif end is not None and _is_before(end.happening, one.happening):
                yield on(*one, end=named(end.happening))
            elif is_end(one):
                end = end or one


def _decommissioned(one: Appearance) -> bool:
    return one.happening.is_end and one.mention.role == "object"


def _consumed(one: Appearance) -> bool:
    return one.mention.role == "input"


def _after_decommissioning(chain: Chain) -> Iterator[Hit]:
    return _too_late(_decommissioned, chain)


def _after_consumption(chain: Chain) -> Iterator[Hit]:
    return _too_late(_consumed, chain)


def _two_places(chain: Chain) -> Iterator[Hit]:
    """Find things that are read at two sites at the same instant."""
    for life in chain.lives.values():
        seen: dict[datetime, tuple[str, Happening]] = {}
        for happening, mention in life:
            place = None if happening.read_point is None else site(happening.read_point)
            if place is None or happening.time is None:
                continue
            first, other = seen.setdefault(happening.time, (place, happening))
            if first != place:
                yield on(happening, mention, other=named(other), place=first)


def _born_twice(chain: Chain) -> Iterator[Hit]:
    yield from _births(chain, ended=False)


def _born_again(chain: Chain) -> Iterator[Hit]:
    yield from _births(chain, ended=True)


def _births(chain: Chain, *, ended: bool) -> Iterator[Hit]:
    """Find things that are commissioned a second time, after an end or without one."""
    for life in chain.lives.values():
        first: Happening | None = None
        over = False
        for one in life:
            if one.happening.is_birth and one.mention.role == "object":
                if first not in {None, one.happening} and over is ended:
                    yield on(*one, first=named(first or one.happening))
                first, over = one.happening, False
            elif _decommissioned(one) or _consumed(one):
                over = True


def _twice_in_event(chain: Chain) -> Iterator[Hit]:
    for happening in chain.happenings:
        seen: dict[tuple[str, str], str] = {}
        for mention in happening.mentions:
            first = seen.setdefault((mention.role, mention.key), mention.at)
            if first != mention.at:
                yield on(happening, mention, first=first)


def _never_born(chain: Chain) -> Iterator[Hit]:
    """Find things never commissioned, though others of their class are."""
    born = {key for key, life in chain.lives.items() if any(map(_is_birth, life))}
    classes = {above for key in born for above in ancestors(key)}
    for key, life in chain.lives.items():
        if key not in born and any(above in classes for above in ancestors(key)):
            yield on(*life[0])


def _time(code: str, severity: Severity, says: str, fix: str, look: Look) -> Rule:
    return Rule(code, "order", severity, says, fix, look)


ORDER_RULES: Final = (
    _time(
        "event_time_in_future",
        "error",
        "The event is told for {time}, which is still to come.",
        "Correct the clock or the time zone of the system that captured it; plans are no events.",
        _in_future,
    ),
    _time(
        "event_time_after_record_time",
        "error",
        "The event happened after it was recorded, at {record}.",
        "Correct eventTime, most often its time zone.",
        _after_record,
    ),
    _time(
        "event_time_after_document",
        "warning",
        "The event happened after the document was made, at {created}.",
        "Correct eventTime or creationDate, most often the time zone of one of them.",
        _after_document,
    ),
    _time(
        "offset_mismatch",
        "warning",
        "eventTime says {inside}, eventTimeZoneOffset says {beside}.",
        "Write in both the offset of the place where it happened, or eventTime in UTC with Z.",
        _offset_differs,
    ),
    _time(
        "unusual_offset",
        "warning",
        "No place on earth has the offset {beside}.",
        "Write the offset of the place where it happened.",
        _odd_offset,
    ),
    _time(
        "sensor_time_after_event",
        "warning",
        "The value was measured at {time}, after the event.",
        "Correct one of the times; an event tells what was measured until then.",
        _sensed_later,
    ),
    _time(
        "before_commissioning",
        "error",
        "{epc} is in an event before it came into being ({birth}).",
        "Correct the time of one of the two events, or the serial number.",
        _too_early,
    ),
    _time(
        "after_decommissioning",
        "error",
        "{epc} is in an event after it was decommissioned ({end}).",
        "Correct the serial number or the times; if the decommissioning was wrong, declare it so.",
        _after_decommissioning,
    ),
    _time(
        "after_consumption",
        "error",
        "{epc} is in an event after it was used up in a transformation ({end}).",
        "Correct the serial number or the times; what comes out of a transformation needs an identifier of its own.",
        _after_consumption,
    ),
    _time(
        "two_places_at_once",
        "error",
        "{epc} is at this place and, at the same time, at {place} ({other}).",
        "Correct the time or the read point of one of the events, or look for a copied serial number.",
        _two_places,
    ),
)
SERIAL_RULES: Final = (
    Rule(
        "commissioned_twice",
        "serials",
        "error",
        "{epc} was commissioned already ({first}).",
        "Look for a line that counted from the start again, or for a copied code; one of the two is another thing.",
        _born_twice,
    ),
    Rule(
        "recommissioned",
        "serials",
        "warning",
        "{epc} is commissioned again after it was decommissioned (first in {first}).",
        "Use serial numbers once only; a code that is still somewhere would name two things.",
        _born_again,
    ),
    Rule(
        "named_twice_in_event",
        "serials",
        "warning",
        "{epc} stands twice in the event (first at {first}).",
        "Name each thing once; if there are two of them, one has the wrong serial number.",
        _twice_in_event,
    ),
    Rule(
        "never_commissioned",
        "serials",
        "warning",
        "{epc} is never commissioned here, while others of its class are.",
        "Look for a missing commissioning event or a misread serial number.",
        _never_born,
    ),
)
