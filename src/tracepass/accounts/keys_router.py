"""The routes of API keys, of the workspace they belong to, and of who one is."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.accounts.company import Company
from tracepass.accounts.entrance import NOT_KEPT
from tracepass.accounts.models import KeyCreate, KeyPatch, PageQuery, WorkspacePatch
from tracepass.accounts.wire import key_wire, me_wire, workspace_wire
from tracepass.api import Call, Router, answer, list_answer, path_id
from tracepass.core.clock import timestamp
from tracepass.core.schema import Nothing
from tracepass.identity.service import ApiKeys, People
from tracepass.quotas.service import Quotas

keys_router = Router(prefix="/api/v1/api-keys")
workspace_router = Router(prefix="/api/v1")

READ, MANAGE = "workspace:read", "workspace:manage"


@keys_router.operation("GET", "", scope=READ)
async def list_api_keys(call: Call, query: Annotated[PageQuery, Query()]) -> Response:
    """List keys, newest first, without their secrets, which nobody has kept."""
    found, total = await call.service(ApiKeys).page(call.caller, skip=query.skip, limit=query.limit)
    return list_answer([key_wire(key) for key in found], total=total, page=query.page, limit=query.limit)


@keys_router.operation("POST", "", scope=MANAGE, confidential=True)
async def create_api_key(call: Call, body: KeyCreate) -> Response:
    """Make a key; its secret is shown this once."""
    keys = call.service(ApiKeys)
    made = await keys.create_for(
        call.caller,
        body.name,
        environment=body.environment,
        scopes=None if body.scopes is None else frozenset(body.scopes),
        expires_at=None if body.expires_at is None else timestamp(body.expires_at),
    )
    headers = {**NOT_KEPT, "Location": f"/api/v1/api-keys/{made.id}"}
    return answer({**key_wire(await keys.get(call.caller, made.id)), "secret": made.secret}, 201, headers=headers)


@keys_router.operation("GET", "/{id}", scope=READ)
async def get_api_key(call: Call) -> Response:
    """Read one key."""
    return answer(key_wire(await call.service(ApiKeys).get(call.caller, path_id(call, "id"))))


@keys_router.operation("PATCH", "/{id}", scope=MANAGE)
async def rename_api_key(call: Call, body: KeyPatch) -> Response:
    """Give a key another name."""
    return answer(key_wire(await call.service(ApiKeys).rename(call.caller, path_id(call, "id"), body.name)))


@keys_router.operation("DELETE", "/{id}", scope=MANAGE)
async def revoke_api_key(call: Call) -> Response:
    """Revoke a key."""
    keys, key_id = call.service(ApiKeys), path_id(call, "id")
    await keys.get(call.caller, key_id)
    await keys.revoke(call.caller.workspace, str(key_id), actor=call.caller.actor)
    return answer({"message": "The key is revoked; within five seconds it opens nothing any more."})


@workspace_router.operation("GET", "/workspace", scope=READ)
async def get_workspace(call: Call) -> Response:
    """Read the workspace."""
    return answer(workspace_wire(await call.service(Company).get(call.caller)))


@workspace_router.operation("PATCH", "/workspace", scope=MANAGE)
async def change_workspace(call: Call, body: WorkspacePatch) -> Response:
    """Change settings of the workspace."""
    return answer(workspace_wire(await call.service(Company).change(call.caller, body)))


@workspace_router.operation("GET", "/me", signed_in=True)
async def get_me(call: Call) -> Response:
    """Tell who calls, and what is left of their budgets."""
    return await _me(call)


@workspace_router.operation("POST", "/me", signed_in=True)
async def post_me(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - an empty body is still checked
    """Tell the same to programs that only post."""
    return await _me(call)


async def _me(call: Call) -> Response:
    caller = call.caller
    user = None if caller.credential.user_id is None else await call.service(People).of(caller)
    overview = await call.service(Quotas).overview(caller)
    plan = {"name": overview.plan.name, "slug": overview.plan.slug}
    return answer(me_wire(caller, user, plan=plan, quota=overview.quota, quotas=overview.quotas), headers=NOT_KEPT)
