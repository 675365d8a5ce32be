"""What gateways send, and what readers ask for."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tracepass.core.schema import QueryModel, Text, WireModel, WireTimestamp

MOST = 500
"""Measurements of one call."""

FieldKey = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class MeasurementCreate(WireModel):
    """One reading: the value that a field of the template had at a moment.

    ``external_id`` is what the sender calls it; within a passport it is there once.
    """

    field: FieldKey
    value: Any
    measured_at: WireTimestamp
    external_id: Text | None = None
    source: Text | None = None


class MeasurementBatch(WireModel):
    """Readings of one passport; each is looked at by itself."""

    measurements: Annotated[list[Any], Field(min_length=1, max_length=MOST)]


class MeasurementQuery(QueryModel):
    """Which measurements, in which order, how many and from where on; ``to`` itself is left out."""

    field: FieldKey | None = None
    from_: WireTimestamp | None = Field(default=None, alias="from")
    to: WireTimestamp | None = None
    order: Literal["asc", "desc"] = "desc"
    limit: Annotated[int, Field(ge=1, le=MOST)] = 100
    cursor: str | None = None
