"""Named queries in the database, as one workspace sees them."""

from __future__ import annotations

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.tenancy import Tenancy
from tracepass.epcis.filters import TENANT

QUERIES = "epcisQueries"

INDEXES = (Index(QUERIES, (*TENANT, ("name", 1)), unique=True),)
_BY_NAME = "_".join(f"{field}_{direction}" for field, direction in INDEXES[0].keys)


class NameTaken(Exception):
    """Another query has the name."""


class NamedQueryRepository:
    """The named queries of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._queries = database.scoped(QUERIES, tenancy)

    async def insert(self, named: Document, *, session: Session) -> None:
        """Add a query.

        Raises:
            NameTaken: there is one of this name.
        """
        try:
            await self._queries.insert(named, session=session)
        except DuplicateKeyError:
            raise NameTaken from None

    async def find(self, name: str) -> Document | None:
        """Return a query, or None."""
        return await self._queries.find_one({"name": name})

    async def page(self, *, after: str | None, limit: int) -> list[Document]:
        """Return queries by name, from behind one on."""
        query = {} if after is None else {"name": {"$gt": after}}
        return await self._queries.find(query, sort=[("name", 1)], limit=limit).to_list()

    async def count(self) -> int:
        """Count the queries."""
        return await self._queries.count({}, hint=_BY_NAME)

    async def delete(self, query_id: Id, *, session: Session) -> bool:
        """Take a query away; tell whether it was there."""
        return await self._queries.delete({"_id": query_id}, session=session)
