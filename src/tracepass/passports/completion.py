"""How complete a passport is, and what stands between it and publishing."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tracepass.templates.models import Field, Template

REQUIRED_ROLE = "manufacturer"


def subcategory_of(template: Template, fields: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the subcategory that a passport's fields name, or None while it is open."""
    state = fields.get(template.subcategory_field) if template.subcategory_field else None
    return None if state is None else template.subcategory({str(template.subcategory_field): state["value"]})


@lru_cache
def applying(template: Template, subcategory: str | None) -> tuple[Field, ...]:
    """Return the fields of the template that belong to a passport of a subcategory."""
    return tuple(field for field in template.fields.values() if template.applies(field, subcategory))


def field_counts(template: Template, fields: Mapping[str, Any]) -> dict[str, int]:
    """Count the applying fields by their status; those the platform fills count as approved."""
    counts = {"total": 0, "empty": 0, "pendingReview": 0, "approved": 0, "flagged": 0}
    names = {"empty": "empty", "pending_review": "pendingReview", "approved": "approved", "flagged": "flagged"}
    for field in applying(template, subcategory_of(template, fields)):
        counts["total"] += 1
        state = fields.get(field.key)
        status = "approved" if field.filled_by == "system" else "empty" if state is None else state["status"]
        if status in names:
            counts[names[status]] += 1
    return counts


def completion_percentage(counts: Mapping[str, int]) -> int:
    """Return the share of approved fields in whole percent, halves rounded up."""
    return int(100 * counts["approved"] / counts["total"] + 0.5) if counts["total"] else 100


def gaps(template: Template, passport: Mapping[str, Any]) -> list[dict[str, str]]:
    """List what is missing for publishing: required fields without an approved value, and the manufacturer.

    Fields that the platform or the product in use fills are no gap.
    """
    fields = passport["fields"]
    subcategory = subcategory_of(template, fields)
    found = [
        gap
        for field in template.required_fields(subcategory)
        if field.filled_by == "user" and (gap := _gap(field, fields.get(field.key))) is not None
    ]
    if REQUIRED_ROLE not in passport["parties"]:
        found.append(
            {"type": "missing_party", "target": REQUIRED_ROLE, "message": "The manufacturer has not been named."}
        )
    return found


def _gap(field: Field, state: Mapping[str, Any] | None) -> dict[str, str] | None:
    if state is None or state["status"] == "empty":
        return {"type": "missing_field", "target": field.key, "message": f"{field.label} has no value."}
    if state["status"] != "approved":
        return {"type": "unapproved_field", "target": field.key, "message": f"{field.label} is not approved."}
    return None
