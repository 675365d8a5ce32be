"""The rules of every category: required fields and parties, conditions, formats, legal limits, the maker's seat."""

from __future__ import annotations

from collections.abc import Iterator
from operator import ge, gt, le, lt

from tracepass.passports.compliance.conditions import holds
from tracepass.passports.compliance.facts import Facts
from tracepass.passports.compliance.findings import Finding, about_field
from tracepass.templates.models import Field
from tracepass.templates.service import check_value

_COMPARE = {"<=": le, ">=": ge, "<": lt, ">": gt}
MARKET_SURVEILLANCE = "(EU) 2019/1020"
BINDING = frozenset({"conditional", "other_law"})


def required_fields(facts: Facts) -> Iterator[Finding]:
    """Every field that an adopted act wants here has an approved value."""
    for field in facts.template.required_fields(facts.subcategory):
        if field.filled_by == "system":
            continue
        state = facts.fields.get(field.key)
        if state is None or state["value"] is None:
            yield _missing(field)
        elif state["status"] != "approved":
            why = f"{field.label} has a value that nobody approved yet."
            fix = f"Approve it: POST .../fields/{field.key}/review with action approve."
            yield about_field(field, "unapproved_field", "critical", "REQ-FIELD", why=why, fix=fix)


def _missing(field: Field) -> Finding:
    fix = f"Write it: PATCH .../fields/{field.key}."
    if field.filled_by == "telemetry":
        why = f"{field.label} comes from the product in use and has not arrived yet."
        return about_field(field, "missing_field", "warning", "awaiting_use_data", why=why, fix=fix)
    why = f"{field.label} is required in this passport."
    return about_field(field, "missing_field", "critical", "REQ-FIELD", why=why, fix=fix)


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
    """A field whose condition holds has a value; where the passport cannot tell, a person must look."""
    for field in facts.template.fields.values():
        if field.condition is None or facts.has(field.key) or not facts.applies(field) or field.filled_by == "system":
            continue
        answer = holds(field.condition, facts)
        binding = facts.template.obligation(field, facts.subcategory) in BINDING
        if answer is True and _party_of(field, facts) is None:
            yield _conditional(field, binding=binding)
        elif answer is None and binding:
            why = f"{field.label} is needed if {field.condition}; the passport does not say whether that is so."
            fix = f"Write it if so: PATCH .../fields/{field.key}."
            yield about_field(field, "unverifiable_conditional", "warning", "COND", why=why, fix=fix)


def _party_of(field: Field, facts: Facts) -> object | None:
    """Return the party that says what a field of the same meaning would."""
    names = {"importer": "importer", "authorised_representative": "authorisedRepresentative"}
    return facts.parties.get(names.get(field.key, ""))


def _conditional(field: Field, *, binding: bool) -> Finding:
    why = f"{field.label} is needed, because {field.condition}."
    fix = f"Write it: PATCH .../fields/{field.key}."
    severity = "critical" if binding and field.obligation == "conditional" else "warning"
    return about_field(
        field, "conditional_missing", "critical" if severity == "critical" else "warning", "COND", why=why, fix=fix
    )


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
    for field in facts.template.fields.values():
        value = facts.values.get(field.key)
        if field.limit is None or not isinstance(value, int | float):
            continue
        if not _COMPARE[field.limit.op](value, field.limit.value):
            unit = f" {field.unit}" if field.unit else ""
            why = f"{field.label} is {value:g}{unit}; the law wants {field.limit.op} {field.limit.value:g}{unit}."
            fix = "Check the value; if it is right, the product itself does not meet the limit."
            yield about_field(field, "invalid_format", "critical", "LIMIT", why=why, fix=fix)
