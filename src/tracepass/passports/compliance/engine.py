"""The table of rules, and the verdict over what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from tracepass.passports.compliance import general, special
from tracepass.passports.compliance.facts import Facts
from tracepass.passports.compliance.findings import Finding

FORMAT = "FORMAT"
Verdict = Literal["compliant", "compliant_with_warnings", "incomplete"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: its id, the categories it is for (None: all), and what it looks for."""

    id: str
    check: Callable[[Facts], Iterator[Finding]]
    categories: frozenset[str] | None = None

    def concerns(self, category: str) -> bool:
        """Tell whether the rule is for a category."""
        return self.categories is None or category in self.categories


_BATTERY = frozenset({"battery"})
_CHEMICAL = frozenset({"chemicals", "detergents"})

RULES: tuple[Rule, ...] = (
    Rule("REQ-FIELD", general.required_fields),
    Rule("REQ-PARTY", general.required_parties),
    Rule("COND", general.conditional_fields),
    Rule(FORMAT, general.formats),
    Rule("LIMIT", general.legal_limits),
    Rule("CC-1", general.operator_in_the_union),
    Rule("BAT-1", special.battery_identifier, _BATTERY),
    Rule("BAT-APP", special.battery_applicability, _BATTERY),
    Rule("BAT-VAL", special.battery_values, _BATTERY),
    Rule("CHEM-1", special.information_on_svhc, _CHEMICAL),
    Rule("CON-1", special.ce_marking, frozenset({"construction"})),
)


@dataclass(frozen=True, slots=True)
class Report:
    """What the rules found in one passport."""

    category: str
    findings: tuple[Finding, ...]
    checked: tuple[str, ...]

    @property
    def critical(self) -> tuple[Finding, ...]:
        """Return what stands in the way of compliance."""
        return tuple(finding for finding in self.findings if finding.severity == "critical")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Return what a person should look at."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    @property
    def verdict(self) -> Verdict:
        """Return the verdict."""
        if self.critical:
            return "incomplete"
        return "compliant_with_warnings" if self.warnings else "compliant"

    @property
    def rule_ids(self) -> tuple[str, ...]:
        """Return the ids that the findings carry, each once, in order."""
        return tuple(sorted({finding.rule_id for finding in self.findings}))

    @property
    def gaps(self) -> list[dict[str, str]]:
        """Return what stands between the passport and publishing it as complete."""
        return [{"type": found.type, "target": found.target, "message": found.why} for found in self.critical]

    def wire(self, completion: int) -> dict[str, Any]:
        """Return the report as it is shown."""
        open_conditions = any(finding.type == "unverifiable_conditional" for finding in self.findings)
        return {
            "verdict": self.verdict,
            "category": self.category,
            "conditionalCoverage": "static-only" if open_conditions else "evaluated",
            "critical": [finding.wire for finding in self.critical],
            "warnings": [finding.wire for finding in self.warnings],
            "checkedRules": list(self.checked),
            "completionPercentage": completion,
            "byRegulation": self._by_regulation(),
        }

    def _by_regulation(self) -> list[dict[str, Any]]:
        counts: dict[str | None, dict[str, int]] = {}
        for finding in self.findings:
            counts.setdefault(finding.regulation, {"critical": 0, "warning": 0})[finding.severity] += 1
        return [
            {"regulation": name, "critical": found["critical"], "warnings": found["warning"]}
            for name, found in sorted(counts.items(), key=lambda entry: (entry[0] is None, entry[0]))
        ]


def examine(facts: Facts, *, formats_known: bool = False) -> Report:
    """Hold a passport against every rule that concerns its category.

    With ``formats_known`` the values are not held against their fields again: whoever writes a passport has done so
    with each value against this very template, and it is the dearest of all rules.
    """
    rules = rules_of(facts.template.category, formats_known=formats_known)
    findings = tuple(finding for rule in rules for finding in rule.check(facts))
    return Report(facts.template.category, findings, tuple(rule.id for rule in rules))


@lru_cache
def rules_of(category: str, *, formats_known: bool = False) -> tuple[Rule, ...]:
    """Return the rules that concern a category, without that on formats if they are known to be right."""
    return tuple(rule for rule in RULES if rule.concerns(category) and not (formats_known and rule.id == FORMAT))
