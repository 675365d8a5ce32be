"""What clients ask for when they print labels."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from tracepass.core.schema import WireId, WireModel, WireTimestamp
from tracepass.passports.carriers.kinds import Correction, Symbology
from tracepass.passports.labels.formats import LabelFormat
from tracepass.passports.models import Granularity, Gs1Value, Gtin, Status

MAX_PASSPORTS = 1000
MAX_LABELS = 5000
TextItem = Literal["name", "model", "gtin", "lot", "serial"]
Length = Annotated[float, Field(ge=5, le=1500)]
Offset = Annotated[float, Field(ge=0, le=1500)]


class SerialReference(WireModel):
    """A passport by its serial, and its GTIN where the serial alone says too little."""

    serial_number: Gs1Value
    gtin: Gtin | None = None


class LabelFilter(WireModel):
    """Passports as their list finds them; more than ``limit`` of them are refused, not cut off."""

    product_id: WireId | None = None
    status: Status | None = None
    search: Annotated[str, StringConstraints(min_length=1, max_length=114)] | None = None
    category: str | None = None
    granularity: Granularity | None = None
    updated_since: WireTimestamp | None = None
    sort: Literal["createdAt", "-createdAt", "updatedAt", "-updatedAt"] = "createdAt"
    limit: Annotated[int, Field(ge=1, le=MAX_PASSPORTS)] = 100


class CustomFormat(WireModel):
    """A sheet or roll of the caller's own, in millimetres; without a pitch the labels touch."""

    page_width: Length
    page_height: Length
    label_width: Length
    label_height: Length
    columns: Annotated[int, Field(ge=1, le=50)] = 1
    rows: Annotated[int, Field(ge=1, le=100)] = 1
    margin_left: Offset = 0
    margin_top: Offset = 0
    pitch_x: Offset | None = None
    pitch_y: Offset | None = None

    @property
    def grid(self) -> LabelFormat:
        """Return the format it describes."""
        return LabelFormat(
            page_width=self.page_width,
            page_height=self.page_height,
            label_width=self.label_width,
            label_height=self.label_height,
            columns=self.columns,
            rows=self.rows,
            margin_left=self.margin_left,
            margin_top=self.margin_top,
            pitch_x=self.label_width if self.pitch_x is None else self.pitch_x,
            pitch_y=self.label_height if self.pitch_y is None else self.pitch_y,
        )


def _all_text() -> list[TextItem]:
    return ["name", "gtin", "lot", "serial"]


class LabelOrder(WireModel):
    """Which passports on which labels; exactly one of the ways to name passports, and one of those to name a format."""

    passport_ids: Annotated[list[WireId], Field(min_length=1, max_length=MAX_PASSPORTS)] | None = None
    serials: Annotated[list[SerialReference], Field(min_length=1, max_length=MAX_PASSPORTS)] | None = None
    filter: LabelFilter | None = None
    label_format: str | None = None
    custom_format: CustomFormat | None = None
    symbology: Symbology = "qr"
    ecc: Correction | None = None
    x_dimension: Annotated[float, Field(gt=0, le=10)] | None = None
    printer_dpi: Annotated[int, Field(ge=72, le=2400)] | None = None
    text: list[TextItem] = Field(default_factory=_all_text)
    start_at: Annotated[int, Field(ge=1, le=5000)] = 1
    copies: Annotated[int, Field(ge=1, le=100)] = 1
    outline: bool = False

    @property
    def passports(self) -> int:
        """Return how many passports are asked for, at most: what the order costs."""
        if self.filter is not None:
            return self.filter.limit
        return len(self.passport_ids or ()) + len(self.serials or ())
