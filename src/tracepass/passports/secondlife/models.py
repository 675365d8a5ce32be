"""What clients say about the lineage of a new passport."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from tracepass.core.schema import WireId, WireModel

Kind = Literal["preparation_for_reuse", "repurposing", "remanufacturing"]
"""What was done to the original (Regulation (EU) 2023/1542, Article 3(1), points 28 to 31)."""

MOST_PREDECESSORS = 50


class Predecessor(WireModel):
    """The passport of an original battery: one of the workspace by its id, any by its Digital Link."""

    passport_id: WireId | None = None
    digital_link_uri: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = None

    @model_validator(mode="after")
    def _is_named_once(self) -> Self:
        if (self.passport_id is None) == (self.digital_link_uri is None):
            message = "needs either passportId or digitalLinkUri"
            raise ValueError(message)
        return self


class LineageCreate(WireModel):
    """Which originals a battery was made of, and how."""

    kind: Kind
    predecessors: Annotated[list[Predecessor], Field(min_length=1, max_length=MOST_PREDECESSORS)]
