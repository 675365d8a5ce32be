"""Whether a passport can be registered: what the registry of the Union asks for, point by point.

The registry takes identifiers, not content (Regulation (EU) 2024/1781, Art. 13; Regulation (EU) 2026/1778, Art. 8).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tracepass.passports.compliance import Facts
from tracepass.templates.models import Level

_LEVELS: tuple[Level, ...] = ("model", "batch", "item")
_OPERATORS = ("operator_identifier", "manufacturer_operator_id")


@dataclass(frozen=True, slots=True)
class Check:
    """One point: whether it is met, what it is about, and how it is met where it is not."""

    id: str
    ok: bool
    why: str
    fix: str | None = None

    @property
    def wire(self) -> dict[str, Any]:
        """Return the check as it is shown."""
        return {"id": self.id, "ok": self.ok, "why": self.why, "fix": None if self.ok else self.fix}


def readiness(passport: Mapping[str, Any], facts: Facts, *, holds_claim: bool) -> dict[str, Any]:
    """Return whether a passport is ready for the registry; ``holds_claim`` tells whether its key is still its own."""
    checks = list(_checks(passport, facts, holds_claim=holds_claim))
    return {"ready": all(check.ok for check in checks), "checks": [check.wire for check in checks]}


def _checks(passport: Mapping[str, Any], facts: Facts, *, holds_claim: bool) -> Iterator[Check]:
    yield _value("unique_identifier", "unique_product_identifier", "unique product identifier", facts)
    yield _operator(facts)
    yield _value("facility", "facility_ids", "facility identifier", facts)
    yield _value("commodity_code", "commodity_code", "commodity code", facts)
    yield _link(passport, holds_claim=holds_claim)
    yield _level(passport, facts)


def _value(check: str, key: str, name: str, facts: Facts) -> Check:
    if key not in facts.template.fields:
        return Check(check, ok=True, why=f"The template of this category has no {name}.")
    if key in facts.values:
        return Check(check, ok=True, why=f"The {name} is there.")
    why = f"There is no approved {name}."
    return Check(check, ok=False, why=why, fix=f"Write and approve it: PATCH .../fields/{key}.")


def _operator(facts: Facts) -> Check:
    """The manufacturer as a party has an identifier; a field may name the operator instead."""
    if "manufacturer" in facts.parties or any(key in facts.values for key in _OPERATORS):
        return Check("operator_identifier", ok=True, why="The economic operator is identified.")
    why = "No economic operator is identified."
    fix = "Name the manufacturer with a GLN or another identifier: PATCH .../parties/manufacturer."
    return Check("operator_identifier", ok=False, why=why, fix=fix)


def _link(passport: Mapping[str, Any], *, holds_claim: bool) -> Check:
    if not holds_claim:
        why = "The key of this passport belongs to another one by now."
        return Check("public_link", ok=False, why=why, fix="Make a passport under a GTIN of yours.")
    if passport["status"] == "published":
        return Check("public_link", ok=True, why="The link of the code leads to the passport.")
    why = f"The passport is {passport['status']}: its link shows nothing yet, or nothing any more."
    move = "republish" if passport["status"] in {"suspended", "expired"} else "publish"
    return Check("public_link", ok=False, why=why, fix=f"Publish it: POST .../{move}.")


def _level(passport: Mapping[str, Any], facts: Facts) -> Check:
    """A passport is at least as fine as the coarsest level that the law of its category knows."""
    coarsest = min(facts.template.dpp.granularity, key=_LEVELS.index, default="model")
    if _LEVELS.index(passport["granularity"]) >= _LEVELS.index(coarsest):
        return Check("level", ok=True, why=f"A passport of this category may be one of each {passport['granularity']}.")
    why = f"Passports of this category are made for each {coarsest}, and this is one of a {passport['granularity']}."
    needed = "serial number" if coarsest == "item" else "lot"
    return Check("level", ok=False, why=why, fix=f"Make a passport with a {needed}.")
