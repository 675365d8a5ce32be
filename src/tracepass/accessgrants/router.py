"""The routes of access grants."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.accessgrants.models import GrantCreate, GrantQuery
from tracepass.accessgrants.service import AccessGrants
from tracepass.api import Call, Router, answer, list_answer, path_id

grants_router = Router(prefix="/api/v1/access-grants")

READ, MANAGE = "workspace:read", "workspace:manage"
NOT_KEPT = {"Cache-Control": "no-store"}


@grants_router.operation("GET", "", scope=READ)
async def list_access_grants(call: Call, query: Annotated[GrantQuery, Query()]) -> Response:
    """List grants, newest first."""
    page = await call.service(AccessGrants).list_(call.caller, query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@grants_router.operation("POST", "", scope=MANAGE, confidential=True)
async def create_access_grant(call: Call, body: GrantCreate) -> Response:
    """Give access; the token is shown this once."""
    grant, token = await call.service(AccessGrants).create(call.caller, body)
    headers = {**NOT_KEPT, "Location": f"/api/v1/access-grants/{grant['_id']}"}
    return answer({**grant, "token": token}, 201, headers=headers)


@grants_router.operation("GET", "/{id}", scope=READ)
async def get_access_grant(call: Call) -> Response:
    """Read one grant."""
    return answer(await call.service(AccessGrants).get(call.caller, path_id(call, "id")))


@grants_router.operation("GET", "/{id}/uses", scope=READ)
async def list_access_grant_uses(call: Call, query: Annotated[GrantQuery, Query()]) -> Response:
    """List what a grant was used for, the newest day first."""
    page = await call.service(AccessGrants).uses(call.caller, path_id(call, "id"), query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@grants_router.operation("DELETE", "/{id}", scope=MANAGE)
async def revoke_access_grant(call: Call) -> Response:
    """Take access back."""
    return answer(await call.service(AccessGrants).revoke(call.caller, path_id(call, "id")))
