"""What can be done with EPCIS events: capture them, see what became of a capture, ask for them."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

import orjson

from tracepass.api.bodies import parse_json
from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.spool import Spool
from tracepass.core.tenancy import Tenancy
from tracepass.epcis import captures
from tracepass.epcis.answers import EventPage
from tracepass.epcis.captures import Behaviour
from tracepass.epcis.chunks import Chunks
from tracepass.epcis.contexts import STANDARD_PREFIXES
from tracepass.epcis.documents import Document as EpcisDocument
from tracepass.epcis.documents import alone
from tracepass.epcis.fieldorder import page_by_field
from tracepass.epcis.grammar import NAMES, read_query
from tracepass.epcis.handover import Handover
from tracepass.epcis.intake import Intake
from tracepass.epcis.largedocuments import of_document
from tracepass.epcis.largework import CAPTURE, LargeCaptures
from tracepass.epcis.masterdata import elements_of, resolved
from tracepass.epcis.models import CAPTURE_LIMIT
from tracepass.epcis.paging import expiry, place_after, place_of
from tracepass.epcis.problems import Problem
from tracepass.epcis.queries import EventQuery, HasTerm
from tracepass.epcis.receiving import (
    WHOLE_BYTES,
    TooManyEvents,
    from_xml,
    invalid_of,
    read,
    read_large,
    without_flag,
)
from tracepass.epcis.repository import INDEXES, CaptureRepository, EventRepository, StoredMasterData
from tracepass.epcis.storing import Preparing, prepare
from tracepass.epcis.terms import term
from tracepass.identity.models import Caller
from tracepass.quotas.service import EpcisEvents, TakenEvents

AT_ONCE = 1000
"""Events that are captured before the answer; of more a worker takes care."""
IN_THREAD_FROM = 20
SAID, MOST_SAID = timedelta(minutes=1), 1000
"""How long this process remembers which prefixes it wrote down, and of how many documents."""

__all__ = ["CAPTURE", "INDEXES", "NAMES", "Captures", "EventQueries"]


class Captures:
    """The captures of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock, events: EpcisEvents) -> None:
        self._database = database
        self._clock = clock
        self._quota = events
        self._jobs = Jobs(database, clock=clock)
        self._intake = Intake(database, clock=clock, give_back=functools.partial(give_back_rest, events))
        self._handover = Handover(database, clock, self._jobs)
        self._said: dict[tuple[Tenancy, bytes], datetime] = {}

    @property
    def large(self) -> LargeCaptures:
        """Return who does the captures that were put off."""
        return LargeCaptures(self._database, self._clock, self._jobs, self._intake)

    async def capture(self, caller: Caller, value: Any, *, behaviour: Behaviour, confirmed: bool) -> Document:
        """Capture what one of the four shapes holds; return the job, which is over where the events were few.

        ``value`` is JSON's, or the bytes of a document in XML.

        Raises:
            Invalid: it is none of the shapes.
            Refusal: ``payload_too_large``, ``epcis_events_overage_required``, ``epcis_events_hard_block``.
        """
        if isinstance(value, bytes):
            value = await asyncio.to_thread(from_xml, value)
        value, confirmed = without_flag(value, confirmed=confirmed)
        document = read(value)
        if len(document.events) > CAPTURE_LIMIT:
            raise TooManyEvents(CAPTURE_LIMIT)

        async def captured(capture: Document) -> Document:
            return await self._captured(caller, capture, document)

        return await self._counted(caller, len(document.events), captured, behaviour=behaviour, confirmed=confirmed)

    async def capture_body(
        self, caller: Caller, body: Spool, *, is_xml: bool, behaviour: Behaviour, confirmed: bool
    ) -> Document:
        """Capture what the body of a request holds, however long it is; see `capture`.

        Raises:
            MalformedJson: it is no JSON.
        """
        if len(body) <= WHOLE_BYTES:
            text = body.whole()
            value = text if is_xml else await parse_json(text)
            return await self.capture(caller, value, behaviour=behaviour, confirmed=confirmed)
        with closing(Spool()) as room:
            large, flag = await asyncio.to_thread(read_large, body, room, is_xml=is_xml)

            async def captured(capture: Document) -> Document:
                await self._remember(caller.tenancy, large.document)
                return await self._handover.put_off(caller, capture, large)

            return await self._counted(caller, large.count, captured, behaviour=behaviour, confirmed=confirmed or flag)

    async def _counted(
        self,
        caller: Caller,
        count: int,
        captured: Callable[[Document], Awaitable[Document]],
        *,
        behaviour: Behaviour,
        confirmed: bool,
    ) -> Document:
        """Count events before they are captured, and give them back if they are not; return the job as it is shown."""
        taken = await self._quota.take(caller, count, confirmed=confirmed) if count else None
        capture = captures.new_capture(
            new_id(),
            behaviour=behaviour,
            count=count,
            now=timestamp(self._clock()),
            taken=None if taken is None else taken.kept,
        )
        try:
            return captures.shown(await captured(capture))
        except BaseException:
            if taken is not None:
                await self._quota.give_back(taken)
            raise

    async def _captured(self, caller: Caller, capture: Document, document: EpcisDocument) -> Document:
        await self._remember(caller.tenancy, document)
        if len(document.events) > AT_ONCE:
            with closing(Spool()) as room:
                large = await asyncio.to_thread(of_document, document, room)
                return await self._handover.put_off(caller, capture, large)
        return await self._taken(caller, capture, document)

    async def _taken(self, caller: Caller, capture: Document, document: EpcisDocument) -> Document:
        """Store the events of a small document, while they are prepared if there are many and nothing is against it."""
        work = Preparing(
            document.namespaces,
            capture_id=capture["_id"],
            record_time=capture["createdAt"],
            context=document.context,
        )
        if len(document.events) < IN_THREAD_FROM:
            batch = work(document.events)
        else:
            chunks = Chunks(document.events, work)
            taken = await self._intake.take_fresh(caller.tenancy, capture, chunks, actor=caller.actor)
            if taken is not None:
                return taken
            batch = await chunks.whole()
        return await self._intake.take(caller.tenancy, capture, batch, actor=caller.actor, is_new=True, ends=True)

    async def _remember(self, tenancy: Tenancy, document: EpcisDocument) -> None:
        """Remember prefixes for later questions, and the master data that came along."""
        jobs = CaptureRepository(self._database, tenancy)
        digest = hashlib.sha256(orjson.dumps(document.namespaces, option=orjson.OPT_SORT_KEYS)).digest()
        said, now = (tenancy, digest), self._clock()
        if document.namespaces and self._said.get(said, now) <= now:
            await jobs.remember(document.namespaces)
            if len(self._said) >= MOST_SAID:
                self._said.clear()
            self._said[said] = now + SAID
        await StoredMasterData(self._database, tenancy).remember(elements_of(document.header), now=timestamp(now))

    async def capture_one(self, caller: Caller, value: Any) -> Document:
        """Capture one event, now; return it as it is stored.

        ``value`` is JSON's, or the bytes of a document in XML with one event.

        Raises:
            Invalid: it breaks a rule of the standard.
            Refusal: ``event_id_taken``, and what a plan refuses.
        """
        if isinstance(value, bytes):
            value = alone(read(await asyncio.to_thread(from_xml, value)))
        value, confirmed = without_flag(value, confirmed=False)
        document = read(value)
        if document.kind != "event":
            raise Invalid(form_errors=["The body must be one event."])
        job = await self.capture(caller, value, behaviour="rollback", confirmed=confirmed)
        if job["errors"]:
            raise _refusal_of(job["errors"])
        query = EventQuery((HasTerm((term("capture", job["captureJobId"]),)),))
        found = await EventRepository(self._database, caller.tenancy).page(query, after=None, limit=1)
        if found:
            return found[0]
        return await self._repeated(caller, document)

    async def _repeated(self, caller: Caller, document: EpcisDocument) -> Document:
        """Return the event that was there already."""
        batch = prepare(document.events, document.namespaces, capture_id=new_id(), record_time="")
        stored = await EventRepository(self._database, caller.tenancy).find(batch.prepared[0].key)
        if stored is None:
            raise NotFound("event")
        return stored

    async def get(self, caller: Caller, capture_id: Id) -> Document:
        """Return a capture job.

        Raises:
            NotFound: this workspace has no such job.
        """
        found = await CaptureRepository(self._database, caller.tenancy).find(capture_id)
        if found is None:
            raise NotFound("capture job")
        return captures.shown(found)

    async def list_(self, caller: Caller, *, after: Id | None, limit: int) -> list[Document]:
        """Return capture jobs, newest first, from one on."""
        found = await CaptureRepository(self._database, caller.tenancy).page(after=after, limit=limit)
        return [captures.shown(capture) for capture in found]


