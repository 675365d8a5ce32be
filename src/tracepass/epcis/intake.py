"""Puts prepared events into the store, part by part, each part with the progress of its capture in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.epcis import captures
from tracepass.epcis.chunks import Chunks
from tracepass.epcis.members import CANONICAL
from tracepass.epcis.repository import CaptureRepository, EventRepository, EventTaken
from tracepass.epcis.storing import Batch, Prepared, link
from tracepass.epcis.visibility import Visibility

ATTEMPTS = 5
Store = Callable[[EventRepository, Session], Awaitable[Document]]
"""What stores events in a transaction, and returns the capture as it is then."""
GiveBack = Callable[[Tenancy, Mapping[str, Any], Session], Awaitable[None]]
"""What gives back, in the transaction that ends a capture, what was counted for events that were not captured."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Events of a part: new ones, repeats of what is there, and such whose id another event has."""

    fresh: list[Prepared]
    repeated: list[Prepared]
    taken: list[Prepared]


class Intake:
    """Takes the events of all workspaces in."""

    def __init__(self, database: Database, *, clock: Clock, give_back: GiveBack) -> None:
        self._database = database
        self._clock = clock
        self._give_back = give_back
        self._log = SecurityLog(database, clock=clock)
        self._visibility = Visibility(database, clock=clock)

    @property
    def now(self) -> str:
        """Return the time as it is written down."""
        return timestamp(self._clock())

    async def sort(self, tenancy: Tenancy, prepared: Sequence[Prepared]) -> Sorted:
        """Tell new events from repeats: the same id (or, without one, hash) with the same hash."""
        there = await EventRepository(self._database, tenancy).hashes({event.key for event in prepared})
        hashes = {key: found["hash"] for key, found in there.items()}
        found = Sorted([], [], [])
        for event in prepared:
            digest = event.document["hash"]
            known = hashes.get(event.key)
            if known is None:
                hashes[event.key] = digest
                found.fresh.append(event)
            elif known == digest:
                found.repeated.append(event)
            else:
                found.taken.append(event)
        return found

    async def take(
        self, tenancy: Tenancy, capture: Document, batch: Batch, *, actor: Actor, is_new: bool, ends: bool
    ) -> Document:
        """Store a part of a capture, or what may be stored of it; return the capture as it is then.

        Where all or nothing is wanted, nothing of a part with an error is stored, and earlier parts are to be removed.

        Raises:
            Refusal: ``conflict``: others kept capturing the same events.
        """
        for _ in range(ATTEMPTS):
            found = await self.sort(tenancy, batch.prepared)
            after, fresh = await self._outcome(tenancy, capture, batch, found)
            if _has_failed(after) and not is_new:
                after = {**after, "phase": "removing"}
            elif ends:
                after = captures.finished(after, now=self.now)
            try:
                return await self._write(tenancy, capture, _storing(after, fresh), actor=actor, is_new=is_new)
            except EventTaken:
                continue
        raise Refusal("conflict", "The same events were captured at the same time; try again.")

    async def take_fresh(self, tenancy: Tenancy, capture: Document, chunks: Chunks, *, actor: Actor) -> Document | None:
        """Store all events of a new capture while the later ones are still being prepared.

        None if that cannot be, for an error or a repeat among them: then nothing is stored.
        """
        stored = _Fresh(self, capture, chunks)
        try:
            return await self._write(tenancy, capture, stored, actor=actor, is_new=True)
        except (EventTaken, NotFresh):
            return None

    async def _outcome(
        self, tenancy: Tenancy, capture: Document, batch: Batch, found: Sorted
    ) -> tuple[Document, list[Prepared]]:
        errors = [*captures.errors_of(batch.problems), *captures.taken_errors(found.taken)]
        errors.sort(key=lambda error: error["index"])
        events = [] if errors and capture["captureErrorBehaviour"] == "rollback" else found.fresh
        warnings, count = await self.link(EventRepository(self._database, tenancy), events)
        members = {
            "capturedCount": len(events),
            "repeatedCount": len(found.repeated),
            "errors": errors,
            "errorCount": len({error["index"] for error in errors}),
            "warnings": warnings,
            "warningCount": count,
        }
        return captures.advanced(capture, members), events

    async def link(self, stored: EventRepository, events: Sequence[Prepared]) -> tuple[list[Document], int]:
        """Write into events which passports they are about; return warnings of products that nobody knows."""
        stem = len(CANONICAL)
        asked = {epc: epc[stem:] for event in events for epc in event.products}
        known = await stored.passports(asked) if asked else {}
        link(events, known)
        return captures.unknown_warnings(events, known)

    async def _write(self, tenancy: Tenancy, before: Document, store: Store, *, actor: Actor, is_new: bool) -> Document:
        events, jobs = EventRepository(self._database, tenancy), CaptureRepository(self._database, tenancy)
        shows = await self._visibility.any_steps(tenancy)

        async def work(session: Session) -> Document:
            after = await store(events, session)
            if is_new:
                await jobs.insert(after, session=session)
            else:
                await _advance(jobs, before, after, session)
            if not after["running"]:
                await self.note(tenancy, after, actor=actor, session=session)
                if shows and after["capturedCount"]:
                    await self._visibility.tell(tenancy, after["_id"], session=session)
                await self._give_back(tenancy, after, session)
            return after

        return await self._database.transact(work)

    async def go_on(self, tenancy: Tenancy, before: Document, after: Document) -> Document:
        """Write down how far a capture is that stored nothing in this step; return it.

        Raises:
            Overtaken: another worker was here.
        """
        jobs = CaptureRepository(self._database, tenancy)

        async def work(session: Session) -> Document:
            await _advance(jobs, before, after, session)
            if not after["running"]:
                await self._give_back(tenancy, after, session)
            return after

        return await self._database.transact(work)

    async def note(self, tenancy: Tenancy, capture: Mapping[str, object], *, actor: Actor, session: Session) -> None:
        """Tell of a capture that is over, if it brought events."""
        if not capture["capturedCount"]:
            return
        told = captures.shown(capture)
        details = {name: told[name] for name in ("captureJobId", "status", "eventCount", "capturedCount")}
        await self._log.note(
            tenancy,
            "epcis.captured",
            entity=("epcis_capture", told["captureJobId"]),
            actor=actor,
            details=details,
            is_event=True,
            session=session,
        )


