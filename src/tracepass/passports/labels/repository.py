"""Finds the passports of a print run, with no more of each than a label says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Tenancy
from tracepass.passports.models import BySerial
from tracepass.passports.repository import PASSPORTS, PassportFilter

_PRINTED = {"productId": 1, "gs1": 1, "granularity": 1}


class LabelledPassports:
    """The passports of one tenancy, as labels show them."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._passports = database.scoped(PASSPORTS, tenancy)

    async def by_id(self, ids: Sequence[Id]) -> list[Document]:
        """Return those of some ids that exist."""
        return await self._passports.find({"_id": {"$in": list(ids)}}, projection=_PRINTED).to_list()

    async def by_serial(self, references: Iterable[BySerial]) -> list[Document]:
        """Return those of some serials that exist; of a serial under many GTINs at least two."""
        by_gtin = defaultdict(list)
        for reference in references:
            by_gtin[reference.gtin].append(reference.serial)
        bare = by_gtin.pop(None, [])
        named = [{"gs1.serialNumber": {"$in": serials}, "gs1.gtin": gtin} for gtin, serials in by_gtin.items()]
        # One more than there are serials is enough to know that one of them is ambiguous.
        found = await self._find({"gs1.serialNumber": {"$in": bare}}, limit=len(bare) + 1) if bare else []
        return [*found, *(await self._find({"$or": named}, limit=0))] if named else found

    async def _find(self, query: dict[str, Any], *, limit: int) -> list[Document]:
        return await self._passports.find(query, projection=_PRINTED, limit=limit).to_list()

    async def matching(self, which: PassportFilter, *, limit: int) -> list[Document]:
        """Return the first ones that match a filter, in its order."""
        cursor = self._passports.find(which.query, projection=_PRINTED, sort=which.order, limit=limit, hint=which.hint)
        return await cursor.to_list()
