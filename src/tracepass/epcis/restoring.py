"""EPCIS events that come from another installation: checked as captures are, and told to nobody.

Each keeps its time of record, and those that one capture job has taken in there are of one job here. What its text
says counts: terms, facts, hash and passports are made anew, and a hash that differs from the one told is a fault.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Annotated, Any, Final

import orjson
from pydantic import Field

from tracepass.core.arriving import faults_of, moment_faults, read
from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.restores import Arrival, Fault, Findings
from tracepass.core.schema import WireId, WireModel, WireTimestamp
from tracepass.epcis import captures
from tracepass.epcis.arrivalsrepository import ArrivedEvents
from tracepass.epcis.contexts import CONTEXT_URLS, namespaces_of
from tracepass.epcis.keptcontexts import kept_context
from tracepass.epcis.members import CANONICAL
from tracepass.epcis.problems import Problem
from tracepass.epcis.repository import EventRepository, EventTaken
from tracepass.epcis.storing import Prepared, Preparing, link
from tracepass.epcis.visibility import Visibility

MOST_DECLARED: Final = 1024 * 1024
"""Bytes that the namespaces and contexts of one event may have."""
DEEPEST: Final = 32
ATTEMPTS: Final = 2
SETTLED: Final = timedelta(seconds=10)
"""How long after the last of them pages are made anew."""
_TAKEN: Final = "Another event has this eventID."


class EventRecord(WireModel):
    """An event as an export tells it."""

    own_id: Annotated[WireId, Field(alias="_id")]
    event_id: Annotated[str, Field(alias="eventID")]
    hash: str
    capture_id: WireId
    record_time: WireTimestamp
    namespaces: dict[str, str]
    context: list[Any] | None = None
    event: dict[str, Any]


class EventRestorer:
    """Takes in events."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._visibility = Visibility(database, clock=clock)

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold events against the standard, against what is told of them, and against those that are there."""
        found = Findings()
        whole: dict[int, EventRecord] = {}
        for index, record in enumerate(records):
            try:
                whole[index] = read(EventRecord, record)
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
                continue
            found.faults += moment_faults(index, arrival, [("recordTime", whole[index].record_time)])
        prepared, faults = await asyncio.to_thread(_prepared, arrival, whole)
        found.faults += faults
        found.faults += await self._taken(arrival, prepared)
        found.faults.sort(key=lambda fault: fault.index)
        return found

    async def _taken(self, arrival: Arrival, prepared: Mapping[int, Prepared]) -> list[Fault]:
        events = EventRepository(self._database, arrival.tenancy)
        there = await events.hashes({one.key for one in prepared.values()})
        faults = []
        for index, one in prepared.items():
            stranger = one.key in there and there[one.key]["_id"] != one.document["_id"]
            if arrival.claim("event", one.key) or stranger:
                faults.append(Fault(index, "event_id_taken", "eventID", _TAKEN))
        return faults

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Add events, their capture jobs, and what their prefixes stand for.

        Raises:
            Refusal: ``event_id_taken``: somebody captured one of them meanwhile.
        """
        whole = {index: read(EventRecord, record) for index, record in enumerate(records)}
        prepared, faults = await asyncio.to_thread(_prepared, arrival, whole)
        if faults:
            raise Refusal("conflict", faults[0].message, details={"member": faults[0].member})
        await self._link(arrival, list(prepared.values()))
        documents = [one.document for one in prepared.values()]
        stored = ArrivedEvents(self._database, arrival.tenancy, arrival.import_id)
        shows = await self._visibility.any_steps(arrival.tenancy)

        async def add(session: Session) -> None:
            fresh = await stored.fresh(documents, session=session)
            await stored.insert(fresh, _jobs(fresh), session=session)
            if shows:
                await self._tell(arrival, session)

        for _ in range(ATTEMPTS):
            try:
                return await self._database.transact(add)
            except EventTaken:
                # It may have been another worker at the same import, which is seen then.
                continue
        raise Refusal("event_id_taken", _TAKEN)

    async def _link(self, arrival: Arrival, prepared: Sequence[Prepared]) -> None:
        stem = len(CANONICAL)
        asked = {epc: epc[stem:] for one in prepared for epc in one.products}
        link(prepared, await EventRepository(self._database, arrival.tenancy).passports(asked) if asked else {})

    async def _tell(self, arrival: Arrival, session: Session) -> None:
        """Ask for the pages that show events to be made anew once all of these are there."""
        due = timestamp(self._clock() + SETTLED)
        await self._visibility.refresh(arrival.tenancy, arrival.import_id, due=due, session=session)

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take events away again, and what came with them."""
        stored = ArrivedEvents(self._database, arrival.tenancy, arrival.import_id)
        shows = await self._visibility.any_steps(arrival.tenancy)

        async def work(session: Session) -> None:
            if await stored.remove([Id(one) for one in ids], session=session) and shows:
                await self._tell(arrival, session)

        await self._database.transact(work)


def _prepared(arrival: Arrival, records: Mapping[int, EventRecord]) -> tuple[dict[int, Prepared], list[Fault]]:
    """Return events as they are stored, by their places, and what is wrong with the others."""
    found: dict[int, Prepared] = {}
    faults: list[Fault] = []
    for index, record in records.items():
        wrong = _declaration_faults(index, record)
        if not wrong and _nests_deeper(record.event, DEEPEST):
            wrong = [Fault(index, "validation_error", "event", f"nests deeper than {DEEPEST} levels")]
        faults += wrong
    faulty = {fault.index for fault in faults}
    sound = [(index, record) for index, record in records.items() if index not in faulty]
    for _, together in groupby(sound, key=lambda pair: _shared(pair[1])):
        some = list(together)
        first = some[0][1]
        prepare = Preparing(
            first.namespaces,
            capture_id=capture_of(arrival, first.capture_id),
            record_time=timestamp(first.record_time),
        )
        for index, record in some:
            batch = prepare([record.event], index)
            faults += [_fault(problem) for problem in batch.problems]
            for one in batch.prepared:
                wrong = _told_faults(one, record)
                faults += wrong
                if not wrong:
                    found[index] = _with_declared(one, record)
    return found, faults


def _shared(record: EventRecord) -> tuple[Id, str, list[tuple[str, str]]]:
    return record.capture_id, timestamp(record.record_time), list(record.namespaces.items())


def capture_of(arrival: Arrival, told: Id) -> Id:
    """Return the id of the capture job that stands here for one of elsewhere: of the same second, and ours alone."""
    second = min(int(told.generation_time.timestamp()), int(parse_timestamp(arrival.at).timestamp()))
    digest = hashlib.sha256(f"{arrival.import_id}/{told}".encode()).digest()
    return Id(second.to_bytes(4, "big") + digest[:8])


def _declaration_faults(index: int, record: EventRecord) -> list[Fault]:
    """Return what is wrong with namespaces and context: they are what contexts of a captured document leave."""
    declared = record.namespaces
    for name, uri in declared.items():
        plain = not name.startswith("@") and not uri.startswith("@")
        if not (name == uri and name not in CONTEXT_URLS if ":" in name else plain):
            return [Fault(index, "validation_error", "namespaces", f"{name[:100]!r} is no prefix of a context")]
    size = sum(len(name) + len(uri) for name, uri in declared.items())
    if record.context is not None:
        kept = kept_context(record.context)
        told = orjson.dumps(record.context)
        size += len(told)
        if kept != told or not namespaces_of(record.context).items() <= declared.items():
            return [Fault(index, "validation_error", "context", "is not what a context leaves beside prefixes")]
    if size > MOST_DECLARED:
        return [Fault(index, "too_large", "namespaces", f"has more than {MOST_DECLARED} bytes")]
    return []


def _told_faults(one: Prepared, record: EventRecord) -> list[Fault]:
    """Return where what is told of an event is not what the event says."""
    document = one.document
    return [
        Fault(one.index, "validation_error", name, f"is not that of the event, which is {document[name]}"[:300])
        for name, told in (("hash", record.hash), ("eventID", record.event_id))
        if told != document[name]
    ]


def _with_declared(one: Prepared, record: EventRecord) -> Prepared:
    one.document["_id"] = record.own_id
    if record.context is not None:
        one.document["context"] = orjson.dumps(record.context)
    return one


def _fault(problem: Problem) -> Fault:
    member = "event" + problem.path.replace("/", ".")
    return Fault(problem.index or 0, "validation_error", member, problem.message)


def _nests_deeper(value: Any, levels: int) -> bool:
    level = [value]
    for _ in range(levels):
        level = [inner for one in level for inner in _members(one) if isinstance(inner, dict | list)]
        if not level:
            return False
    return True


def _members(one: Any) -> Collection[Any]:
    return one.values() if isinstance(one, dict) else one


def _jobs(events: Sequence[Document]) -> Iterator[Document]:
    """Give the capture jobs of events, each with the number of those among them, and the first and last time."""
    by_job: dict[Id, list[Document]] = {}
    for event in events:
        by_job.setdefault(event["captureId"], []).append(event)
    for job, mine in by_job.items():
        times = [event["recordTime"] for event in mine]
        begun = captures.new_capture(job, behaviour="proceed", count=len(mine), now=min(times), taken=None)
        yield {**captures.finished(begun, now=max(times)), "capturedCount": len(mine)}
