"""The route that reads the audit log."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.accounts.audit import AuditLog
from tracepass.accounts.audit_models import AuditQuery
from tracepass.api import Call, Router, list_answer

audit_router = Router(prefix="/api/v1/audit-log")


@audit_router.operation("GET", "", scope="workspace:manage")
async def list_audit_log(call: Call, query: Annotated[AuditQuery, Query()]) -> Response:
    """List what happened, newest first."""
    page = await call.service(AuditLog).list_(call.caller, query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit, next_cursor=page.next_cursor)
