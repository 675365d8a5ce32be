"""What the pages of passports show of captured events, kept ready beside what a scan reads.

A job goes over events whose steps everybody may see, those of a capture or all of a workspace, and makes anew what the
claims of the passports they name hold. It looks at the choice after it has looked at the edition it takes the place of,
so whoever comes last has seen the latest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

from tracepass.core.ids import find_id
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.filters import BY_TERM, beyond, filter_of, sort_of
from tracepass.epcis.histories import CLASSES, THINGS, names_of
from tracepass.epcis.members import CANONICAL, product_key
from tracepass.epcis.queries import EventQuery, HasTerm
from tracepass.epcis.repository import EVENTS
from tracepass.epcis.terms import presence, term
from tracepass.epcis.visibility import Visibility
from tracepass.passports.service import MOST_SHOWN, Timelines

BATCH: Final = 200
ATTEMPTS: Final = 10
_NAMING: Final = tuple(f"{tag}=" for tag in (*THINGS, *CLASSES))
_HINT: Final = "_".join(f"{field}_{direction}" for field, direction in BY_TERM)
_STEP: Final = term("bizStep", "")
_WRONG: Final = presence("errorDeclaration")
_NAMED: Final = {"eventTime": 1, "terms": 1}
_SAID: Final = {"$or": [{"$eq": ["$$this", _WRONG]}, {"$eq": [{"$indexOfBytes": ["$$this", _STEP]}, 0]}]}
_SHOWN: Final = {"eventID": 1, "eventTime": 1, "terms": {"$filter": {"input": "$terms", "cond": _SAID}}}
"""Of the terms of an event, which may be thousands, only what is told."""
_MARGIN: Final = 20
"""Events read beyond those shown, for such as were declared wrong."""


class PublicTimelines:
    """Does the jobs that captures, and choices of what is public, ask for."""

    def __init__(self, database: Database, *, jobs: Jobs, visibility: Visibility) -> None:
        self._database = database
        self._jobs = jobs
        self._visibility = visibility

    async def work(self, job: Job) -> None:
        """Go over the events batch by batch; another worker goes on where a dead one stopped."""
        capture = job.payload.get("captureId")
        steps = frozenset(job.payload["steps"]) if capture is None else await self._visibility.steps(job.tenancy)
        conditions = [HasTerm(_step_terms(steps))]
        if capture is not None:
            conditions.insert(0, HasTerm((term("capture", str(capture)),)))
        query, place = EventQuery(tuple(conditions)), job.progress
        while steps and (found := await self._page(job.tenancy, query, place)):
            if not await self._refresh_all(job, found, place):
                return
            place = [found[-1]["eventTime"], str(found[-1]["_id"])]
            if not await self._jobs.renew(job, place):
                return
        await self._jobs.finish(job)

    async def _page(self, tenancy: Tenancy, query: EventQuery, place: list[str] | None) -> list[Document]:
        asked = filter_of(query)
        if place is not None:
            asked = {"$and": [*asked["$and"], beyond(query, place[0], find_id(place[1]))]}
        return await self._events(tenancy, query, asked, limit=BATCH, told=_NAMED)

    async def _events(
        self, tenancy: Tenancy, query: EventQuery, asked: Mapping[str, Any], *, limit: int, told: Mapping[str, Any]
    ) -> list[Document]:
        events = self._database.scoped(EVENTS, tenancy)
        return await events.find(asked, projection=told, sort=sort_of(query), limit=limit, hint=_HINT).to_list()

    async def _refresh_all(self, job: Job, events: Iterable[Document], place: list[str] | None) -> bool:
        """Refresh the passports that events name; tell whether the job is still ours. One event may name thousands."""
        tenancy = job.tenancy
        head = "" if tenancy.environment == "live" else f"test/{tenancy.workspace_id}/"
        links = dict.fromkeys(link for event in events for link in _named(event))
        keys = {head + key: link for link in links if (key := product_key(link)) is not None}
        names, timelines = list(keys), Timelines(self._database, tenancy)
        for first in range(0, len(names), BATCH):
            for key, before in (await timelines.captured(names[first : first + BATCH])).items():
                await self._refresh(timelines, key, keys[key], before, tenancy=tenancy)
            if not await self._jobs.renew(job, place):
                return False
        return True

    async def _refresh(
        self, timelines: Timelines, key: str, link: str, before: Document | None, *, tenancy: Tenancy
    ) -> None:
        for _ in range(ATTEMPTS):
            if before is None:
                return
            part = await self._part(tenancy, link, await self._visibility.steps(tenancy))
            same = before.get("entries", b"[]") == part["entries"]
            if same or await timelines.keep_captured(key, before.get("edition"), part):
                return
            before = (await timelines.captured([key])).get(key)

    async def _part(self, tenancy: Tenancy, link: str, steps: frozenset[str]) -> Document:
        """Return what everybody may see of the newest events that name a thing."""
        if not steps:
            return {"entries": b"[]", "more": False}
        query = EventQuery((HasTerm(names_of(link)), HasTerm(_step_terms(steps))))
        found = await self._events(tenancy, query, filter_of(query), limit=MOST_SHOWN + 1 + _MARGIN, told=_SHOWN)
        wrong = {event["eventID"] for event in found if _WRONG in event["terms"]}
        told = [_entry(event) for event in found if event["eventID"] not in wrong]
        return {"entries": orjson.dumps(told[:MOST_SHOWN]), "more": len(told) > MOST_SHOWN}


def _step_terms(steps: Iterable[str]) -> tuple[str, ...]:
    return tuple(term("bizStep", step) for step in sorted(steps))


def _named(event: Mapping[str, Any]) -> Iterable[str]:
    """Yield the GS1 identifiers that an event names."""
    for one in event["terms"]:
        tag, _, value = one.partition("=")
        if f"{tag}=" in _NAMING and value.startswith(CANONICAL):
            yield value


def _entry(event: Mapping[str, Any]) -> Document:
    """Return what everybody may see of an event: when and which step; not where, nor of whom."""
    step = next(one for one in event["terms"] if one.startswith(_STEP))
    return {"type": "event", "at": event["eventTime"], "bizStep": step.removeprefix(_STEP)}
