"""What can be done with products."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.core.changes import Change, ChangeLog, Stale
from tracepass.core.clock import Clock, timestamp
from tracepass.core.completion import foresee
from tracepass.core.differences import differences, update_of
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import Position, offset, read_cursor, write_cursor
from tracepass.core.tenancy import Tenancy
from tracepass.core.turns import Turns
from tracepass.identity.models import Caller
from tracepass.products.models import ProductCreate, ProductPatch, ProductQuery
from tracepass.products.needs import CategoryRules, LotCounter, PassportCounter
from tracepass.products.repository import INDEXES, ModelTaken, ProductFilter, ProductRepository
from tracepass.products.seen import ProductMoved, SeenProducts
from tracepass.products.wire import etag, kept_urls, search_of, shown

REFRESH_VIEWS = "refresh_views"
SCANNED_MEMBERS = ("name", "model", "description", "imageUrls", "sourceLocale")
ATTEMPTS = 20

__all__ = ["INDEXES", "CategoryRules", "PassportCounter", "ProductMoved", "Products", "check_expected", "etag", "shown"]


class DuplicateModel(Refusal):
    """The model is taken."""

    def __init__(self, model: str) -> None:
        super().__init__("duplicate_model", f"Another product of this workspace has the model {model!r}.")


@dataclass(frozen=True, slots=True)
class ProductPage:
    """One page of products."""

    items: list[Document]
    total: int
    next_cursor: str | None


def check_expected(version: int, expected: frozenset[int] | None) -> None:
    """Hold a version against ``If-Match``.

    Raises:
        Refusal: ``precondition_failed``, with the version that is in force.
    """
    if expected is not None and version not in expected:
        raise Refusal(
            "precondition_failed",
            f"The document is at version {version} by now; read it again before you change it.",
            details={"version": version},
        )


class Products:
    """The catalogue of every workspace, one at a time."""

    def __init__(
        self, database: Database, *, clock: Clock, rules: CategoryRules, passports: PassportCounter, lots: LotCounter
    ) -> None:
        self._lots = lots
        self._database = database
        self._clock = clock
        self._rules = rules
        self._passports = passports
        self._jobs = Jobs(database, clock=clock)
        self._turns = Turns()
        self.seen = SeenProducts(database)

    async def create(self, caller: Caller, body: ProductCreate) -> Document:
        """Add a product.

        Raises:
            Invalid: the category is unknown or a default value does not fit it.
            DuplicateModel: the model is taken.
        """
        category = self._category(body.category)
        self._check_defaults(category, body.default_field_values)
        now = timestamp(self._clock())
        product: Document = {
            "_id": new_id(),
            "name": body.name,
            "model": body.model,
            "category": category,
            "description": body.description,
            "templateId": self._rules.template_id(category),
            "defaultFieldValues": body.default_field_values,
            "imageUrls": body.image_urls,
            "status": "active",
            "sourceLocale": body.source_locale,
            "version": 1,
            "createdAt": now,
            "updatedAt": now,
        }
        made = {**product, "passportCount": 0}
        foresee(made)
        await self._insert(caller, product)
        return made

    def _category(self, name: str) -> str:
        category = self._rules.normalise(name)
        if category is None:
            raise Invalid({"category": [f"{name!r} is no category; GET /api/v1/templates lists them"]})
        return category

    def _check_defaults(self, category: str, values: Mapping[str, Any]) -> None:
        problems = self._rules.problems(category, values)
        if problems:
            raise Invalid({f"defaultFieldValues.{key}": sentences for key, sentences in problems.items()})

    async def _insert(self, caller: Caller, product: Document) -> None:
        products = ProductRepository(self._database, caller.tenancy)
        change = Change(
            entity="product",
            entity_id=product["_id"],
            version=1,
            action="create",
            diff=[],
            state=product,
            prev_hash=None,
        )

        async def work(session: Session) -> None:
            digest = await self._log(caller).append(change, caller.actor, session=session)
            await products.insert({**product, **search_of(product), "stateHash": digest}, session=session)

        try:
            await self._database.transact(work)
        except ModelTaken:
            raise DuplicateModel(product["model"]) from None

    def _log(self, caller: Caller) -> ChangeLog:
        return ChangeLog(self._database, caller.tenancy, clock=self._clock)

    async def get(self, caller: Caller, product_id: Id) -> Document:
        """Return a product with the number of its passports.

        Raises:
            NotFound: this workspace has no such product.
        """
        product = shown(await self._load(caller.tenancy, product_id))
        return await self._counted(caller, product)

    async def get_plain(self, caller: Caller, product_id: Id, *, session: Session | None = None) -> Document:
        """Return a product without counting its passports.

        Raises:
            NotFound: this workspace has no such product.
        """
        return shown(await self._load(caller.tenancy, product_id, session=session))

    async def named(self, caller: Caller, product_ids: Iterable[Id]) -> dict[Id, Document]:
        """Return name and model of products, by their ids."""
        found = await ProductRepository(self._database, caller.tenancy).names(product_ids)
        return {product["_id"]: product for product in found}

    async def find_by_model(self, caller: Caller, model: str) -> Document | None:
        """Return the product of a model, without counts; None if there is none."""
        return await ProductRepository(self._database, caller.tenancy).find_by_model(model)

    async def _counted(self, caller: Caller, product: Document) -> Document:
        counts = await self._passports.count(caller.tenancy, [product["_id"]])
        return {**product, "passportCount": counts.get(product["_id"], 0)}

    async def _load(self, tenancy: Tenancy, product_id: Id, *, session: Session | None = None) -> Document:
        product = await ProductRepository(self._database, tenancy).find(product_id, session=session)
        if product is None:
            raise NotFound("product")
        return product

    async def list_(self, caller: Caller, query: ProductQuery) -> ProductPage:
        """Return one page of products, newest first."""
        which = self._filter(query)
        after: Position | None = None if query.cursor is None else read_cursor(query.cursor)
        products = ProductRepository(self._database, caller.tenancy)
        skip = 0 if after else offset(query.page, query.limit)
        found = await products.page(which, after=after, skip=skip, limit=query.limit + 1)
        items = [shown(product) for product in found[: query.limit]]
        counts = await self._passports.count(caller.tenancy, [product["_id"] for product in items])
        more = len(found) > query.limit
        return ProductPage(
            items=[{**product, "passportCount": counts.get(product["_id"], 0)} for product in items],
            total=await products.count(which),
            next_cursor=write_cursor(Position("", items[-1]["_id"])) if more else None,
        )

    def _filter(self, query: ProductQuery) -> ProductFilter:
        category = None if query.category is None else self._category(query.category)
        status = query.status or (None if query.show_archived else "active")
        return ProductFilter(category=category, status=status, search=query.search)

    async def patch(
        self, caller: Caller, product_id: Id, body: ProductPatch, *, expected: frozenset[int] | None
    ) -> Document:
        """Change what the body names.

        Raises:
            NotFound: this workspace has no such product.
            Invalid: a value does not fit, or an image URL is new and no https URL.
            DuplicateModel: the new model is taken.
        """
        named = body.named
        if "status" in named and named["status"] == "archived":
            await self._refuse_in_use(caller, product_id)

        def edit(product: Document) -> Document:
            if "defaultFieldValues" in named:
                self._check_defaults(product["category"], named["defaultFieldValues"])
            if "imageUrls" in named:
                return {**product, **named, "imageUrls": kept_urls(named["imageUrls"], product["imageUrls"])}
            return {**product, **named}

        return await self.change(caller, product_id, action="update", edit=edit, expected=expected)

    async def archive(self, caller: Caller, product_id: Id, *, expected: frozenset[int] | None) -> Document:
        """Archive a product.

        Raises:
            Refusal: ``product_in_use``, while a passport that is not archived refers to it.
        """
        await self._refuse_in_use(caller, product_id)
        return await self.change(
            caller,
            product_id,
            action="archive",
            edit=lambda product: {**product, "status": "archived"},
            expected=expected,
        )

    async def _refuse_in_use(self, caller: Caller, product_id: Id) -> None:
        await self._load(caller.tenancy, product_id)
        count = await self._passports.count_live(caller.tenancy, product_id)
        if count:
            raise Refusal(
                "product_in_use",
                f"{count} passports of this product are not archived; archive them first.",
                details={"passportCount": count},
            )

    async def change(
        self,
        caller: Caller,
        product_id: Id,
        *,
        action: str,
        edit: Any,
        expected: frozenset[int] | None,
    ) -> Document:
        """Apply an edit to the newest version; another's write in between only means another look.

        ``edit`` takes the product as it is shown and returns it as it shall be.
        """
        async with self._turns.at(product_id):
            for _ in range(ATTEMPTS):
                stored = await self._load(caller.tenancy, product_id)
                check_expected(stored["version"], expected)
                try:
                    return await self._counted(caller, await self._write(caller, stored, action=action, edit=edit))
                except Stale:
                    continue
        raise Refusal("conflict", "Others change this product at the same time; try again.")

    async def _write(self, caller: Caller, stored: Document, *, action: str, edit: Any) -> Document:
        before = shown(stored)
        after = edit(before)
        if after == before:
            return before
        after = {**after, "version": before["version"] + 1, "updatedAt": timestamp(self._clock())}
        change = Change(
            entity="product",
            entity_id=before["_id"],
            version=after["version"],
            action=action,
            diff=differences(before, after),
            state=after,
            prev_hash=stored["stateHash"],
        )
        await self._commit(caller, before, after, change)
        return dict(after)

    async def _commit(self, caller: Caller, before: Document, after: Document, change: Change) -> None:
        products = ProductRepository(self._database, caller.tenancy)

        async def work(session: Session) -> None:
            digest = await self._log(caller).append(change, caller.actor, session=session)
            update = update_of(change.diff)
            update.setdefault("$set", {}).update({**search_of(after), "stateHash": digest})
            if not await products.update(before["_id"], before["version"], update, session=session):
                raise Stale
            if any(before[name] != after[name] for name in SCANNED_MEMBERS):
                key = str(before["_id"])
                await self._jobs.enqueue(
                    REFRESH_VIEWS, key, caller.tenancy, {"productId": before["_id"]}, session=session
                )

        try:
            await self._database.transact(work)
        except ModelTaken:
            raise DuplicateModel(after["model"]) from None

    async def delete(self, caller: Caller, product_id: Id, *, expected: frozenset[int] | None) -> Document:
        """Delete a product without passports; return it as it was.

        Raises:
            Refusal: ``product_has_passports`` or ``product_has_lots``, with their number.
        """
        stored = await self._load(caller.tenancy, product_id)
        check_expected(stored["version"], expected)
        product = await self._counted(caller, shown(stored))
        lots = await self._lots.count(caller.tenancy, product_id)
        for what, count in (("passport", product["passportCount"]), ("lot", lots)):
            if count:
                message = f"This product has {count} {what}s; a product is deleted only without any."
                raise Refusal(f"product_has_{what}s", message, details={f"{what}Count": count})
        await self._delete(caller, stored)
        return product

    async def _delete(self, caller: Caller, stored: Document) -> None:
        products = ProductRepository(self._database, caller.tenancy)
        change = Change(
            entity="product",
            entity_id=stored["_id"],
            version=stored["version"] + 1,
            action="delete",
            diff=[],
            state={},
            prev_hash=stored["stateHash"],
        )

        async def work(session: Session) -> None:
            await self._log(caller).append(change, caller.actor, session=session)
            if not await products.delete(stored["_id"], stored["version"], session=session):
                raise Stale

        try:
            await self._database.transact(work)
        except Stale:
            raise Refusal("conflict", "The product was changed at the same time; try again.") from None
