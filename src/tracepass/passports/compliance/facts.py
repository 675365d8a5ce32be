"""What rules look at: a passport, its template and its flags, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tracepass.templates.models import Field, Template

# The Union and the EEA states that are not in it (Agreement on the European Economic Area).
EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()  # noqa: SIM905
)
Fields = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Facts:
    """A passport as rules see it; ``fields`` holds the computed ones too."""

    template: Template
    fields: Fields
    parties: Mapping[str, Mapping[str, Any]]
    granularity: str
    flags: Mapping[str, bool]

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Return the values that are approved."""
        return {
            key: field["value"]
            for key, field in self.fields.items()
            if field["status"] == "approved" and field["value"] is not None
        }

    @cached_property
    def subcategory(self) -> str | None:
        """Return the subcategory that the values name."""
        given = {key: field["value"] for key, field in self.fields.items() if field["value"] is not None}
        return self.template.subcategory(given)

    def has(self, key: str) -> bool:
        """Tell whether a field has any value."""
        field = self.fields.get(key)
        return field is not None and field["value"] is not None

    def applies(self, field: Field) -> bool:
        """Tell whether a field belongs to a passport of this subcategory."""
        return self.template.applies(field, self.subcategory)

    @property
    def made_outside(self) -> bool | None:
        """Tell whether the manufacturer sits outside the EEA; None while its country is not named."""
        country = self.parties.get("manufacturer", {}).get("country")
        return None if country is None else country not in EEA

    def flag(self, name: str) -> bool | None:
        """Return a condition flag, or what the subcategory says of it."""
        if name == "hasBMS" and self.subcategory is not None and name not in self.flags:
            return self.subcategory != "industrial_no_bms"
        return self.flags.get(name)
