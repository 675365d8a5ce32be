"""Products as this process has seen them last, for those who hold in their own transaction that they still are so."""

from __future__ import annotations

from collections.abc import Collection

from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session, Write
from tracepass.core.tenancy import Tenancy
from tracepass.products.repository import ProductRepository
from tracepass.products.wire import shown

REMEMBERED = 1000


class ProductMoved(Refusal):
    """The product is not as it was when it was looked at."""

    def __init__(self) -> None:
        super().__init__("conflict", "The product was changed at the same time; try again.")


class SeenProducts:
    """What products of any workspace looked like, up to a thousand of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[tuple[Tenancy, Id], Document] = {}

    async def last(self, tenancy: Tenancy, product_id: Id) -> Document:
        """Return a product as it was seen last; whoever builds on it writes `staying` with what is built.

        Raises:
            NotFound: this workspace has no such product.
        """
        return self._seen.get((tenancy, product_id)) or await self.again(tenancy, product_id)

    async def again(self, tenancy: Tenancy, product_id: Id) -> Document:
        """Return a product as it is now, and remember it so.

        Raises:
            NotFound: this workspace has no such product.
        """
        self._seen.pop((tenancy, product_id), None)
        stored = await ProductRepository(self._database, tenancy).find(product_id)
        if stored is None:
            raise NotFound("product")
        if len(self._seen) >= REMEMBERED:
            self._seen.clear()
        product = self._seen[tenancy, product_id] = shown(stored)
        return product

    async def now(self, tenancy: Tenancy, ids: Collection[Id], *, session: Session | None = None) -> dict[Id, Document]:
        """Return those products that some ids name, as they are now."""
        found = await ProductRepository(self._database, tenancy).find_all(ids, session=session)
        return {product["_id"]: shown(product) for product in found}

    def staying(self, tenancy: Tenancy, product: Document) -> Write:
        """Return the write that raises `ProductMoved` if a product is not as it was seen."""
        return ProductRepository(self._database, tenancy).staying(product, missed=ProductMoved)
