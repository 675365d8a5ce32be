"""Products in the database."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session, Write
from tracepass.core.paging import Position
from tracepass.core.tenancy import Tenancy
from tracepass.core.trigrams import TERM_LENGTH, query_terms
from tracepass.core.writes import Refusal

COLLECTION = "products"
_TENANT = (("workspaceId", 1), ("environment", 1))

INDEXES = (
    Index(COLLECTION, (*_TENANT, ("model", 1)), unique=True),
    Index(COLLECTION, (*_TENANT, ("status", 1), ("_id", -1))),
    Index(COLLECTION, (*_TENANT, ("category", 1), ("_id", -1))),
    Index(COLLECTION, (*_TENANT, ("search", 1), ("_id", -1))),
    Index(COLLECTION, (*_TENANT, ("_id", -1))),
)


class ModelTaken(Exception):
    """Another product of the workspace has this model."""


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Which products; None leaves a dimension open."""

    category: str | None = None
    status: str | None = None
    search: str | None = None

    @property
    def query(self) -> dict[str, Any]:
        """Return the filter in MongoDB's language."""
        query: dict[str, Any] = {}
        if self.category is not None:
            query["category"] = self.category
        if self.status is not None:
            query["status"] = self.status
        if self.search is not None:
            folded = self.search.casefold()
            start = "^" if len(folded) < TERM_LENGTH else ""
            query |= {"search": {"$all": query_terms(folded)}, "searchText": {"$regex": start + re.escape(folded)}}
        return query

    @property
    def hint(self) -> str:
        """Return the index that serves the filter and the order at once."""
        leading = "search_1_" if self.search else "category_1_" if self.category else "status_1_" if self.status else ""
        return f"workspaceId_1_environment_1_{leading}_id_-1"


class ProductRepository:
    """The products of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._products = database.scoped(COLLECTION, tenancy)

    async def find(self, product_id: Id, *, session: Session | None = None) -> Document | None:
        """Return a product, or None."""
        return await self._products.find_one({"_id": product_id}, session=session)

    async def find_by_model(self, model: str) -> Document | None:
        """Return the product of a model, or None."""
        return await self._products.find_one({"model": model})

    async def models_taken(self, models: Iterable[str]) -> set[str]:
        """Return those of some models that products have."""
        found = self._products.find({"model": {"$in": list(models)}}, projection={"model": 1})
        return {str(product["model"]) async for product in found}

    async def page(self, which: ProductFilter, *, after: Position | None, skip: int, limit: int) -> list[Document]:
        """Return the products that match, newest first."""
        query = which.query
        if after is not None:
            query["_id"] = {"$lt": after.id}
        cursor = self._products.find(query, sort=[("_id", -1)], skip=skip, limit=limit, hint=which.hint)
        return await cursor.to_list()

    async def find_all(self, product_ids: Iterable[Id], *, session: Session | None = None) -> list[Document]:
        """Return those products that exist."""
        return await self._products.find({"_id": {"$in": list(product_ids)}}, session=session).to_list()

    async def names(self, product_ids: Iterable[Id]) -> list[Document]:
        """Return name and model of those products that exist."""
        projection = {"name": 1, "model": 1}
        return await self._products.find({"_id": {"$in": list(product_ids)}}, projection=projection).to_list()

    async def count(self, which: ProductFilter) -> int:
        """Count the products that match."""
        return await self._products.count(which.query, hint=which.hint)

    async def insert(self, product: Document, *, session: Session) -> None:
        """Add a product.

        Raises:
            ModelTaken: its model is in use.
        """
        try:
            await self._products.insert(product, session=session)
        except DuplicateKeyError:
            raise ModelTaken from None

    async def update(self, product_id: Id, version: int, change: Mapping[str, Any], *, session: Session) -> bool:
        """Change a product that still is at a version; tell whether it was.

        Raises:
            ModelTaken: the new model is in use.
        """
        try:
            return await self._products.update({"_id": product_id, "version": version}, change, session=session)
        except DuplicateKeyError:
            raise ModelTaken from None

    def staying(self, product: Document, *, missed: Refusal) -> Write:
        """Return the write that changes nothing, but holds only if the product still is at the version it was read at.

        As it changes nothing, no two of them are in each other's way, nor in that of a writer.
        """
        seen = {"_id": product["_id"], "version": product["version"]}
        unchanged = {"$set": {"version": product["version"]}}
        return self._products.updating(seen, unchanged, missed=missed, only_looks=True)

    async def delete(self, product_id: Id, version: int, *, session: Session) -> bool:
        """Delete a product that still is at a version; tell whether it was."""
        return await self._products.delete({"_id": product_id, "version": version}, session=session)
