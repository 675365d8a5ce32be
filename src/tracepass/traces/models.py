"""What clients send about traces: the names and types of tracezilla's API."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
)

from tracepass.core.schema import Text, WireTimestamp
from tracepass.traces.uuids import read_uuid

Origin = Literal["Delivery", "Lot", "Order"]
Linked = Literal["PartnerCertificate", "Partner"]
System = Literal[
    "certificate",
    "batch_number",
    "lot_number",
    "serial_number",
    "container_number",
    "pallet_number",
    "track_and_trace",
    "transport_event",
    "owner",
    "other",
    "line_ref",
    "control_body_code",
    "customer",
    "origin_raw_material",
]
Sortable = Literal["key", "system", "created_at", "updated_at"]
Uuid = Annotated[str, AfterValidator(read_uuid)]

MOST_PER_PAGE = 100
MOST_VALUES = 100
LATEST_PAGE = 1_000_000
WRITABLE = (
    "bring_forward",
    "hide_on_documents",
    "key",
    "label",
    "link_entity_id",
    "link_model_name",
    "origin_entity_id",
    "origin_model_name",
    "system",
)


class _TraceModel(BaseModel):
    """A body in snake_case: unknown members are refused, values keep their JSON type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, arbitrary_types_allowed=True)

    # What clients read and send back is known, and not theirs to say.
    id: Uuid | None = None
    created_at: WireTimestamp | None = None
    updated_at: WireTimestamp | None = None

    @property
    def named(self) -> dict[str, Any]:
        """Return the members the client named and may set."""
        return {name: value for name, value in self.model_dump(exclude_unset=True).items() if name in WRITABLE}


class TraceCreate(_TraceModel):
    """A new trace."""

    origin_entity_id: Uuid
    origin_model_name: Origin
    key: Text
    system: System
    bring_forward: bool = False
    hide_on_documents: bool = False
    label: Text | None = None
    link_entity_id: Uuid | None = None
    link_model_name: Linked | None = None


class TracePatch(_TraceModel):
    """Changes of a trace; what is not named stays."""

    origin_entity_id: Uuid = ""
    origin_model_name: Origin = "Lot"
    key: Text = ""
    system: System = "other"
    bring_forward: bool = False
    hide_on_documents: bool = False
    label: Text | None = None
    link_entity_id: Uuid | None = None
    link_model_name: Linked | None = None


def _split(value: Any) -> Any:
    """Read ``a,b`` and repetitions of it as one list."""
    texts = value if isinstance(value, list) else [value]
    return [part.strip() for text in texts for part in str(text).split(",") if part.strip()]


def _each_once(values: list[str]) -> list[str]:
    return list(dict.fromkeys(values))


Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_LIST = (BeforeValidator(_split), Field(min_length=1, max_length=MOST_VALUES), AfterValidator(_each_once))
Uuids = Annotated[list[Uuid], *_LIST]
Keys = Annotated[list[Key], *_LIST]


class LotTraceQuery(BaseModel):
    """Which traces of a lot to list, in which order, and which page of them."""

    model_config = ConfigDict(extra="ignore", frozen=True, validate_by_alias=True, validate_by_name=False)

    page: Annotated[int, Field(ge=1, le=LATEST_PAGE)] = 1
    per_page: Annotated[int, Field(ge=1, le=MOST_PER_PAGE)] = MOST_PER_PAGE
    sort_by: Annotated[Sortable | None, Field(alias="sortBy")] = None
    sort_direction: Annotated[Literal["asc", "desc"] | None, Field(alias="sortDirection")] = None
    origin_lot: Annotated[Uuid | None, Field(alias="origin_lot[eq]")] = None
    origin_lots: Annotated[Uuids | None, Field(alias="origin_lot[in]")] = None
    key: Annotated[Key | None, Field(alias="key[eq]")] = None
    keys: Annotated[Keys | None, Field(alias="key[in]")] = None
    key_part: Annotated[Key | None, Field(alias="key[ct]")] = None

    @field_validator("*", mode="before")
    @classmethod
    def _once(cls, value: Any) -> Any:
        """Take a parameter that came once out of its list; those that may come again read the list themselves."""
        return value[0] if isinstance(value, list) and len(value) == 1 else value

    @property
    def sort(self) -> tuple[Sortable, int]:
        """Return what the order is by, and 1 for ascending or -1: the newest first, unless asked otherwise."""
        ascending = self.sort_direction == "asc" or (self.sort_direction is None and self.sort_by is not None)
        return self.sort_by or "created_at", 1 if ascending else -1


class TraceQuery(LotTraceQuery):
    """Which traces to list, in which order, and which page of them."""

    origin_delivery: Annotated[Uuid | None, Field(alias="origin_delivery[eq]")] = None
    origin_deliveries: Annotated[Uuids | None, Field(alias="origin_delivery[in]")] = None
