"""How complete a passport is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.passports.compliance.duties import duties_of
from tracepass.templates.models import Template


def subcategory_of(template: Template, fields: Mapping[str, Mapping[str, Any]]) -> str | None:
    """Return the subcategory that a passport's fields name, or None while it is open."""
    state = fields.get(template.subcategory_field) if template.subcategory_field else None
    return None if state is None else template.subcategory({str(template.subcategory_field): state["value"]})


def field_counts(
    template: Template, fields: Mapping[str, Any], flags: Mapping[str, bool] | None = None
) -> dict[str, int]:
    """Count the fields that apply, given the condition flags, by status; those the platform fills count as approved."""
    counts = {"total": 0, "empty": 0, "pendingReview": 0, "approved": 0, "flagged": 0}
    names = {"empty": "empty", "pending_review": "pendingReview", "approved": "approved", "flagged": "flagged"}
    for field in duties_of(template, subcategory_of(template, fields), flags or {}).applying:
        counts["total"] += 1
        state = fields.get(field.key)
        status = "approved" if field.filled_by == "system" else "empty" if state is None else state["status"]
        if status in names:
            counts[names[status]] += 1
    return counts


def completion_percentage(counts: Mapping[str, int]) -> int:
    """Return the share of approved fields in whole percent, halves rounded up."""
    return int(100 * counts["approved"] / counts["total"] + 0.5) if counts["total"] else 100
