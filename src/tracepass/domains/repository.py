"""Domains in the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, DuplicateKeyError, Index, Session
from tracepass.core.tenancy import Tenancy

COLLECTION = "domains"
_TENANT = (("workspaceId", 1), ("environment", 1))

INDEXES = (
    Index(COLLECTION, (*_TENANT, ("_id", -1))),
    Index(COLLECTION, (*_TENANT, ("name", 1)), unique=True),
    Index(COLLECTION, (("proven", 1),), unique=True, partial={"proven": {"$gt": ""}}),
    Index(COLLECTION, (("name", 1),)),
)


class NameTaken(Exception):
    """The workspace has this domain already, or another has proven it."""


class DomainRepository:
    """The domains of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._domains = database.scoped(COLLECTION, tenancy)

    async def find(self, domain_id: Id) -> Document | None:
        """Return a domain, or None."""
        return await self._domains.find_one({"_id": domain_id})

    async def page(self, *, skip: int, limit: int) -> list[Document]:
        """Return domains, newest first."""
        return await self._domains.find({}, sort=[("_id", -1)], skip=skip, limit=limit).to_list()

    async def count(self) -> int:
        """Count the domains."""
        return await self._domains.count({}, hint="workspaceId_1_environment_1__id_-1")

    async def insert(self, domain: Document, *, session: Session) -> None:
        """Add a domain.

        Raises:
            NameTaken: the workspace has it already.
        """
        try:
            await self._domains.insert(domain, session=session)
        except DuplicateKeyError:
            raise NameTaken from None

    async def update(self, domain_id: Id, version: int, change: Mapping[str, Any], *, session: Session) -> bool:
        """Change a domain that still is at a version; tell whether it was.

        Raises:
            NameTaken: another workspace has proven it.
        """
        try:
            return await self._domains.update({"_id": domain_id, "version": version}, change, session=session)
        except DuplicateKeyError:
            raise NameTaken from None

    async def delete(self, domain_id: Id, version: int, *, session: Session) -> bool:
        """Delete a domain that still is at a version; tell whether it was."""
        return await self._domains.delete({"_id": domain_id, "version": version}, session=session)


class CrossWorkspaceDomains:
    """The domains of all workspaces, by name: a request has no workspace before its host has one."""

    def __init__(self, database: Database) -> None:
        self._domains = database.collection(COLLECTION)

    async def find_proven(self, name: str) -> Document | None:
        """Return a domain that serves."""
        return await self._domains.find_one({"proven": name}, {"workspaceId": 1})

    async def is_named(self, name: str) -> bool:
        """Tell whether any workspace has named this domain."""
        return await self._domains.find_one({"name": name}, {"_id": 1}) is not None
