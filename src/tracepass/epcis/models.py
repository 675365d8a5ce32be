"""What requests of EPCIS look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel, StringConstraints

from tracepass.core.schema import QueryModel, WireModel

CAPTURE_LIMIT = 500_000
"""Events of one capture: as many of the shortest as its bytes hold."""
CAPTURE_BYTES = 128 * 1024 * 1024
"""Bytes of one capture."""

BEHAVIOUR_HEADER = "gs1-capture-error-behaviour"
EXTENSIONS_HEADER = "gs1-extensions"


class EpcisBody(RootModel[Any]):
    """A document, an event or an array of events: looked at by our own reader, not by pydantic."""


class CaptureQuery(QueryModel):
    """The query of a capture."""

    confirm_overage: Literal["true", "false"] = "false"


class CaptureListQuery(QueryModel):
    """The query of the list of capture jobs."""

    per_page: int = Field(default=30, ge=1, le=1000)
    next_page_token: str | None = None


class HistoryQuery(QueryModel):
    """Which page of the history of a passport."""

    per_page: int = Field(default=1000, ge=1, le=1000)
    next_page_token: str | None = None


Steps = Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=300)]], Field(max_length=100)]


class VisibilityWrite(WireModel):
    """The business steps whose events everybody may see."""

    public_biz_steps: Steps
