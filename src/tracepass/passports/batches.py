"""Passports of batches by what a lot is known by: its product and its number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Index
from tracepass.core.tenancy import Tenancy

PASSPORTS = "passports"
BATCHES: Mapping[str, Any] = {"granularity": "batch"}
_KEYS = (("workspaceId", 1), ("environment", 1), ("productId", 1), ("gs1.lot", 1), ("_id", 1))

# Partial: the many passports of items cost it nothing.
INDEXES = (Index(PASSPORTS, _KEYS, partial=BATCHES),)


class BatchPassports:
    """The passports of batches of any workspace; what lots ask."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_lot(self, tenancy: Tenancy, product_id: Id, lot_number: str, *, limit: int) -> list[Id]:
        """Return the ids of the passports of a batch, oldest first; a product may have several GTINs."""
        query = {"productId": product_id, "gs1.lot": lot_number, **BATCHES}
        passports = self._database.scoped(PASSPORTS, tenancy)
        cursor = passports.find(query, projection={"_id": 1}, sort=[("_id", 1)], limit=limit, hint=INDEXES[0].name)
        return [passport["_id"] async for passport in cursor]
