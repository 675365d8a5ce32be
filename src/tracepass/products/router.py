"""The routes of the catalogue."""

from __future__ import annotations

from typing import Annotated

from fastapi import File, Query, UploadFile
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, entity_answer, list_answer, path_id, raw_answer
from tracepass.api.policy import FORM_OVERHEAD, IMAGE_LIMIT, MULTIPART
from tracepass.core.batches import create_each
from tracepass.core.completion import answering
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Document
from tracepass.core.schema import Nothing
from tracepass.products.images import ProductImages, read_index
from tracepass.products.models import ProductBatch, ProductCreate, ProductPatch, ProductQuery
from tracepass.products.service import Products, etag
from tracepass.products.wire import addressed

router = Router(prefix="/api/v1/products")
media_router = Router()

READ, WRITE = "products:read", "products:write"
IMMUTABLE = "public, max-age=31536000, immutable"


def _entity(call: Call, product: Document, status: int = 200) -> Response:
    headers = {"Location": f"/api/v1/products/{product['_id']}"} if status == 201 else None  # noqa: PLR2004 - Created
    body = addressed(product, call.origins.api)
    return entity_answer(call, body, etag=etag(product), status=status, headers=headers)


@router.operation("POST", "", scope=WRITE, budget=Budget.WRITES)
async def create_product(call: Call, body: ProductCreate) -> Response:
    """Add a product."""
    render = answering(lambda product: _entity(call, product, 201))
    return render(await call.service(Products).create(call.caller, body))


@router.operation("GET", "", scope=READ, budget=Budget.READS)
async def list_products(call: Call, query: Annotated[ProductQuery, Query()]) -> Response:
    """List products, newest first."""
    page = await call.service(Products).list_(call.caller, query)
    items = [addressed(product, call.origins.api) for product in page.items]
    return list_answer(items, total=page.total, page=query.page, limit=query.limit, next_cursor=page.next_cursor)


@router.operation("POST", "/batch", scope=WRITE, budget=Budget.WRITES, cost=lambda body: len(body.products))
async def create_products(call: Call, body: ProductBatch) -> Response:
    """Add up to 100 products; each stands alone."""
    products, caller = call.service(Products), call.caller
    outcome = await create_each(body.products, ProductCreate, lambda item: products.create(caller, item))
    return answer(outcome, 207)


@router.operation("GET", "/{id}", scope=READ, budget=Budget.READS)
async def get_product(call: Call) -> Response:
    """Read one product."""
    return _entity(call, await call.service(Products).get(call.caller, path_id(call, "id")))


@router.operation("PATCH", "/{id}", scope=WRITE, budget=Budget.WRITES)
async def patch_product(call: Call, body: ProductPatch) -> Response:
    """Change what the body names."""
    images = call.service(ProductImages)
    product = await images.patch(call.caller, path_id(call, "id"), body, expected=call.expected_versions)
    return _entity(call, product)


@router.operation("DELETE", "/{id}", scope=WRITE, budget=Budget.WRITES)
async def delete_product(call: Call) -> Response:
    """Delete a product that has no passports."""
    products = call.service(Products)
    product = await products.delete(call.caller, path_id(call, "id"), expected=call.expected_versions)
    images = await call.service(ProductImages).delete_of(product)
    summary = {"productId": product["_id"], "name": product["name"], "deletedCounts": {"images": images}}
    return answer({"message": f"The product {product['name']!r} was deleted.", "summary": summary})


@router.operation("POST", "/{id}/archive", scope=WRITE, budget=Budget.WRITES)
async def archive_product(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Archive a product that no live passport refers to."""
    products = call.service(Products)
    return _entity(call, await products.archive(call.caller, path_id(call, "id"), expected=call.expected_versions))


@router.operation(
    "POST",
    "/{id}/images",
    scope=WRITE,
    budget=Budget.WRITES,
    media_type=MULTIPART,
    max_body=IMAGE_LIMIT + FORM_OVERHEAD,
)
async def add_product_image(call: Call, file: Annotated[UploadFile, File()]) -> Response:
    """Add a picture."""
    data = await file.read()
    if len(data) > IMAGE_LIMIT:
        raise Refusal("payload_too_large", "A picture has at most 5 MB.", details={"limit": IMAGE_LIMIT})
    images = call.service(ProductImages)
    product = await images.add(call.caller, path_id(call, "id"), data, expected=call.expected_versions)
    return _entity(call, product, 201)


@router.operation("DELETE", "/{id}/images/{index}", scope=WRITE, budget=Budget.WRITES)
async def delete_product_image(call: Call) -> Response:
    """Take a picture away."""
    images = call.service(ProductImages)
    index = read_index(call.path_params["index"])
    product = await images.remove(call.caller, path_id(call, "id"), index, expected=call.expected_versions)
    return _entity(call, product)


@media_router.operation("GET", "/media/{imageId}", public=True)
async def get_image(call: Call) -> Response:
    """Serve a product's picture to whoever has its address."""
    blob = await call.service(ProductImages).get(path_id(call, "imageId"))
    headers = {"Cache-Control": IMMUTABLE, "X-Content-Type-Options": "nosniff", "Access-Control-Allow-Origin": "*"}
    return raw_answer(blob.data, blob.media_type, headers=headers)
