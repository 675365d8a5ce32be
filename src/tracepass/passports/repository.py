"""Passports in the database, and the claims that make their keys unique."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.core.changes import Stale
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Index, Insert, Session, Write
from tracepass.core.paging import Position, read_cursor
from tracepass.core.tenancy import Tenancy
from tracepass.core.trigrams import query_terms
from tracepass.passports.life.repository import LifeRepository
from tracepass.passports.models import ById, Locator

PASSPORTS, IDENTIFIERS, SCANS = "passports", "identifiers", "scans"
_TENANT = (("workspaceId", 1), ("environment", 1))
LISTED = ("productId", "gs1", "granularity", "status", "completionPercentage", "publishedAt")

INDEXES = (
    Index(PASSPORTS, (*_TENANT, ("_id", -1))),
    Index(PASSPORTS, (*_TENANT, ("productId", 1), ("_id", -1))),
    Index(PASSPORTS, (*_TENANT, ("status", 1), ("_id", -1))),
    Index(PASSPORTS, (*_TENANT, ("search", 1), ("_id", -1))),
    Index(PASSPORTS, (*_TENANT, ("updatedAt", -1), ("_id", -1))),
    Index(
        PASSPORTS,
        (*_TENANT, ("gs1.serialNumber", 1), ("gs1.gtin", 1)),
        unique=True,
        partial={"gs1.serialNumber": {"$gt": ""}},
    ),
    Index(PASSPORTS, (*_TENANT, ("gs1.gtin", 1))),
    Index(PASSPORTS, (*_TENANT, ("fileRefs", 1))),
    Index(PASSPORTS, (*_TENANT, ("complianceKey", 1))),
    Index(PASSPORTS, (*_TENANT, ("productId", 1), ("complianceKey", 1))),
    Index(IDENTIFIERS, (("gtin", 1), ("workspaceId", 1))),
    Index(SCANS, (*_TENANT, ("passportId", 1), ("day", -1))),
    Index(SCANS, (("purgeAt", 1),), expire_after_seconds=0),
)


class KeyTaken(Exception):
    """Another passport stands under this key."""


class SerialTaken(KeyTaken):
    """Another passport has this serial within the GTIN, be it of whatever level."""


@dataclass(frozen=True, slots=True)
class PassportFilter:
    """Which passports, in which order; None leaves a dimension open."""

    product_id: Id | None = None
    status: str | None = None
    category: str | None = None
    granularity: str | None = None
    search: str | None = None
    updated_since: str | None = None
    sort: str = "-createdAt"

    @property
    def query(self) -> dict[str, Any]:
        """Return the filter in MongoDB's language."""
        named = {
            "productId": self.product_id,
            "status": self.status,
            "category": self.category,
            "granularity": self.granularity,
        }
        query: dict[str, Any] = {name: value for name, value in named.items() if value is not None}
        if self.search is not None:
            query |= _search(self.search)
        if self.updated_since is not None:
            query["updatedAt"] = {"$gte": self.updated_since}
        return query

    @property
    def by_update(self) -> bool:
        """Tell whether the order is that of the last change."""
        return self.sort.endswith("updatedAt")

    @property
    def direction(self) -> int:
        """Return 1 for oldest first, -1 for newest first."""
        return -1 if self.sort.startswith("-") else 1

    @property
    def order(self) -> list[tuple[str, int]]:
        """Return the order; ties are broken by id."""
        leading = [("updatedAt", self.direction)] if self.by_update else []
        return [*leading, ("_id", self.direction)]

    @property
    def hint(self) -> str:
        """Return the index that serves the order, and as much of the filter as it can."""
        if self.by_update:
            leading = "updatedAt_-1_"
        elif self.search is not None:
            leading = "search_1_"
        elif self.product_id is not None:
            leading = "productId_1_"
        else:
            leading = "status_1_" if self.status is not None else ""
        return f"workspaceId_1_environment_1_{leading}_id_-1"

    def after(self, cursor: str) -> Position:
        """Return where a cursor of a list in this order stands.

        Raises:
            Invalid: it is none of ours, or of a list in another order.
        """
        position = read_cursor(cursor)
        if bool(position.value) != self.by_update:
            raise Invalid({"cursor": ["belongs to a list in another order"]})
        return position

    def beyond(self, position: Position) -> dict[str, Any]:
        """Return the condition for what comes after a position in this order."""
        operator = "$lt" if self.direction < 0 else "$gt"
        if not self.by_update:
            return {"_id": {operator: position.id}}
        return {
            "$or": [
                {"updatedAt": {operator: position.value}},
                {"updatedAt": position.value, "_id": {operator: position.id}},
            ]
        }

    def position(self, passport: Document) -> Position:
        """Return where a passport stands in this order."""
        return Position(passport["updatedAt"] if self.by_update else "", passport["_id"])


def _as_seen(passport: Mapping[str, Any]) -> Document:
    """Return the condition that a passport is at the version it was seen at, and that no other field was measured."""
    return {"_id": passport["_id"], "version": passport["version"], "measuredFields": passport.get("measuredFields")}


