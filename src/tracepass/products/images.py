"""Pictures of products: kept clean of metadata, served under an address that never changes its content."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from tracepass.core.blobs import Blob, Blobs
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, find_id, new_id
from tracepass.core.media import clean_image
from tracepass.core.mongo import Document
from tracepass.identity.models import Caller
from tracepass.products.models import MAX_IMAGES, ProductPatch
from tracepass.products.service import Products
from tracepass.products.wire import MEDIA

BUCKET = "images"


class ProductImages:
    """The uploaded pictures of products."""

    def __init__(self, blobs: Blobs, products: Products) -> None:
        self._blobs = blobs
        self._products = products

    async def add(self, caller: Caller, product_id: Id, data: bytes, *, expected: frozenset[int] | None) -> Document:
        """Store a picture and put its address at the end of the product's.

        Raises:
            Invalid: the picture is broken or too large.
            Refusal: it is no picture, or the product has 20 already.
        """
        before = await self._products.get(caller, product_id)
        _refuse_full(before)
        clean, media_type = await asyncio.to_thread(clean_image, data)
        image_id = new_id()
        await self._blobs.put(image_id, Blob(clean, media_type, caller.tenancy, {"product": str(product_id)}))
        url = f"{MEDIA}{image_id}"

        def edit(product: Document) -> Document:
            _refuse_full(product)
            return {**product, "imageUrls": [*product["imageUrls"], url]}

        try:
            return await self._products.change(caller, product_id, action="add_image", edit=edit, expected=expected)
        except Refusal:
            await self._blobs.delete(image_id)
            raise

    async def remove(self, caller: Caller, product_id: Id, index: int, *, expected: frozenset[int] | None) -> Document:
        """Take the picture at a place, counted from 0, away.

        Raises:
            NotFound: there is no picture at that place.
        """
        removed: list[str] = []

        def edit(product: Document) -> Document:
            urls = product["imageUrls"]
            if index >= len(urls):
                raise NotFound("image")
            removed[:] = [urls[index]]
            return {**product, "imageUrls": [*urls[:index], *urls[index + 1 :]]}

        product = await self._products.change(caller, product_id, action="remove_image", edit=edit, expected=expected)
        await self._forget(product, removed)
        return product

    async def patch(
        self, caller: Caller, product_id: Id, body: ProductPatch, *, expected: frozenset[int] | None
    ) -> Document:
        """Change a product, and delete the uploaded pictures that it no longer shows.

        Raises:
            Refusal: as `Products.patch` does.
        """
        if "imageUrls" not in body.named:
            return await self._products.patch(caller, product_id, body, expected=expected)
        before = await self._products.get_plain(caller, product_id)
        product = await self._products.patch(caller, product_id, body, expected=expected)
        await self._forget(product, before["imageUrls"])
        return product

    async def delete_of(self, product: Document) -> int:
        """Delete all uploaded pictures of a product that is gone; return how many."""
        return await self._forget({**product, "imageUrls": []}, product["imageUrls"])

    async def _forget(self, product: Document, urls: Sequence[str]) -> int:
        """Delete the bytes behind those addresses that the product no longer shows; return how many.

        Anybody may name any address as that of a picture, so only what was uploaded to this very product is deleted.
        """
        deleted = 0
        for url in set(urls) - set(product["imageUrls"]):
            image_id = find_id(url.removeprefix(MEDIA))
            blob = None if image_id is None else await self._blobs.find(image_id)
            if image_id is not None and blob is not None and blob.facts["product"] == str(product["_id"]):
                await self._blobs.delete(image_id)
                deleted += 1
        return deleted

    async def get(self, image_id: Id) -> Blob:
        """Return a picture: whoever has its address may see it.

        Raises:
            NotFound: there is no such picture.
        """
        blob = await self._blobs.find(image_id)
        if blob is None:
            raise NotFound("image")
        return blob


def _refuse_full(product: Document) -> None:
    if len(product["imageUrls"]) >= MAX_IMAGES:
        raise Refusal("too_many_images", f"A product has at most {MAX_IMAGES} images.", details={"limit": MAX_IMAGES})


def read_index(text: str) -> int:
    """Read the place of a picture.

    Raises:
        Invalid: it is no whole number from 0 up.
    """
    if not (text.isascii() and text.isdigit() and len(text) < 4):  # noqa: PLR2004 - three digits outreach 20 images
        raise Invalid({"index": ["must be a whole number from 0"]})
    return int(text)