def _storing(after: Document, fresh: Sequence[Prepared]) -> Store:
    """Return what stores the events of a part that was looked at, and says what the capture is then."""

    async def store(events: EventRepository, session: Session) -> Document:
        documents = [event.document for event in fresh]
        await events.insert(documents, session=session)
        await events.tell(documents, session=session)
        return after

    return store


class _Fresh:
    """Stores the chunks of a capture, each as soon as it is prepared; a transaction that is repeated begins anew."""

    def __init__(self, intake: Intake, capture: Document, chunks: Chunks) -> None:
        self._intake = intake
        self._capture = capture
        self._chunks = chunks
        self._linked: list[list[Document]] = []
        self._warnings: list[Document] = []
        self._warned = 0

    async def __call__(self, events: EventRepository, session: Session) -> Document:
        """Insert all events; return the capture as it is then.

        Raises:
            EventTaken: one is there already.
            NotFresh: one is faulty.
        """
        for number in range(len(self._chunks)):
            documents = await self._chunk(number, events)
            self._chunks.begin(number + 1)
            await events.insert(documents, session=session)
        await events.tell([event for chunk in self._linked for event in chunk], session=session)
        count = sum(map(len, self._linked))
        members = {"capturedCount": count, "warnings": self._warnings, "warningCount": self._warned}
        return captures.finished(captures.advanced(self._capture, {"errorCount": 0, **members}), now=self._intake.now)

    async def _chunk(self, number: int, events: EventRepository) -> list[Document]:
        if number == len(self._linked):
            batch = await self._chunks.batch(number)
            if batch.problems:
                raise NotFresh
            warnings, count = await self._intake.link(events, batch.prepared)
            self._warnings += warnings
            self._warned += count
            self._linked.append([event.document for event in batch.prepared])
        return self._linked[number]


class NotFresh(Exception):
    """An event cannot be stored as it is."""


class Overtaken(Exception):
    """Somebody else works at the same capture and came further."""


async def _advance(jobs: CaptureRepository, before: Document, after: Document, session: Session) -> None:
    if not await jobs.advance(before, captures.changed(before, after), session=session):
        # Another worker did this part; its transaction holds.
        raise Overtaken


def _has_failed(capture: Mapping[str, object]) -> bool:
    return capture["captureErrorBehaviour"] == "rollback" and not capture["success"]
