"""Named queries: questions that are kept, so that their events have an address and subscriptions something to ask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.answers import EventPage
from tracepass.epcis.contexts import namespaces_of
from tracepass.epcis.namedqueriesreading import parameters_of
from tracepass.epcis.namedqueriesrepository import NamedQueryRepository, NameTaken
from tracepass.epcis.queries import EventQuery
from tracepass.epcis.service import EventQueries
from tracepass.epcis.subscriptionsrepository import SubscriptionRepository
from tracepass.identity.models import Caller

MOST = 500
"""Named queries of a workspace in one environment."""
LONGEST = 64 * 1024
"""Bytes of a query's JSON."""
KEYWORD = "query"


class NamedQueries:
    """The named queries of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock, queries: EventQueries) -> None:
        self._database = database
        self._clock = clock
        self._queries = queries
        self._log = SecurityLog(database, clock=clock)

    async def create(
        self, caller: Caller, name: str, query: Mapping[str, Any], *, extensions: Mapping[str, str]
    ) -> Document:
        """Keep a query under a name; ``query`` is the standard's object, ``extensions`` are prefixes it may use.

        Raises:
            Invalid: names or values in it are wrong.
            Refusal: ``duplicate_query``, ``too_many_queries``.
        """
        text = orjson.dumps(query)
        if len(text) > LONGEST:
            raise Invalid({KEYWORD: [f"must be at most {LONGEST // 1024} kB of JSON"]})
        named: Document = {
            "_id": new_id(),
            "name": name,
            "query": text,
            "prefixes": [[prefix, namespace] for prefix, namespace in extensions.items()],
            "createdAt": timestamp(self._clock()),
        }
        await self.query_of(caller.tenancy, named)
        kept = self._kept(caller.tenancy)
        if await kept.count() >= MOST:
            raise Refusal("too_many_queries", f"A workspace has at most {MOST} named queries.", details={"limit": MOST})

        async def work(session: Session) -> None:
            await kept.insert(named, session=session)
            await self._note(caller, "epcis_query.created", named, session)

        try:
            await self._database.transact(work)
        except NameTaken:
            raise Refusal("duplicate_query", f"There is a query named {name} already.") from None
        return shown(named)

    async def get(self, caller: Caller, name: str) -> Document:
        """Return a query.

        Raises:
            NotFound: this workspace has no such query.
        """
        return shown(await self.load(caller.tenancy, name))

    async def list_(self, caller: Caller, *, after: str | None, limit: int) -> list[Document]:
        """Return queries in the order of their names, from behind one on."""
        return [shown(named) for named in await self._kept(caller.tenancy).page(after=after, limit=limit)]

    async def delete(self, caller: Caller, name: str) -> None:
        """Forget a query, and end its subscriptions.

        Raises:
            NotFound: this workspace has no such query.
        """
        named = await self.load(caller.tenancy, name)
        subscriptions = SubscriptionRepository(self._database, caller.tenancy)

        async def work(session: Session) -> None:
            if await self._kept(caller.tenancy).delete(named["_id"], session=session):
                await subscriptions.delete_all(named["_id"], session=session)
                await self._note(caller, "epcis_query.deleted", named, session)

        await self._database.transact(work)

    async def events(self, caller: Caller, name: str, *, per_page: int, token: str | None) -> EventPage:
        """Return one page of the events that a query asks for.

        Raises:
            NotFound: this workspace has no such query.
            Invalid: the token belongs to no page of it.
            Refusal: ``query_too_large``.
        """
        place = {"perPage": [str(per_page)], **({} if token is None else {"nextPageToken": [token]})}
        query = await self.query_of(caller.tenancy, await self.load(caller.tenancy, name), place=place)
        return await self._queries.page(caller.tenancy, query)

    async def load(self, tenancy: Tenancy, name: str) -> Document:
        """Return a query as it is kept.

        Raises:
            NotFound: this workspace has no such query.
        """
        named = await self._kept(tenancy).find(name)
        if named is None:
            raise NotFound("query")
        return named

    async def query_of(
        self, tenancy: Tenancy, named: Mapping[str, Any], *, place: Mapping[str, list[str]] | None = None
    ) -> EventQuery:
        """Return what a kept query asks now, with master data looked up; ``place`` names a page.

        Raises:
            Invalid: names or values in it are wrong.
        """
        query = orjson.loads(named["query"])
        prefixes = dict(named["prefixes"]) | _declared(query.pop("@context", None))
        parameters = parameters_of(query)
        try:
            return await self._queries.query_of(tenancy, {**parameters, **(place or {})}, extensions=prefixes)
        except Invalid as fault:
            raise _within(fault, frozenset(parameters)) from None

    async def _note(self, caller: Caller, action: str, named: Mapping[str, Any], session: Session) -> None:
        about = ("epcis_query", named["_id"])
        details = {"name": named["name"]}
        await self._log.note(caller.tenancy, action, entity=about, actor=caller.actor, details=details, session=session)

    def _kept(self, tenancy: Tenancy) -> NamedQueryRepository:
        return NamedQueryRepository(self._database, tenancy)


def shown(named: Mapping[str, Any]) -> Document:
    """Return a query as its GET shows it."""
    return {"name": named["name"], "query": orjson.loads(named["query"]), "createdAt": named["createdAt"]}


def _declared(context: Any) -> dict[str, str]:
    """Return the prefixes that the context of a query declares."""
    found = {} if context is None else namespaces_of(context)
    return {prefix: namespace for prefix, namespace in found.items() if ":" not in prefix}


def _within(fault: Invalid, names: frozenset[str]) -> Invalid:
    """Return what is wrong with parameters as what is wrong with the object that holds them."""
    found = dict((fault.details or {})["fieldErrors"])
    return Invalid({f"{KEYWORD}.{name}" if name in names else name: texts for name, texts in found.items()})
