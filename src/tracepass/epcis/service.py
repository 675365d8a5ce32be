"""What can be done with EPCIS events: capture them, see what became of a capture, ask for them."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.tenancy import Tenancy
from tracepass.epcis import captures
from tracepass.epcis.answers import EventPage
from tracepass.epcis.captures import Behaviour
from tracepass.epcis.contexts import STANDARD_PREFIXES
from tracepass.epcis.documents import Document as EpcisDocument
from tracepass.epcis.documents import read_document
from tracepass.epcis.grammar import NAMES, read_query
from tracepass.epcis.intake import Intake
from tracepass.epcis.largework import CAPTURE, LargeCaptures, parts_of
from tracepass.epcis.masterdata import elements_of, resolved
from tracepass.epcis.models import CAPTURE_LIMIT
from tracepass.epcis.paging import place_after, place_of
from tracepass.epcis.problems import EpcisInvalid, Problem
from tracepass.epcis.queries import EventQuery, HasTerm
from tracepass.epcis.repository import INDEXES, CaptureRepository, EventRepository, StoredMasterData
from tracepass.epcis.storing import Batch, prepare
from tracepass.epcis.terms import term
from tracepass.epcis.xml import read_xml
from tracepass.identity.models import Caller
from tracepass.quotas.service import EpcisEvents, TakenEvents

AT_ONCE = 1000
"""Events that are captured before the answer; of more a worker takes care."""
IN_THREAD_FROM = 20

__all__ = ["CAPTURE", "INDEXES", "NAMES", "Captures", "EventQueries"]


class Captures:
    """The captures of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock, events: EpcisEvents) -> None:
        self._database = database
        self._clock = clock
        self._quota = events
        self._jobs = Jobs(database, clock=clock)
        self._intake = Intake(database, clock=clock)

    @property
    def large(self) -> LargeCaptures:
        """Return who does the captures that were put off."""
        give_back = functools.partial(give_back_rest, self._quota)
        return LargeCaptures(self._database, self._clock, self._jobs, give_back)

    async def capture(self, caller: Caller, value: Any, *, behaviour: Behaviour, confirmed: bool) -> Document:
        """Capture what one of the four shapes holds; return the job, which is over where the events were few.

        ``value`` is JSON's, or the bytes of a document in XML.

        Raises:
            Invalid: it is none of the shapes.
            Refusal: ``payload_too_large``, ``epcis_events_overage_required``, ``epcis_events_hard_block``.
        """
        if isinstance(value, bytes):
            value = await asyncio.to_thread(from_xml, value)
        value, confirmed = _without_flag(value, confirmed=confirmed)
        document = read(value)
        count = len(document.events)
        if count > CAPTURE_LIMIT:
            raise TooManyEvents(count)
        taken = await self._quota.take(caller, count, confirmed=confirmed) if count else None
        capture = captures.new_capture(
            new_id(),
            behaviour=behaviour,
            count=count,
            now=timestamp(self._clock()),
            taken=None if taken is None else taken.kept,
        )
        try:
            return captures.shown(await self._captured(caller, capture, document))
        except BaseException:
            if taken is not None:
                await self._quota.give_back(taken)
            raise

    async def _captured(self, caller: Caller, capture: Document, document: EpcisDocument) -> Document:
        await self._remember(caller.tenancy, document)
        if len(document.events) > AT_ONCE:
            return await self._put_off(caller, capture, document)
        batch = await self._prepared(document, capture)
        after = await self._intake.take(caller.tenancy, capture, batch, actor=caller.actor, is_new=True, ends=True)
        await give_back_rest(self._quota, caller.tenancy, after)
        return after

    async def _prepared(self, document: EpcisDocument, capture: Document) -> Batch:
        def work() -> Batch:
            return prepare(
                document.events,
                document.namespaces,
                capture_id=capture["_id"],
                record_time=capture["createdAt"],
            )

        return await _in_thread(len(document.events), work)

    async def _remember(self, tenancy: Tenancy, document: EpcisDocument) -> None:
        """Remember prefixes for later questions, and the master data that came along."""
        jobs = CaptureRepository(self._database, tenancy)
        if document.namespaces:
            await jobs.remember(document.namespaces)
        await StoredMasterData(self._database, tenancy).remember(elements_of(document.header))

    async def _put_off(self, caller: Caller, capture: Document, document: EpcisDocument) -> Document:
        """Keep a large document in parts, and leave them to a worker."""
        jobs = CaptureRepository(self._database, caller.tenancy)
        parts = await asyncio.to_thread(parts_of, capture["_id"], document, now=self._clock())
        for part in parts:
            await jobs.add_part(part)
        waiting = {**capture, "actor": caller.actor.wire}

        async def work(session: Session) -> None:
            await jobs.insert(waiting, session=session)
            payload = {"captureId": capture["_id"]}
            await self._jobs.enqueue(CAPTURE, str(capture["_id"]), caller.tenancy, payload, session=session)

        await self._database.transact(work)
        return waiting

    async def capture_one(self, caller: Caller, value: Any) -> Document:
        """Capture one event, now; return it as it is stored.

        Raises:
            Invalid: it breaks a rule of the standard.
            Refusal: ``event_id_taken``, and what a plan refuses.
        """
        value, confirmed = _without_flag(value, confirmed=False)
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
        if not any(":" in name for name in parameters):
            return {}
        said = await CaptureRepository(self._database, tenancy).namespaces()
        standard = {prefix: [uri] for prefix, uri in STANDARD_PREFIXES.items()}
        return standard | said | {prefix: [uri] for prefix, uri in extensions.items()}

    async def page(self, tenancy: Tenancy, query: EventQuery) -> EventPage:
        """Return the page of a query that its token names, the first without one."""
        events = EventRepository(self._database, tenancy)
        place = None if query.token is None else place_of(query, query.token)
        if place is None and query.most is not None:
            await self._bound(events, query, query.most)
        left = query.limit if place is None else place.left
        size = query.per_page if left is None else min(query.per_page, left)
        found = await events.page(query, after=None if place is None else (place.time, place.id), limit=size + 1)
        token = place_after(query, found[size - 1], left=left, shown=size) if len(found) > size else None
        return EventPage(found[:size], token, timestamp(self._clock()))

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


