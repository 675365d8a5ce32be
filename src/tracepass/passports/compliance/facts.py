"""What rules look at: a passport, its template and its flags, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tracepass.passports.compliance.duties import Duties, duties_of, effective_flags
from tracepass.templates.models import Template

# The Union and the EEA states that are not in it (Agreement on the European Economic Area).
EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK IS LI NO".split()  # noqa: SIM905
)
Fields = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Facts:
    """A passport as rules see it; fields that the platform fills need not be there."""

    template: Template
    fields: Fields
    parties: Mapping[str, Mapping[str, Any]]
    granularity: str
    flags: Mapping[str, bool]

    @classmethod
    def of(cls, passport: Mapping[str, Any], template: Template) -> Facts:
        """Return the facts of a passport as it is stored or shown; what the product in use told counts as approved."""
        told = {key: {"value": one["value"], "status": "approved"} for key, one in passport.get("dynamic", {}).items()}
        return cls(
            template=template,
            fields={**passport["fields"], **told} if told else passport["fields"],
            parties=passport["parties"],
            granularity=passport["granularity"],
            flags=passport.get("conditionFlags", {}),
        )

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
        """Return the subcategory that the values name, approved or not."""
        key = self.template.subcategory_field
        state = None if key is None else self.fields.get(key)
        return None if key is None or state is None else self.template.subcategory({key: state["value"]})

    @cached_property
    def duties(self) -> Duties:
        """Return what binds this passport."""
        return duties_of(self.template, self.subcategory, self.flags)

    @cached_property
    def effective_flags(self) -> Mapping[str, bool]:
        """Return the flags as they hold, those that the subcategory implies included."""
        return effective_flags(self.template, self.subcategory, self.flags)

    def has(self, key: str) -> bool:
        """Tell whether a field has any value."""
        field = self.fields.get(key)
        return field is not None and field["value"] is not None

    def rows(self, key: str) -> list[Mapping[str, Any]]:
        """Return the rows of an approved table; what is no row is left to the rule on formats."""
        value = self.values.get(key)
        return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []

    @property
    def made_outside(self) -> bool | None:
        """Tell whether the manufacturer sits outside the EEA; None while its country is not named."""
        country = self.parties.get("manufacturer", {}).get("country")
        return None if country is None else country not in EEA

    def flag(self, name: str) -> bool | None:
        """Return a condition flag, or None if nothing says it."""
        return self.effective_flags.get(name)
