"""What may be asked of the audit log."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from tracepass.core.schema import QueryModel, WireTimestamp

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class AuditQuery(QueryModel):
    """Which entries to list: all that match every filter given, from `from` until right before `to`."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None
    entity: Name | None = None
    entity_id: Name | None = None
    actor: Name | None = None
    action: Name | None = None
    since: Annotated[WireTimestamp | None, Field(alias="from")] = None
    until: Annotated[WireTimestamp | None, Field(alias="to")] = None
