"""The routes of webhooks."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, entity_answer, list_answer, path_id
from tracepass.core.mongo import Document
from tracepass.core.schema import Nothing
from tracepass.webhooks.models import DeliveryQuery, WebhookCreate, WebhookPatch, WebhookQuery
from tracepass.webhooks.service import Webhooks

PREFIX = "/api/v1/webhooks"
MANAGE = "webhooks:manage"
router = Router(prefix=PREFIX)


def _entity(call: Call, endpoint: Document, status: int = 200) -> Response:
    headers = {"Location": f"{PREFIX}/{endpoint['_id']}"} if status == 201 else None  # noqa: PLR2004 - Created
    return entity_answer(call, endpoint, etag=str(endpoint["version"]), status=status, headers=headers)


@router.operation("POST", "", scope=MANAGE, budget=Budget.WRITES, confidential=True)
async def create_webhook(call: Call, body: WebhookCreate) -> Response:
    """Add an endpoint, and show its secret this once."""
    return _entity(call, await call.service(Webhooks).create(call.caller, body), 201)


@router.operation("GET", "", scope=MANAGE)
async def list_webhooks(call: Call, query: Annotated[WebhookQuery, Query()]) -> Response:
    """List endpoints."""
    page = await call.service(Webhooks).list_(call.caller, query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@router.operation("GET", "/{id}", scope=MANAGE)
async def get_webhook(call: Call) -> Response:
    """Read an endpoint."""
    return _entity(call, await call.service(Webhooks).get(call.caller, path_id(call, "id")))


@router.operation("PATCH", "/{id}", scope=MANAGE, budget=Budget.WRITES)
async def update_webhook(call: Call, body: WebhookPatch) -> Response:
    """Change an endpoint."""
    webhooks, which = call.service(Webhooks), path_id(call, "id")
    return _entity(call, await webhooks.change(call.caller, which, body, expected=call.expected_versions))


@router.operation("DELETE", "/{id}", scope=MANAGE, budget=Budget.WRITES)
async def delete_webhook(call: Call) -> Response:
    """Delete an endpoint."""
    webhooks, which = call.service(Webhooks), path_id(call, "id")
    endpoint = await webhooks.delete(call.caller, which, expected=call.expected_versions)
    return answer({"message": f"The webhook to {endpoint['url']} was deleted."})


@router.operation("POST", "/{id}/rotate", scope=MANAGE, budget=Budget.WRITES, confidential=True)
async def rotate_webhook_secret(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Replace the secret."""
    return _entity(call, await call.service(Webhooks).rotate(call.caller, path_id(call, "id")))


@router.operation("POST", "/{id}/test", scope=MANAGE, budget=Budget.WRITES)
async def test_webhook(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Send a test event."""
    return answer(await call.service(Webhooks).test(call.caller, path_id(call, "id")), 202)


@router.operation("GET", "/{id}/deliveries", scope=MANAGE)
async def list_deliveries(call: Call, query: Annotated[DeliveryQuery, Query()]) -> Response:
    """List deliveries with their attempts."""
    page = await call.service(Webhooks).deliveries(call.caller, path_id(call, "id"), query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@router.operation("POST", "/{id}/deliveries/{deliveryId}/redeliver", scope=MANAGE, budget=Budget.WRITES)
async def redeliver(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Deliver once more."""
    which, delivery = path_id(call, "id"), path_id(call, "deliveryId")
    return answer(await call.service(Webhooks).redeliver(call.caller, which, delivery), 202)
