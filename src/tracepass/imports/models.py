"""What clients ask about imports."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, StringConstraints

from tracepass.core.schema import QueryModel, WireId
from tracepass.passports.models import Locale

MOST_ROWS: Final = 50_000
MOST_COLUMNS: Final = 400
MOST_BYTES: Final = 1_000_000_000
"""Bytes of an export, packed or not."""
MOST_SHEET_BYTES: Final = 256 * 1024 * 1024
MOST_UNPACKED: Final = 512 * 1024 * 1024
SHEET: Final = "Passports"
EXPORT: Final = "export"
"""The kind of imports that take in exports; others are of the kind ``sheet``."""
Category = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Told = Literal["true", "false"]


class ImportQuery(QueryModel):
    """How a file is read; a dry run unless said otherwise. What is not for spreadsheets alone is for both kinds."""

    category: Category | None = None
    dry_run: Told = "true"
    product_id: WireId | None = None
    lang: Locale | None = None
    confirm_overage: Told = "false"


class ImportListQuery(QueryModel):
    """One page of imports."""

    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class SheetQuery(QueryModel):
    """Which empty spreadsheet: of a category, in a language, with the default values of a product if one is named."""

    category: Category
    format: Literal["xlsx", "csv"] = "xlsx"
    lang: Locale = "en"
    product_id: WireId | None = None
