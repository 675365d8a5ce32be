"""The rules of every category: required fields and parties, conditions, formats, legal limits, the maker's seat."""

from __future__ import annotations

from collections.abc import Iterator
from operator import ge, gt, le, lt

from tracepass.passports.compliance.conditions import holds
from tracepass.passports.compliance.facts import Facts
from tracepass.passports.compliance.findings import Finding, Severity, about_field, once_a_field
from tracepass.templates.models import Field
from tracepass.templates.service import check_value

_COMPARE = {"<=": le, ">=": ge, "<": lt, ">": gt}
MARKET_SURVEILLANCE = "(EU) 2019/1020"


def required_fields(facts: Facts) -> Iterator[Finding]:
    """Every field that the template, the subcategory and the flags want here has an approved value."""
    values = facts.values
    for field in facts.duties.required:
        if field.key in values:
            continue
        if not facts.has(field.key):
            yield _missing(field)
        else:
            yield _unapproved(field, "warning" if field.filled_by == "telemetry" else "critical", "REQ-FIELD")


@once_a_field
def _missing(field: Field) -> Finding:
    if field.filled_by == "telemetry":
        return _awaited(field)
    why = f"{field.label} has no value."
    return about_field(field, "missing_field", "critical", "REQ-FIELD", why=why, fix=_write(field))


@once_a_field
def _awaited(field: Field) -> Finding:
    why = f"{field.label} comes from the product in use and has not arrived yet."
    fix = f"Send it: POST .../measurements with field {field.key}."
    return about_field(field, "missing_field", "warning", "awaiting_use_data", why=why, fix=fix)


@once_a_field
def _unapproved(field: Field, severity: Severity, rule_id: str) -> Finding:
    why = f"{field.label} has a value that nobody approved yet."
    fix = f"Approve it: POST .../fields/{field.key}/review with action approve."
    return about_field(field, "unapproved_field", severity, rule_id, why=why, fix=fix)


def _write(field: Field) -> str:
    return f"Write it: PATCH .../fields/{field.key}."


def required_parties(facts: Facts) -> Iterator[Finding]:
    """Every passport names its manufacturer."""
    if "manufacturer" not in facts.parties:
        yield Finding(
            type="missing_party",
            severity="critical",
            target="manufacturer",
            regulation="(EU) 2024/1781",
            article="Annex III(g)",
            rule_id="REQ-PARTY",
            why="The passport does not name the manufacturer.",
            fix="Name it: PATCH .../parties/manufacturer.",
        )


def operator_in_the_union(facts: Facts) -> Iterator[Finding]:
    """A maker outside the EEA needs an operator inside (Regulation (EU) 2019/1020, Article 4)."""
    if facts.made_outside and not {"importer", "authorisedRepresentative"} & facts.parties.keys():
        yield Finding(
            type="missing_party",
            severity="critical",
            target="importer",
            regulation=MARKET_SURVEILLANCE,
            article="Art. 4",
            rule_id="CC-1",
            why="The manufacturer sits outside the EU and EEA, and no operator inside is named.",
            fix="Name the importer or the authorised representative: PATCH .../parties/importer.",
        )


def conditional_fields(facts: Facts) -> Iterator[Finding]:
    """A field whose condition holds has an approved value; where the passport cannot tell, a person must look.

    What another law than that of the passport asks for never stands in the way of it: a warning.
    """
    values = facts.values
    for field in facts.duties.conditional:
        if field.key in values:
            continue
        obligation = facts.duties.obligations[field.key]
        answer = holds(str(field.condition), facts)
        if answer is None and not facts.has(field.key):
            yield _open(field)
        elif answer is True and _party_of(field, facts) is None:
            yield _conditional(field, "critical" if obligation == "conditional" else "warning", facts)


def _party_of(field: Field, facts: Facts) -> object | None:
    """Return the party that says what a field of the same meaning would."""
    names = {"importer": "importer", "authorised_representative": "authorisedRepresentative"}
    return facts.parties.get(names.get(field.key, ""))


@once_a_field
def _open(field: Field) -> Finding:
    why = f"{field.label} is needed if this holds: {field.condition}. The passport does not say whether it does."
    fix = f"If so, write it: PATCH .../fields/{field.key}."
    return about_field(field, "unverifiable_conditional", "warning", "COND", why=why, fix=fix)


def _conditional(field: Field, severity: Severity, facts: Facts) -> Finding:
    if facts.has(field.key):
        return _unapproved(field, "warning" if field.filled_by == "telemetry" else severity, "COND")
    if field.filled_by == "telemetry":
        return _awaited(field)
    why = f"{field.label} is needed, because this holds: {field.condition}."
    return about_field(field, "conditional_missing", severity, "COND", why=why, fix=_write(field))


def formats(facts: Facts) -> Iterator[Finding]:
    """Every value fits its field: what was taken once may not fit a newer template."""
    for key, state in facts.fields.items():
        field = facts.template.fields.get(key)
        if field is None or state["value"] is None:
            continue
        problems = check_value(field, state["value"])
        if problems:
            first = problems[0].within(key)
            why, fix = f"{first.path} {first.message}.", f"Correct it: PATCH .../fields/{key}."
            yield about_field(field, "invalid_format", "critical", "FORMAT", why=why, fix=fix)


def legal_limits(facts: Facts) -> Iterator[Finding]:
    """A value beyond a legal limit is no input error, but the product may not be sold like that."""
    for field in facts.duties.limited:
        value, limit = facts.values.get(field.key), field.limit
        if limit is None or not isinstance(value, int | float) or _COMPARE[limit.op](value, limit.value):
            continue
        unit = f" {field.unit}" if field.unit else ""
        why = f"{field.label} is {value:g}{unit}; the law wants {limit.op} {limit.value:g}{unit}."
        fix = f"Check it: PATCH .../fields/{field.key}. If it is right, the product itself does not meet the limit."
        yield about_field(field, "invalid_format", "critical", "LIMIT", why=why, fix=fix)
