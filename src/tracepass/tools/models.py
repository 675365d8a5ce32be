"""What the tools are asked: one item, or ``{"items": [...]}``."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, RootModel, StringConstraints

from tracepass.core.schema import WireModel

MAX_ITEMS = 1000
MAX_VALUE = 8191
"""The longest GS1 message that the reference engine of GS1 reads."""

Value = Annotated[str, StringConstraints(max_length=MAX_VALUE)]
Short = Annotated[str, StringConstraints(max_length=200)]


class ToolBody(RootModel[dict[str, Any]]):
    """The body of a tool: an item itself, or ``items`` with up to a thousand of them."""

    @property
    def items(self) -> Any:
        """Return what stands under ``items``, or None where the body is one item."""
        return self.root.get("items")

    @property
    def units(self) -> int:
        """Return how many units the body costs; a batch that will be refused costs one."""
        return len(self.items) if isinstance(self.items, list) and 1 <= len(self.items) <= MAX_ITEMS else 1


class EncodeItem(WireModel):
    """A GS1 key to be written as an EPC. Which members belong to which type says `tracepass.tools.epcs`."""

    type: Short
    company_prefix_length: int
    class_level: bool = False
    filter: Annotated[int, Field(ge=0, le=7)] = 0
    tag_scheme: Short | None = None
    gtin: Short | None = None
    serial: Short | None = None
    lot: Short | None = None
    tpx: Short | None = None
    sscc: Short | None = None
    gln: Short | None = None
    extension: Short | None = None
    pgln: Short | None = None
    grai: Short | None = None
    giai: Short | None = None
    gsrn: Short | None = None
    gsrnp: Short | None = None
    gdti: Short | None = None
    gcn: Short | None = None
    sgcn: Short | None = None
    cpi: Short | None = None
    ginc: Short | None = None
    gsin: Short | None = None
    itip: Short | None = None
    piece: Short | None = None
    total: Short | None = None


class DecodeItem(WireModel):
    """An EPC in any notation."""

    value: Value
    company_prefix_length: int | None = None
    verify_check_digit: bool = True


class BarcodeItem(WireModel):
    """What a scanner sent, or what stands beside a symbol."""

    data: Value
    barcode_type: Short | None = None


class SerialItem(WireModel):
    """A serial number under a GTIN, with what else the code carries; or the whole code as ``data``."""

    gtin: Short | None = None
    serial: Short | None = None
    batch: Short | None = None
    expiration_date: Short | None = None
    data: Value | None = None
    country_code: Short | None = None
