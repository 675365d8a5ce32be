"""The history of what a passport is about: events that we can derive, and captured ones that name it, in one order.

Captured events are found by the identifiers that they name, when somebody asks; so events that were captured before a
passport was made belong to its history as well (docs/decisions/0037).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id, find_id
from tracepass.core.mongo import Database, Document
from tracepass.core.origins import Origins
from tracepass.epcis.answers import EventPage
from tracepass.epcis.derived import Subject, life, states, steps
from tracepass.epcis.queries import AtTime, Condition, EventQuery, HasTerm
from tracepass.epcis.repository import EventRepository
from tracepass.epcis.service import EventQueries
from tracepass.epcis.terms import term
from tracepass.gs1.epc.links import STEM
from tracepass.identity.models import Caller
from tracepass.passports.models import Locator
from tracepass.passports.service import PassportLives

THINGS = ("epc", "inputEPC", "outputEPC", "parentID")
CLASSES = ("epcClass", "inputEPCClass", "outputEPCClass")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a page begins: a moment, how many derived events of that moment were given, and the last captured one."""

    time: str = ""
    given: int = 0
    last: Id | None = None


@dataclass(frozen=True, slots=True)
class _Told:
    """An event in the order of a history: of one moment, derived ones come first."""

    event: Document
    captured: bool

    @property
    def time(self) -> str:
        return str(self.event["eventTime"])


class Histories:
    """Histories of passports of any workspace."""

    def __init__(
        self, database: Database, lives: PassportLives, queries: EventQueries, *, clock: Clock, origins: Origins
    ) -> None:
        self._database = database
        self._lives = lives
        self._queries = queries
        self._clock = clock
        self._origins = origins

    async def page(self, caller: Caller, which: Locator, *, per_page: int, token: str | None) -> EventPage:
        """Return a page of a history, the oldest event first.

        Raises:
            NotFound: this workspace has no such passport.
            SerialAmbiguous: the serial stands under several GTINs.
            Invalid: the token is none that a page of this history gave.
        """
        passport = await self._lives.desk.load(caller, which)
        place = _Place() if token is None else _read_place(token, passport["_id"])
        subject = Subject(passport, f"{self._origins.vocabulary}/passport#", f"{self._origins.api}/api/v1/files/")
        derived = await self._derived(caller, subject, place, per_page + 1)
        captured = await self._captured(caller, subject, place, per_page + 1)
        told = sorted(
            [*(_Told(one, captured=False) for one in derived), *(_Told(one, captured=True) for one in captured)],
            key=lambda one: (one.time, one.captured),
        )
        shown = told[:per_page]
        following = _written_place(passport["_id"], place, shown) if len(told) > len(shown) else None
        return EventPage([one.event for one in shown], following, timestamp(self._clock()))

    async def of_product(self, caller: Caller, product_id: Id, *, per_page: int, token: str | None) -> EventPage:
        """Return a page of the captured events that name items, lots or the model of a product, the oldest first.

        Raises:
            NotFound: this workspace has no such product.
            Invalid: the token is none that a page of this history gave.
        """
        gtins = await self._lives.gtins_of(caller, product_id)
        links = [f"{STEM}/01/{gtin}" for gtin in gtins]
        tags = ("under", *CLASSES)
        condition = HasTerm(tuple(term(tag, link) for link in links for tag in tags))
        asked = (("product", str(product_id)),)
        query = EventQuery((condition,), descending=False, per_page=per_page, token=token, asked=asked)
        if not links:
            return EventPage([], None, timestamp(self._clock()))
        return await self._queries.page(caller.tenancy, query)

    async def _derived(self, caller: Caller, subject: Subject, place: _Place, limit: int) -> list[Document]:
        entries = await self._lives.since(caller, subject.passport["_id"], place.time, limit=limit + place.given)
        own = [*states(subject), *steps(subject), *(event for entry in entries for event in life(subject, entry))]
        ahead = sorted((one for one in own if one["eventTime"] >= place.time), key=_moment)
        return ahead[place.given : place.given + limit]

    async def _captured(self, caller: Caller, subject: Subject, place: _Place, limit: int) -> list[Document]:
        conditions: list[Condition] = [HasTerm(names_of(subject.link, subject.lot))]
        if place.time and place.last is None:
            conditions.append(AtTime("eventTime", "GE", place.time))
        query = EventQuery(tuple(conditions), descending=False)
        after = None if place.last is None else (place.time, place.last)
        return await EventRepository(self._database, caller.tenancy).page(query, after=after, limit=limit)


def names_of(*links: str | None) -> tuple[str, ...]:
    """Return the terms of events that name one of some things, lots or models, as themselves or as a class."""
    return tuple(term(tag, link) for link in links if link is not None for tag in (*THINGS, *CLASSES))


def _moment(event: Document) -> tuple[str, str]:
    """Return the order of derived events; a declaration that one was wrong comes behind it."""
    return event["eventTime"], event["recordTime"]


def _written_place(passport_id: Id, before: _Place, shown: Sequence[_Told]) -> str:
    """Return the token of what follows the last event of a page."""
    time = shown[-1].time
    here = [one for one in shown if one.time == time]
    given = sum(not one.captured for one in here) + (before.given if time == before.time else 0)
    last = next(_last_captured(here), before.last if time == before.time else None)
    parts = [str(passport_id), time, given, None if last is None else str(last)]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).decode().rstrip("=")


def _last_captured(here: Sequence[_Told]) -> Iterator[Id]:
    yield from (one.event["_id"] for one in reversed(here) if one.captured)


def _read_place(token: str, passport_id: Id) -> _Place:
    try:
        parts: Any = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        owner, time, given, last = parts
        place = _Place(str(time), int(given), None if last is None else find_id(str(last)))
    except (binascii.Error, ValueError, TypeError):
        raise Invalid({"nextPageToken": ["is not a token that a page gave"]}) from None
    if owner != str(passport_id):
        raise Invalid({"nextPageToken": ["belongs to another history"]})
    return place
