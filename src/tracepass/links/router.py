"""The routes of links."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, entity_answer, list_answer, path_id
from tracepass.core.mongo import Document
from tracepass.links.models import LinkCreate, LinkPatch, LinkQuery
from tracepass.links.service import Links

router = Router(prefix="/api/v1/links")

READ, WRITE = "products:read", "products:write"


def _entity(call: Call, link: Document, status: int = 200) -> Response:
    headers = {"Location": f"/api/v1/links/{link['_id']}"} if status == 201 else None  # noqa: PLR2004 - Created
    return entity_answer(call, link, etag=str(link["version"]), status=status, headers=headers)


@router.operation("POST", "", scope=WRITE, budget=Budget.WRITES)
async def create_link(call: Call, body: LinkCreate) -> Response:
    """Add a link."""
    return _entity(call, await call.service(Links).create(call.caller, body), 201)


@router.operation("GET", "", scope=READ)
async def list_links(call: Call, query: Annotated[LinkQuery, Query()]) -> Response:
    """List links, newest first."""
    page = await call.service(Links).list_(call.caller, query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit, next_cursor=page.next_cursor)


@router.operation("GET", "/{id}", scope=READ)
async def get_link(call: Call) -> Response:
    """Read one link."""
    return _entity(call, await call.service(Links).get(call.caller, path_id(call, "id")))


@router.operation("PATCH", "/{id}", scope=WRITE, budget=Budget.WRITES)
async def patch_link(call: Call, body: LinkPatch) -> Response:
    """Change what the body names."""
    links = call.service(Links)
    return _entity(call, await links.patch(call.caller, path_id(call, "id"), body, expected=call.expected_versions))


@router.operation("DELETE", "/{id}", scope=WRITE, budget=Budget.WRITES)
async def delete_link(call: Call) -> Response:
    """Delete a link."""
    links = call.service(Links)
    link = await links.delete(call.caller, path_id(call, "id"), expected=call.expected_versions)
    return answer({"message": f"The link {link['title']!r} of {link['anchor']} was deleted."})
