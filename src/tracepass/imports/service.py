"""What can be done with imports: begun, listed, read, stopped; and the spreadsheet to begin with."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from tracepass.core import completion
from tracepass.core.blobs import Blobs
from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import offset
from tracepass.core.spool import Spool
from tracepass.identity.models import Caller
from tracepass.imports.exportfile import is_export
from tracepass.imports.models import EXPORT, MOST_SHEET_BYTES, ImportListQuery, ImportQuery, SheetQuery
from tracepass.imports.repository import INDEXES, ImportRepository, SlotTaken
from tracepass.imports.sheet import sheet_of
from tracepass.imports.wire import KEPT, NO_PROGRESS, shown
from tracepass.products.service import Products
from tracepass.templates.models import Template
from tracepass.templates.service import Templates

RUN: Final = "imports.run"
PURGE: Final = "imports.purge"
BUCKET: Final = "importFiles"

__all__ = ["BUCKET", "INDEXES", "PURGE", "RUN", "ImportPage", "Imports"]


class ImportUnderWay(Refusal):
    """Another import of the workspace is not over."""

    def __init__(self) -> None:
        super().__init__(
            "import_under_way", "An import of this workspace is under way; wait for it to end, or delete it."
        )


@dataclass(frozen=True, slots=True)
class ImportPage:
    """One page of imports."""

    items: list[Document]
    total: int


class Imports:
    """The imports of every workspace."""

    def __init__(
        self, database: Database, *, clock: Clock, blobs: Blobs, templates: Templates, products: Products
    ) -> None:
        self._database = database
        self._clock = clock
        self._blobs = blobs
        self._templates = templates
        self._products = products
        self._jobs = Jobs(database, clock=clock)

    async def create(self, caller: Caller, body: Spool, query: ImportQuery) -> Document:
        """Keep a file and leave it to a worker.

        Raises:
            ImportUnderWay: another one is not over.
            Invalid: there is no such category or product, or no file.
        """
        if not len(body):
            raise Invalid(form_errors=["The body is empty; it holds a spreadsheet, or an export."])
        about = self._export(query) if is_export(body.read(0, 8)) else await self._sheet(caller, body, query)
        if await ImportRepository(self._database, caller.tenancy).is_busy():
            raise ImportUnderWay
        import_ = {**self._new(caller, query), **about}
        digest = await asyncio.to_thread(_digest, body)
        import_["file"] = {"size": len(body), "digest": f"sha-256:{digest}"}
        await self._keep(caller, import_, body)
        try:
            await self._insert(caller, import_)
        except SlotTaken:
            await self._blobs.delete(import_["blobId"])
            raise ImportUnderWay from None
        return shown(import_)

    def _export(self, query: ImportQuery) -> Document:
        """Return what is known of an import of an export."""
        asked = {"category": query.category, "productId": query.product_id, "lang": query.lang}
        wrong = {name: ["is for spreadsheets, and the file is an export"] for name, value in asked.items() if value}
        if wrong:
            raise Invalid(wrong)
        return {"kind": EXPORT, "templateVersion": None, "exportedAt": None, "counts": {}}

    async def _sheet(self, caller: Caller, body: Spool, query: ImportQuery) -> Document:
        """Return what is known of an import of a spreadsheet."""
        if query.category is None:
            raise Invalid({"category": ["is required for spreadsheets; exports begin with { and need none"]})
        template = self._template(query.category)
        if query.product_id is not None:
            await self._product(caller, template, query.product_id)
        if len(body) > MOST_SHEET_BYTES:
            message = f"A spreadsheet has at most {MOST_SHEET_BYTES} bytes."
            raise Refusal("payload_too_large", message, details={"limit": MOST_SHEET_BYTES})
        return {"category": template.category, "templateVersion": template.version}

    def _new(self, caller: Caller, query: ImportQuery) -> Document:
        now = self._clock()
        return {
            "_id": new_id(),
            "kind": "sheet",
            "category": None,
            "productId": None if query.product_id is None else Id(query.product_id),
            "lang": query.lang,
            "dryRun": query.dry_run == "true",
            "confirmOverage": query.confirm_overage == "true",
            "status": "queued",
            "phase": None,
            "progress": dict(NO_PROGRESS),
            "rows": {"found": 0, "valid": 0, "failed": 0},
            "errors": [],
            "errorCount": 0,
            "truncated": False,
            "notes": {},
            "error": None,
            "remaining": [],
            "createdAt": timestamp(now),
            "startedAt": None,
            "finishedAt": None,
            "expiresAt": timestamp(now + KEPT),
            "slot": 0,
            "attempt": 0,
            "cancelled": False,
            "writtenTo": 0,
            "blobId": new_id(),
            "actor": caller.actor.wire,
            "hand": {"role": caller.role, "scopes": sorted(caller.scopes)},
        }

    async def _keep(self, caller: Caller, import_: Document, body: Spool) -> None:
        """Keep the file, after seeing to it that it is taken away whatever happens."""

        async def work(session: Session) -> None:
            payload = {"importId": import_["_id"], "blobId": import_["blobId"]}
            key, due = str(import_["_id"]), import_["expiresAt"]
            await self._jobs.enqueue(PURGE, key, caller.tenancy, payload, session=session, due=due)

        await self._database.transact(work)
        media = "application/octet-stream"
        await self._blobs.put_pieces(import_["blobId"], _pieces(body), media_type=media, tenancy=caller.tenancy)

    async def _insert(self, caller: Caller, import_: Document) -> None:
        async def work(session: Session) -> None:
            await ImportRepository(self._database, caller.tenancy).insert(import_, session=session)
            payload = {"importId": import_["_id"]}
            await self._jobs.enqueue(RUN, str(import_["_id"]), caller.tenancy, payload, session=session)
            await completion.mark("import", import_["_id"], None, session=session)

        await self._database.transact(work)

    async def list_(self, caller: Caller, query: ImportListQuery) -> ImportPage:
        """Return one page of imports, newest first."""
        imports = ImportRepository(self._database, caller.tenancy)
        found = await imports.page(skip=offset(query.page, query.limit), limit=query.limit)
        return ImportPage([shown(import_) for import_ in found], await imports.count())

    async def get(self, caller: Caller, import_id: Id) -> Document:
        """Return an import.

        Raises:
            NotFound: this workspace has no such import.
        """
        import_ = await ImportRepository(self._database, caller.tenancy).find(import_id)
        if import_ is None:
            raise NotFound("import")
        return shown(import_)

    async def delete(self, caller: Caller, import_id: Id) -> str:
        """Stop an import that is under way, or forget one that is over; say which.

        Raises:
            NotFound: this workspace has no such import.
        """
        imports = ImportRepository(self._database, caller.tenancy)
        if await imports.cancel(import_id):
            return "The import is being stopped; what it has made is taken back."
        if await imports.take_away(import_id) is None:
            raise NotFound("import")
        return "The import was deleted; what it has made stays."

    async def sheet(self, caller: Caller, query: SheetQuery) -> tuple[str, bytes]:
        """Return the name and the bytes of an empty spreadsheet.

        Raises:
            Invalid: there is no such category, or no such product of it.
        """
        template = self._template(query.category)
        product = None
        if query.product_id is not None:
            product = await self._product(caller, template, query.product_id)
        made = await asyncio.to_thread(sheet_of, template, self._templates, query.lang, product, query.format)
        return f"{template.category}-{query.lang}.{query.format}", made

    def _template(self, category: str) -> Template:
        name = self._templates.normalise(category)
        template = None if name is None else self._templates.find(name)
        if template is None:
            raise Invalid({"category": [f"{category[:100]!r} is no category; GET /api/v1/templates lists them"]})
        return template

    async def _product(self, caller: Caller, template: Template, product_id: str | Id) -> Document:
        try:
            product = await self._products.get_plain(caller, Id(product_id))
        except NotFound:
            raise Invalid({"productId": ["names no product of this workspace"]}) from None
        if product["category"] != template.category:
            raise Invalid({"productId": [f"is a product of the category {product['category']}"]})
        return product


def _digest(body: Spool) -> str:
    digest = hashlib.sha256()
    for chunk in body.chunks():
        digest.update(chunk)
    return digest.hexdigest()


async def _pieces(body: Spool) -> AsyncIterator[bytes]:
    for piece in body.chunks():
        yield piece