class EventQueries:
    """Questions for the events of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def ask(
        self, caller: Caller, parameters: Mapping[str, Sequence[str]], *, extensions: Mapping[str, str]
    ) -> EventPage:
        """Return one page of the events that parameters of the standard ask for.

        Raises:
            Invalid: names or values are wrong.
            Refusal: ``query_too_large``.
        """
        return await self.page(caller.tenancy, await self.query_of(caller.tenancy, parameters, extensions=extensions))

    async def query_of(
        self, tenancy: Tenancy, parameters: Mapping[str, Sequence[str]], *, extensions: Mapping[str, str]
    ) -> EventQuery:
        """Return the query that parameters ask, with master data looked up.

        Raises:
            Invalid: names or values are wrong.
        """
        query = read_query(parameters, await self._prefixes(tenancy, parameters, extensions))
        return await resolved(query, StoredMasterData(self._database, tenancy))

    async def _prefixes(
        self, tenancy: Tenancy, parameters: Mapping[str, Sequence[str]], extensions: Mapping[str, str]
    ) -> dict[str, list[str]]:
        """Return what prefixes stand for: as the caller says, else as documents said, else as the standard does."""
        if not any(":" in name for name in (*parameters, *parameters.get("orderBy", ()))):
            return {}
        said = await CaptureRepository(self._database, tenancy).namespaces()
        standard = {prefix: [uri] for prefix, uri in STANDARD_PREFIXES.items()}
        return standard | said | {prefix: [uri] for prefix, uri in extensions.items()}

    async def page(self, tenancy: Tenancy, query: EventQuery) -> EventPage:
        """Return the page of a query that its token names, the first without one."""
        events = EventRepository(self._database, tenancy)
        now = self._clock()
        place = None if query.token is None else place_of(query, query.token, now=timestamp(now))
        if place is None and query.most is not None:
            await self._bound(events, query, query.most)
        left = query.limit if place is None else place.left
        size = query.per_page if left is None else min(query.per_page, left)
        if query.by:
            found = await page_by_field(events, query, after=None if place is None else place.id, limit=size + 1)
        else:
            found = await events.page(query, after=None if place is None else (place.time, place.id), limit=size + 1)
        more, until = len(found) > size, expiry(now)
        token = place_after(query, found[size - 1], left=left, shown=size, expires=until) if more else None
        return EventPage(found[:size], token, timestamp(now), until)

    async def _bound(self, events: EventRepository, query: EventQuery, most: int) -> None:
        if await events.count(query, limit=most + 1) > most:
            raise Refusal(
                "query_too_large",
                f"More than {most} events are asked for; narrow the query or raise maxEventCount.",
                details={"limit": most},
            )

    async def get(self, caller: Caller, event_id: str) -> EventPage:
        """Return an event and the declarations that it was wrong.

        Raises:
            NotFound: this workspace has no such event.
        """
        page = await self.page(caller.tenancy, EventQuery((HasTerm((term("eventID", event_id),)),), per_page=1000))
        if not page.events:
            raise NotFound("event")
        return page


async def give_back_rest(quota: EpcisEvents, tenancy: Tenancy, capture: Mapping[str, Any], session: Session) -> None:
    """Give back what was counted for events that were not captured."""
    kept, rest = capture["taken"], capture["eventCount"] - capture["capturedCount"]
    if kept is not None and rest:
        await quota.give_back(TakenEvents.of(tenancy, {**kept, "units": rest}), session=session)


def _refusal_of(errors: Sequence[Mapping[str, Any]]) -> Refusal:
    """Return why one event was not captured."""
    taken = next((error for error in errors if error["code"] == "event_id_taken"), None)
    if taken is not None:
        return Refusal("event_id_taken", taken["message"])
    return invalid_of([Problem(error["path"], error["message"], error["code"]) for error in errors])
