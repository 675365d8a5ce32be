"""The top-level resources of the REST binding: what events have been seen with, by event type, EPC, step and place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tracepass.core.errors import Invalid, NotFound
from tracepass.core.mongo import Database
from tracepass.epcis.answers import EventPage
from tracepass.epcis.grammar import EPCS, Asked, condition_of
from tracepass.epcis.parameters import TYPES, Faulty
from tracepass.epcis.queries import EventQuery, HasTerm
from tracepass.epcis.resourcesindex import ValueIndex
from tracepass.epcis.service import EventQueries
from tracepass.epcis.terms import term
from tracepass.epcis.vocabulary import Vocabulary, terms
from tracepass.identity.models import Caller


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of values: under which tags events have them, which parameter asks for one, and what is known anyway."""

    name: str
    one: str
    parameter: str
    tags: tuple[str, ...]
    known: frozenset[str] = frozenset()

    @property
    def standard_terms(self) -> frozenset[str]:
        """Return the terms of what is known anyway."""
        return frozenset(term(tag, value) for tag in self.tags for value in self.known)


RESOURCES = (
    Resource("eventTypes", "eventType", "eventType", ("type",), TYPES),
    Resource("epcs", "epc", "MATCH_anyEPC", EPCS),
    Resource("bizSteps", "bizStep", "EQ_bizStep", ("bizStep",), terms(Vocabulary.BIZ_STEP)),
    Resource("bizLocations", "bizLocation", "EQ_bizLocation", ("bizLocation",)),
    Resource("readPoints", "readPoint", "EQ_readPoint", ("readPoint",)),
    Resource("dispositions", "disposition", "EQ_disposition", ("disposition",), terms(Vocabulary.DISPOSITION)),
)
"""Of event types, business steps and dispositions those of the standard are there before any event (REST binding)."""


class Resources:
    """The values that the events of each workspace have."""

    def __init__(self, database: Database, *, queries: EventQueries) -> None:
        self._database = database
        self._queries = queries

    async def values(self, caller: Caller, resource: Resource, *, after: str | None, limit: int) -> list[str]:
        """Return up to ``limit`` values in order, from behind one on."""
        index = ValueIndex(self._database, caller.tenancy)
        found = {value for value in resource.known if after is None or value > after}
        for tag in resource.tags:
            found.update(await index.after(tag, after, limit=limit))
        return sorted(found)[:limit]

    async def demand(self, caller: Caller, resource: Resource, value: str) -> None:
        """See that a value is known.

        Raises:
            Invalid: it is none for this resource.
            NotFound: no event of this workspace has it.
        """
        condition = _condition(resource, value)
        if resource.standard_terms.isdisjoint(condition.terms):
            page = await self._queries.page(caller.tenancy, EventQuery((condition,), per_page=1))
            if not page.events:
                raise NotFound(resource.one)

    async def events(
        self,
        caller: Caller,
        resource: Resource,
        value: str,
        parameters: Mapping[str, Sequence[str]],
        *,
        extensions: Mapping[str, str],
    ) -> EventPage:
        """Return one page of the events that have a value, and for which all parameters of the standard hold.

        Raises:
            Invalid: the value, or names or values of parameters are wrong.
            NotFound: no event of this workspace has the value.
            Refusal: ``query_too_large``.
        """
        condition = _condition(resource, value)
        query = await self._queries.query_of(caller.tenancy, parameters, extensions=extensions)
        asked = (*query.asked, (f"/{resource.name}", value))
        narrowed = replace(query, conditions=(condition, *query.conditions), asked=asked)
        page = await self._queries.page(caller.tenancy, narrowed)
        if not page.events:
            await self.demand(caller, resource, value)
        return page


def _condition(resource: Resource, value: str) -> HasTerm:
    """Return that an event has a value.

    Raises:
        Invalid: it is none for this resource.
    """
    try:
        if "|" in value:
            raise Faulty("must be one value")  # noqa: TRY301 - said as the grammar says what is wrong
        condition = condition_of(Asked(resource.parameter, (value,), {}))
    except Faulty as fault:
        raise Invalid({resource.one: [str(fault)]}) from None
    if not isinstance(condition, HasTerm):
        message = f"{resource.parameter} asks for a term"
        raise TypeError(message)
    return condition
