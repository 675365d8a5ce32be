"""How complete a passport is."""

from __future__ import annotations

from collections import Counter
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
    duties = duties_of(template, subcategory_of(template, fields), flags or {})
    applying = duties.applying
    found = Counter([state["status"] for key, state in fields.items() if key in applying])
    return {
        "total": len(applying) + duties.own,
        "empty": len(applying) - found.total() + found["empty"],
        "pendingReview": found["pending_review"],
        "approved": found["approved"] + duties.own,
        "flagged": found["flagged"],
    }


def completion_percentage(counts: Mapping[str, int]) -> int:
    """Return the share of approved fields in whole percent, halves rounded up."""
    return int(100 * counts["approved"] / counts["total"] + 0.5) if counts["total"] else 100