class TooManyEvents(Refusal):
    """More events than one capture takes."""

    def __init__(self, count: int) -> None:
        super().__init__(
            "payload_too_large",
            f"A capture takes at most {CAPTURE_LIMIT} events; these are {count}.",
            details={"limit": CAPTURE_LIMIT},
            headers={"GS1-EPCIS-Capture-Limit": str(CAPTURE_LIMIT)},
        )


async def give_back_rest(quota: EpcisEvents, tenancy: Tenancy, capture: Mapping[str, Any]) -> None:
    """Give back what was counted for events that were not captured."""
    kept, rest = capture["taken"], capture["eventCount"] - capture["capturedCount"]
    if kept is not None and rest:
        await quota.give_back(TakenEvents.of(tenancy, {**kept, "units": rest}))


def read(value: Any) -> EpcisDocument:
    """Read one of the four shapes.

    Raises:
        Invalid: it is none.
    """
    try:
        return read_document(value)
    except EpcisInvalid as fault:
        raise _invalid(fault.problems) from None


def from_xml(text: bytes) -> Any:
    """Return the JSON of a document in XML.

    Raises:
        Invalid: it is none, or hostile.
    """
    try:
        return read_xml(text)
    except EpcisInvalid as fault:
        raise _invalid(fault.problems) from None


def _invalid(problems: Sequence[Problem]) -> Invalid:
    fields: dict[str, list[str]] = {}
    for problem in problems:
        fields.setdefault(problem.path or "body", []).append(problem.message)
    return Invalid(fields)


def _refusal_of(errors: Sequence[Mapping[str, Any]]) -> Refusal:
    """Return why one event was not captured."""
    taken = next((error for error in errors if error["code"] == "event_id_taken"), None)
    if taken is not None:
        return Refusal("event_id_taken", taken["message"])
    return _invalid([Problem(error["path"], error["message"], error["code"]) for error in errors])


def _without_flag(value: Any, *, confirmed: bool) -> tuple[Any, bool]:
    """Take our own flag out of a body that is otherwise the standard's."""
    if not isinstance(value, dict) or "confirmOverage" not in value:
        return value, confirmed
    flag = value["confirmOverage"]
    if not isinstance(flag, bool):
        raise Invalid({"confirmOverage": ["must be true or false"]})
    return {name: member for name, member in value.items() if name != "confirmOverage"}, confirmed or flag


async def _in_thread(size: int, work: Callable[[], Batch]) -> Batch:
    """Do work that would hold up other calls elsewhere."""
    return work() if size < IN_THREAD_FROM else await asyncio.to_thread(work)
