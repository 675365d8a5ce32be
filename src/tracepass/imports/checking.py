"""The first pass over a spreadsheet: every row is looked at, nothing is made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracepass.core.errors import Refusal
from tracepass.core.ids import Id, find_id
from tracepass.core.mongo import Document
from tracepass.core.origins import Origins
from tracepass.core.tables import CellError
from tracepass.identity.models import Caller
from tracepass.imports.needs import Rehearsing
from tracepass.imports.rows import NewPassport
from tracepass.imports.wire import MOST_TOLD
from tracepass.passports.models import PassportCreate
from tracepass.products.service import Products


@dataclass(slots=True)
class Findings:
    """What is known of the rows so far; of errors the first are kept, and all are counted."""

    rows: int = 0
    failed: int = 0
    last_row: int = 0
    errors: list[CellError] = field(default_factory=list)
    count: int = 0

    def tell(self, errors: Sequence[CellError]) -> None:
        """Note errors."""
        self.count += len(errors)
        self.errors.extend(errors[: max(0, MOST_TOLD - len(self.errors))])

    @property
    def wire(self) -> dict[str, Any]:
        """Return them as they are told."""
        return {
            "rows": {"found": self.rows, "valid": self.rows - self.failed, "failed": self.failed},
            "errors": [error.wire for error in self.errors],
            "errorCount": self.count,
            "truncated": self.count > len(self.errors),
        }


@dataclass(slots=True)
class Catalogue:
    """The products that rows name, each looked up once."""

    products: Products
    caller: Caller
    category: str
    usual: Id | None
    _by_model: dict[str, Document | None] = field(default_factory=dict)
    _by_id: dict[str, Document | None] = field(default_factory=dict)

    async def product_of(self, row: NewPassport) -> Document | None:
        """Return the product of a row, or None after noting what is wrong."""
        named = row.content.get("productId")
        if row.model is not None:
            column, found = "productModel", await self._of_model(row.model)
        elif named is not None or self.usual is not None:
            column, found = "productId", await self._of_id(str(named or self.usual))
        else:
            row.fault("productModel", "is empty: fill it, or productId, or name a product for all rows", "required")
            return None
        if found is None:
            row.fault(column, "names no product of this workspace", "unknown_product")
        elif found["category"] != self.category:
            row.fault(column, f"is a product of the category {found['category']}", "other_category")
        else:
            return found
        return None

    async def _of_model(self, model: str) -> Document | None:
        if model not in self._by_model:
            self._by_model[model] = await self.products.find_by_model(self.caller, model)
        return self._by_model[model]

    async def _of_id(self, text: str) -> Document | None:
        if text not in self._by_id:
            identifier = find_id(text)
            found = {} if identifier is None else await self.products.named(self.caller, [identifier])
            plain = await self.products.get_plain(self.caller, identifier) if identifier in found else None
            self._by_id[text] = plain
        return self._by_id[text]


@dataclass(slots=True)
class Check:
    """Holds rows against the templates, against each other, and against what is there."""

    caller: Caller
    rehearsal: Rehearsing
    catalogue: Catalogue
    origins: Origins
    findings: Findings = field(default_factory=Findings)
    _keys: dict[str, str] = field(default_factory=dict)
    _gtins: dict[str, Refusal | None] = field(default_factory=dict)

    async def rows(self, rows: Sequence[NewPassport]) -> None:
        """Look at some more rows."""
        keys = {row.row: await self._key(row) for row in rows}
        taken = await self.rehearsal.taken({key for key in keys.values() if key is not None})
        for row in rows:
            key = keys[row.row]
            if key in taken:
                row.fault(_column_of(row), "stands for a passport that is there already", "duplicate_key")
            self.findings.rows += 1
            self.findings.failed += bool(row.errors)
            self.findings.last_row = row.row
            self.findings.tell(row.errors)

    async def _key(self, row: NewPassport) -> str | None:
        product = await self.catalogue.product_of(row)
        # Without a product its own paths are still looked at.
        body = row.body(str(product["_id"]) if product else "0" * 24)
        if body is None or product is None or row.errors:
            return None
        try:
            key = await self.rehearsal.key(self.caller, body, product, origins=self.origins)
            await self._refuse_foreign(body)
        except Refusal as refusal:
            row.refused(refusal)
            return None
        return self._own(row, key)

    def _own(self, row: NewPassport, key: str) -> str | None:
        earlier = self._keys.setdefault(key, row.start)
        if earlier == row.start:
            return key
        row.fault(_column_of(row), f"stands for the same passport as the row of {earlier}", "duplicate_row")
        return None

    async def _refuse_foreign(self, body: PassportCreate) -> None:
        gtin = body.gs1.gtin
        if gtin not in self._gtins:
            self._gtins[gtin] = None
            try:
                await self.rehearsal.refuse_foreign(self.caller, gtin)
            except Refusal as refusal:
                self._gtins[gtin] = refusal
        foreign = self._gtins[gtin]
        if foreign is not None:
            raise foreign


def _column_of(row: NewPassport) -> str:
    """Return the column that tells the passport of a row from others."""
    return next((name for name in ("gs1.serialNumber", "gs1.lot") if name in row.cells), "gs1.gtin")
