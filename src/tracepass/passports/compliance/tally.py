"""Verdicts of many passports, counted: each passport keeps its verdict and rules as one text, which an index counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

from tracepass.passports.compliance.engine import Report, Verdict

VERDICTS: tuple[str, ...] = get_args(Verdict)


class _Row(NamedTuple):
    """A key in its parts, and how many passports have it."""

    category: str
    verdict: str
    rules: str
    passports: int


def tally_key(report: Report) -> str:
    """Return category, verdict and the ids of the rules that found something: ``battery|incomplete|CC-1,REQ-FIELD``."""
    return f"{report.category}|{report.verdict}|{','.join(report.rule_ids)}"


def _row(key: str, count: int) -> _Row:
    category, verdict, rules = key.split("|")
    return _Row(category, verdict, rules, count)


def tally_prefix(category: str | None) -> str:
    """Return what the keys of a category start with; of all categories, nothing."""
    return "" if category is None else f"{category}|"


def tally(counts: Mapping[str, int]) -> dict[str, Any]:
    """Return how many passports there are by verdict and rule, over all and in each category, from counts by key."""
    found = [_row(key, count) for key, count in counts.items()]
    categories = sorted({row.category for row in found})
    return {
        **_sums(found),
        "categories": [
            {"category": name, **_sums([row for row in found if row.category == name])} for name in categories
        ],
    }


def _sums(found: list[_Row]) -> dict[str, Any]:
    verdicts: Counter[str] = Counter(dict.fromkeys(VERDICTS, 0))
    rules: Counter[str] = Counter()
    for row in found:
        verdicts[row.verdict] += row.passports
        rules.update(dict.fromkeys(filter(None, row.rules.split(",")), row.passports))
    return {
        "total": verdicts.total(),
        "verdicts": dict(verdicts),
        "rules": [{"ruleId": name, "passports": rules[name]} for name in sorted(rules)],
    }
