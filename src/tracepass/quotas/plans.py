"""The plans, read from their file; what they allow is data, and a self-hoster may turn all of it off."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal, Self

from tracepass.quotas.models import Plan


@dataclass(frozen=True, slots=True)
class Plans:
    """All plans by their slug."""

    by_slug: Mapping[str, Plan]

    @classmethod
    def load(cls, switch: Literal["on", "off"] = "on") -> Self:
        """Read the plans; with ``off`` each keeps its name and includes everything."""
        text = resources.files("tracepass.quotas").joinpath("plans.json").read_text("utf-8")
        rows: Mapping[str, Mapping[str, Any]] = json.loads(text)
        return cls(
            {slug: _plan(slug, row) if switch == "on" else Plan(slug, row["name"]) for slug, row in rows.items()}
        )

    def of(self, slug: str) -> Plan:
        """Return a plan; one that the file does not name any more includes everything."""
        return self.by_slug.get(slug) or Plan(slug, slug.title())


def _plan(slug: str, row: Mapping[str, Any]) -> Plan:
    return Plan(
        slug=slug,
        name=row["name"],
        writes_per_day=row["maxV1WritesPerDay"],
        reads_per_day=row["maxV1PassportsPerDay"],
        per_minute=row["perMinute"],
        max_passports=row["maxDpps"],
        epcis_events_per_month=row["maxEpcisEventsPerMonth"],
        overage_cents=row["overageCents"],
        extra_languages=row["extraLanguages"],
        passport_days=row["passportDays"],
    )
