"""The columns of the spreadsheet: each is a path of what ``POST /passports`` takes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from tracepass.passports.models import ROLES
from tracepass.templates.models import Field, Template

MEMBERS: Final = ("legalName", "gln", "country", "legacyOperatorId", "url")
Kind = Literal["own", "field", "party"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: what stands in the first row; the path in the body of a new passport.
        about: what goes into it.
        kind: whether it is a field of the template, a member of a party, or the passport's own.
        field: the field, where it is one.
        is_required: whether each row needs it.
        choices: what the drop-down offers.
    """

    name: str
    about: str
    kind: Kind = "own"
    field: Field | None = None
    is_required: bool = False
    choices: tuple[str, ...] = ()


OWN: Final = (
    Column("productModel", "Model of the product, as the catalogue has it; or fill productId", is_required=True),
    Column("productId", "Id of the product, instead of its model"),
    Column("gs1.gtin", "GTIN of 8, 12, 13 or 14 digits", is_required=True),
    Column("gs1.serialNumber", "Serial number of the item; unique within the GTIN"),
    Column("gs1.lot", "Batch or lot number"),
    Column("granularity", "What the passport is for", choices=("model", "batch", "item")),
    Column("expiresAt", "When it expires, like 2030-01-01T00:00:00Z; may stay empty"),
)


def columns_of(template: Template) -> Mapping[str, Column]:
    """Return all columns that a spreadsheet of a category may have, by their names."""
    return {column.name: column for column in _columns(template)}


def _columns(template: Template) -> Iterator[Column]:
    yield from OWN
    for field in template.fields.values():
        if field.filled_by != "system":
            yield Column(f"fields.{field.key}", field.help, "field", field)
    for role in ROLES:
        for member in MEMBERS:
            yield Column(f"parties.{role}.{member}", f"{member} of the {role}", "party")
