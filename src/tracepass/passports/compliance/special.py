"""The rules of single categories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tracepass.passports.compliance.facts import Facts
from tracepass.passports.compliance.findings import Finding, about_field
from tracepass.templates.models import Field

BATTERIES = "(EU) 2023/1542"
SVHC_SHARE = 0.1
"""Percent by weight (REACH, Art. 33; Directive 2008/98/EC, Art. 9(1)(i))."""

_THRESHOLDS = {"percent_ww": SVHC_SHARE, "mg_kg": 1000, "g_l": 1}
"""The same share in each unit of the tables of substances; a litre counts as a kilogram."""

_SAFE_USE = {"svhc", "safe_use", "concentration_max"}
_SVHC = re.compile("svhc|very high concern", re.IGNORECASE)
_SCIP = re.compile("scip|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


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
    for field in facts.duties.foreign:
        if facts.has(field.key):
            why = f"{field.label} does not apply to this kind of battery."
            fix = f"Empty it: PATCH .../fields/{field.key} with null, or correct PATCH .../condition-flags."
            yield about_field(field, "invalid_format", "warning", "BAT-APP", why=why, fix=fix)


def battery_values(facts: Facts) -> Iterator[Finding]:
    """An SVHC above 0.1 % by weight is notified to the SCIP database (Directive 2008/98/EC, Art. 9(1)(i)).

    Batteries have no field of their own for the number, so the finding stands at the table of substances, and any
    text of the row may name it. Shares and footprints are bounded by the template, which ``FORMAT`` checks.
    """
    field = facts.template.fields.get("hazardous_substances")
    if field is not None and any(_unnotified(row) for row in facts.rows(field.key)):
        yield Finding(
            type="conditional_missing",
            severity="warning",
            target=field.key,
            regulation="2008/98/EC",
            article="Art. 9(1)(i)",
            rule_id="BAT-VAL",
            why="A substance of very high concern above 0.1 % by weight is recorded without a SCIP number.",
            fix=f"Write the number into the row, like 'SCIP 1b4e28ba-...' in impact: PATCH .../fields/{field.key}.",
        )


def _unnotified(row: Mapping[str, Any]) -> bool:
    if not _exceeds(row.get("concentration"), SVHC_SHARE) or not _SVHC.search(str(row.get("hazard_class", ""))):
        return False
    return not any(_SCIP.search(text) for text in row.values() if isinstance(text, str))


def _exceeds(share: object, threshold: float) -> bool:
    return isinstance(share, int | float) and share > threshold


def information_on_svhc(facts: Facts) -> Iterator[Finding]:
    """Whoever supplies an article with an SVHC above 0.1 % tells how to use it safely (REACH, Art. 33)."""
    for field in facts.template.fields.values():
        if not _SAFE_USE.issubset(column.key for column in field.columns):
            continue
        if any(_is_untold(row, field) for row in facts.rows(field.key)):
            yield Finding(
                type="conditional_missing",
                severity="critical",
                target=field.key,
                regulation="(EC) No 1907/2006",
                article="Art. 33",
                rule_id="CHEM-1",
                why=f"{field.label} names a substance of very high concern above 0.1 % without telling its safe use.",
                fix=f"Write safe_use in the row: PATCH .../fields/{field.key}.",
            )


def _is_untold(row: Mapping[str, Any], field: Field) -> bool:
    """Tell whether a row is an SVHC above 0.1 %, in whatever unit, without instructions."""
    is_svhc = row.get("svhc", field.key == "svhc_substances")
    threshold = _THRESHOLDS.get(str(row.get("concentration_unit")), SVHC_SHARE)
    highest = row.get("concentration_max", row.get("concentration_min"))
    return bool(is_svhc) and _exceeds(highest, threshold) and not row.get("safe_use")


def ce_marking(facts: Facts) -> Iterator[Finding]:
    """A product under a harmonised standard is CE marked (Regulation (EU) 2024/3110, Art. 16)."""
    field = facts.template.fields.get("ce_marking")
    if field is not None and facts.values.get("harmonised_specification") and facts.values.get(field.key) is not True:
        why = "A harmonised standard is named without the CE marking."
        fix = f"Write true once the product is marked: PATCH .../fields/{field.key}."
        yield about_field(field, "conditional_missing", "critical", "CON-1", why=why, fix=fix)