def _search(text: str) -> dict[str, Any]:
    """Return the condition for a text in GTIN or serial: terms find candidates, the pattern keeps the right ones."""
    start = "^" if len(text) <= 2 else ""  # noqa: PLR2004 - search_terms
    pattern = {"$regex": start + re.escape(text), "$options": "i"}
    gtin = {"$regex": ("^0*" if start else "") + re.escape(text)}
    return {
        "search": {"$all": query_terms(text)},
        "$or": [{"gs1.gtin": gtin}, {"gs1.serialNumber": pattern}, {"gs1.lot": pattern}],
    }


class PassportRepository:
    """The passports of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._passports = database.scoped(PASSPORTS, tenancy)
        self._scans = database.scoped(SCANS, tenancy)

    async def find(self, which: Locator, *, session: Session | None = None) -> list[Document]:
        """Return the passports a locator names: none, one, or two where a serial stands under several GTINs."""
        if isinstance(which, ById):
            found = await self._passports.find_one({"_id": which.id}, session=session)
            return [] if found is None else [found]
        query: dict[str, Any] = {"gs1.serialNumber": which.serial}
        if which.gtin is not None:
            query["gs1.gtin"] = which.gtin
        return await self._passports.find(query, limit=2, session=session).to_list()

    async def find_all(self, ids: Collection[Id]) -> dict[Id, Document]:
        """Return those passports of some ids that are there, without what they are searched by."""
        found = self._passports.find({"_id": {"$in": list(ids)}}, projection={"search": 0})
        return {passport["_id"]: passport async for passport in found}

    async def page(self, which: PassportFilter, *, after: Position | None, skip: int, limit: int) -> list[Document]:
        """Return the list members of the passports that match."""
        query = which.query
        if after is not None:
            query = {"$and": [query, which.beyond(after)]} if "$or" in query else {**query, **which.beyond(after)}
        projection = dict.fromkeys((*LISTED, "updatedAt"), 1)
        cursor = self._passports.find(
            query, projection=projection, sort=which.order, skip=skip, limit=limit, hint=which.hint
        )
        return await cursor.to_list()

    async def count(self, which: PassportFilter) -> int:
        """Count the passports that match."""
        return await self._passports.count(which.query, hint=which.hint)

    async def count_by_product(self, product_ids: Sequence[Id]) -> dict[Id, int]:
        """Count the passports of each product."""
        group = {"$group": {"_id": "$productId", "count": {"$sum": 1}}}
        rows = await self._passports.aggregate({"productId": {"$in": list(product_ids)}}, group)
        return {row["_id"]: row["count"] for row in rows}

    async def count_by_compliance(self, product_id: Id | None, prefix: str) -> dict[str, int]:
        """Count the passports that are not archived by their compliance key; the index alone answers."""
        query: dict[str, Any] = {} if product_id is None else {"productId": product_id}
        query["complianceKey"] = {"$gte": prefix, "$lt": prefix + "\uffff"}
        rows = await self._passports.aggregate(query, {"$group": {"_id": "$complianceKey", "count": {"$sum": 1}}})
        return {row["_id"]: row["count"] for row in rows}

    async def count_live(self, product_id: Id) -> int:
        """Count the passports of a product that are not archived."""
        return await self._passports.count({"productId": product_id, "status": {"$ne": "archived"}})

    async def any_of_gtin(self, gtin: str) -> bool:
        """Tell whether any passport stands under a GTIN."""
        return await self._passports.count({"gs1.gtin": gtin}, limit=1) > 0

    async def of_product(self, product_id: Id, *, after: Id | None, limit: int) -> list[Document]:
        """Return id and status of the passports of a product, newest first, beyond one."""
        query: dict[str, Any] = {"productId": product_id}
        if after is not None:
            query["_id"] = {"$lt": after}
        hint = "workspaceId_1_environment_1_productId_1__id_-1"
        cursor = self._passports.find(query, projection={"status": 1}, sort=[("_id", -1)], limit=limit, hint=hint)
        return await cursor.to_list()

    async def published_of(self, product_id: Id | None, *, after: Id | None, limit: int) -> list[Document]:
        """Return the passports of a product, or of all, that were ever published, by id, beyond one."""
        query: dict[str, Any] = {"publishedAt": {"$exists": True}}
        if product_id is not None:
            query["productId"] = product_id
        if after is not None:
            query["_id"] = {"$lt": after}
        return await self._passports.find(query, sort=[("_id", -1)], limit=limit).to_list()

    async def refers_to_file(self, file_id: Id, *, publicly: bool = False) -> bool:
        """Tell whether a passport refers to a file; with ``publicly``, in what everybody may see."""
        query: dict[str, Any] = {"fileRefs": file_id}
        if publicly:
            query |= {"publicFileRefs": file_id, "status": {"$in": ["published", "expired"]}}
        return await self._passports.count(query, limit=1) > 0

    async def any_shown(self, ids: Collection[Id]) -> bool:
        """Tell whether everybody may read one of some passports."""
        query = {"_id": {"$in": list(ids)}, "status": {"$in": ["published", "expired"]}}
        return await self._passports.count(query, limit=1) > 0

    def insertion(self, passport: Document) -> Write:
        """Return the write that adds a passport; it raises `SerialTaken` if another has its serial in the GTIN."""
        return self._passports.insertion(passport, taken=SerialTaken)

    def updating(self, seen: Mapping[str, Any], change: Mapping[str, Any]) -> Write:
        """Return the write that changes a passport; it raises `Stale` unless that still is as it was seen."""
        return self._passports.updating(_as_seen(seen), change, missed=Stale)

    async def update(self, seen: Mapping[str, Any], change: Mapping[str, Any], *, session: Session) -> bool:
        """Change a passport that still is as it was seen; tell whether it was."""
        return await self._passports.update(_as_seen(seen), change, session=session)

    async def delete(self, passport_id: Id, version: int, *, session: Session) -> bool:
        """Delete a passport that still is at a version; tell whether it was."""
        return await self._passports.delete({"_id": passport_id, "version": version}, session=session)

    async def delete_scans(self, passport_id: Id, *, session: Session) -> int:
        """Delete the scan counts of a passport; return how many days there were."""
        return await self._scans.delete_all({"passportId": passport_id}, session=session)

    async def scans(self, passport_id: Id, *, limit: int) -> list[Document]:
        """Return the scan counts of a passport, the newest day first."""
        return await self._scans.find({"passportId": passport_id}, sort=[("day", -1)], limit=limit).to_list()

    async def total_scans(self, passport_id: Id) -> int:
        """Return how often a passport was scanned in all."""
        group = {"$group": {"_id": None, "total": {"$sum": "$total"}}}
        rows = await self._scans.aggregate({"passportId": passport_id}, group)
        return int(rows[0]["total"]) if rows else 0


class IdentifierClaims:
    """The keys of all workspaces: the insert of a key is the claim of its uniqueness."""

    def __init__(self, database: Database) -> None:
        self._identifiers = database.collection(IDENTIFIERS)

    def claiming(self, document: Document) -> Write:
        """Return the write that claims a key; it raises `KeyTaken` if another passport stands under it."""
        return Insert(IDENTIFIERS, document, KeyTaken)

    async def refresh(self, key: str, passport_id: Id, members: Mapping[str, Any], *, session: Session) -> bool:
        """Set what scanners see; tell whether the key still belongs to the passport."""
        outcome = await self._identifiers.update_one(
            {"_id": key, "passportId": passport_id}, {"$set": dict(members)}, session=session
        )
        return outcome.matched_count == 1

    async def refresh_version(self, key: str, passport_id: Id, version: int, members: Mapping[str, Any]) -> bool:
        """Set what scanners see of a passport that still is at a version; tell whether it was."""
        query = {"_id": key, "passportId": passport_id, "version": version}
        return (await self._identifiers.update_one(query, {"$set": dict(members)})).matched_count == 1

    async def holds(self, key: str, passport_id: Id) -> bool:
        """Tell whether a key still belongs to the passport."""
        return await self._identifiers.find_one({"_id": key, "passportId": passport_id}, {"_id": 1}) is not None

    async def release(self, key: str, passport_id: Id, *, session: Session) -> int:
        """Give a key back; return how many there were."""
        outcome = await self._identifiers.delete_one({"_id": key, "passportId": passport_id}, session=session)
        return outcome.deleted_count

    async def release_gtin(self, gtin: str, workspace_id: Id, *, session: Session | None = None) -> int:
        """Give back all keys a workspace holds under a GTIN; return how many there were."""
        query = {"gtin": gtin, "workspaceId": workspace_id, "environment": "live"}
        return (await self._identifiers.delete_many(query, session=session)).deleted_count


class PassportCounts:
    """How many passports products have; what the catalogue asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, tenancy: Tenancy, product_ids: Sequence[Id]) -> Mapping[Id, int]:
        """Count the passports of each product."""
        if not product_ids:
            return {}
        return await PassportRepository(self._database, tenancy).count_by_product(product_ids)

    async def count_live(self, tenancy: Tenancy, product_id: Id) -> int:
        """Count the passports of a product that are not archived."""
        return await PassportRepository(self._database, tenancy).count_live(product_id)

    async def count_all(self, tenancy: Tenancy) -> int:
        """Count the passports of a workspace in one environment, whatever their state."""
        return await PassportRepository(self._database, tenancy).count(PassportFilter())


class FileReferences:
    """Which passports refer to a file; what the file store asks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def is_referred(self, tenancy: Tenancy, file_id: Id) -> bool:
        """Tell whether any passport refers to a file, or an entry of the life of its product."""
        if await PassportRepository(self._database, tenancy).refers_to_file(file_id):
            return True
        return await LifeRepository(self._database, tenancy).refers_to_file(file_id)

    async def is_public(self, tenancy: Tenancy, file_id: Id) -> bool:
        """Tell whether what everybody may read of a published passport refers to a file: a field, or an entry."""
        passports = PassportRepository(self._database, tenancy)
        if await passports.refers_to_file(file_id, publicly=True):
            return True
        shown = await LifeRepository(self._database, tenancy).of_file(file_id)
        return bool(shown) and await passports.any_shown(shown)
