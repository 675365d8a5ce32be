"""What clients send about lots."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.canonical import whole
from tracepass.core.schema import QueryModel, Text, WireId, WireModel, WireTimestamp
from tracepass.traces.models import Uuid

MOST_PREDECESSORS = 100


def _each_once(ids: list[str]) -> list[str]:
    return list(dict.fromkeys(ids))


LotNumber = Annotated[Text, StringConstraints(max_length=100)]
Quantity = Annotated[float, Field(ge=0, le=1e15), AfterValidator(whole)]
Unit = Annotated[Text, StringConstraints(max_length=50)]
Predecessors = Annotated[list[Uuid], Field(max_length=MOST_PREDECESSORS), AfterValidator(_each_once)]


class LotCreate(WireModel):
    """A new lot."""

    product_id: WireId
    lot_number: LotNumber
    produced_at: WireTimestamp | None = None
    quantity: Quantity | None = None
    unit: Unit | None = None
    predecessors: Predecessors = Field(default_factory=list)


class LotPatch(WireModel):
    """Changes of a lot; what is not named stays. Its product never changes."""

    lot_number: LotNumber = ""
    produced_at: WireTimestamp | None = None
    quantity: Quantity | None = None
    unit: Unit | None = None
    predecessors: Predecessors = Field(default_factory=list)

    @property
    def named(self) -> dict[str, Any]:
        """Return the members the client named, by their wire names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class LotQuery(QueryModel):
    """Which lots to list."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Uuid | None = None
    product_id: WireId | None = None
    lot_number: LotNumber | None = None
    predecessor: Uuid | None = None


class LineageQuery(QueryModel):
    """How far to look from a lot, and in which direction."""

    direction: Literal["both", "upstream", "downstream"] = "both"
    depth: Annotated[int, Field(ge=1, le=50)] = 10
    limit: Annotated[int, Field(ge=1, le=1000)] = 500
