"""The rules of single categories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tracepass.passports.compliance.facts import Facts
from tracepass.passports.compliance.findings import Finding, about_field
from tracepass.templates.models import Field

BATTERIES = "(EU) 2023/1542"
SVHC_SHARE = 0.1


def battery_identifier(facts: Facts) -> Iterator[Finding]:
    """EV, LMT and industrial batteries above 2 kWh carry a unique identifier each (Batteries Regulation, Art. 77)."""
    if facts.subcategory is not None and facts.granularity != "item":
        yield Finding(
            type="invalid_format",
            severity="critical",
            target="granularity",
            regulation=BATTERIES,
            article="Art. 77(3)",
            rule_id="BAT-1",
            why="Every battery has a passport and a unique identifier of its own.",
            fix="Make an item passport with a serial number.",
        )


def battery_applicability(facts: Facts) -> Iterator[Finding]:
    """A field that does not belong to this kind of battery is better left empty."""
    for key, field in facts.template.fields.items():
        if facts.has(key) and not facts.applies(field) and field.filled_by != "system":
            why = f"{field.label} does not apply to this kind of battery."
            fix = f"Empty it: PATCH .../fields/{key} with null, or correct the battery category."
            yield about_field(field, "invalid_format", "warning", "BAT-APP", why=why, fix=fix)


def svhc_number(facts: Facts) -> Iterator[Finding]:
    """An SVHC above 0.1 % by weight is notified to the SCIP database (Directive 2008/98/EC, Art. 9(1)(i)).

    Batteries have no field of their own for the number, so the finding stands at the table of substances.
    """
    field = facts.template.fields["hazardous_substances"]
    rows = facts.values.get(field.key) or ()
    if any("svhc" in str(row.get("hazard_class", "")).casefold() and _share(row, "concentration") for row in rows):
        yield Finding(
            type="conditional_missing",
            severity="warning",
            target=field.key,
            regulation="2008/98/EC",
            article="Art. 9(1)(i)",
            rule_id="BAT-VAL",
            why="A substance of very high concern above 0.1 % by weight is recorded without a SCIP number.",
            fix="Notify the article to the SCIP database and name the number beside the substance.",
        )


def _share(row: Mapping[str, Any], column: str) -> bool:
    """Tell whether a column of a row is a share above the threshold."""
    share = row.get(column)
    return isinstance(share, int | float) and share > SVHC_SHARE


def information_on_svhc(facts: Facts) -> Iterator[Finding]:
    """Whoever supplies an article with an SVHC above 0.1 % tells how to use it safely (REACH, Art. 33)."""
    field = facts.template.fields.get("svhc_substances")
    rows = () if field is None else facts.values.get(field.key) or ()
    if field is not None and any(_share(row, "concentration_max") and not row.get("safe_use") for row in rows):
        yield _needed(field, "CHEM-1", why="An SVHC above 0.1 % is recorded without instructions for safe use.")


def ce_marking(facts: Facts) -> Iterator[Finding]:
    """A product under a harmonised standard is CE marked (Regulation (EU) 2024/3110, Art. 16)."""
    field = facts.template.fields.get("ce_marking")
    if field is not None and facts.has("harmonised_specification") and not facts.has(field.key):
        yield _needed(field, "CON-1", why="A harmonised standard is named without the CE marking.")


def _needed(field: Field, rule_id: str, *, why: str) -> Finding:
    fix = f"Write it: PATCH .../fields/{field.key}."
    return about_field(field, "conditional_missing", "critical", rule_id, why=why, fix=fix)
