"""The routes of domains."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, entity_answer, list_answer, path_id
from tracepass.core.mongo import Document
from tracepass.core.schema import Nothing
from tracepass.domains.models import DomainCreate, DomainQuery
from tracepass.domains.service import Domains

router = Router(prefix="/api/v1/domains")

READ, MANAGE = "workspace:read", "workspace:manage"


def _entity(call: Call, domain: Document, status: int = 200) -> Response:
    headers = {"Location": f"/api/v1/domains/{domain['_id']}"} if status == 201 else None  # noqa: PLR2004 - Created
    return entity_answer(call, domain, etag=str(domain["version"]), status=status, headers=headers)


@router.operation("POST", "", scope=MANAGE, budget=Budget.WRITES)
async def create_domain(call: Call, body: DomainCreate) -> Response:
    """Name a domain, and say how to prove it."""
    return _entity(call, await call.service(Domains).create(call.caller, body), 201)


@router.operation("GET", "", scope=READ)
async def list_domains(call: Call, query: Annotated[DomainQuery, Query()]) -> Response:
    """List domains, newest first."""
    page = await call.service(Domains).list_(call.caller, query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


@router.operation("GET", "/{id}", scope=READ)
async def get_domain(call: Call) -> Response:
    """Read one domain."""
    return _entity(call, await call.service(Domains).get(call.caller, path_id(call, "id")))


@router.operation("POST", "/{id}/verify", scope=MANAGE, budget=Budget.WRITES)
async def verify_domain(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Look for the proof in DNS."""
    return _entity(call, await call.service(Domains).verify(call.caller, path_id(call, "id")))


@router.operation("DELETE", "/{id}", scope=MANAGE, budget=Budget.WRITES)
async def delete_domain(call: Call) -> Response:
    """Delete a domain."""
    domain = await call.service(Domains).delete(call.caller, path_id(call, "id"))
    return answer({"message": f"The domain {domain['name']} was deleted."})
