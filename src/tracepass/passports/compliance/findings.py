"""What a rule finds: the target, where the duty comes from, why it matters and how it is mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, Literal, ParamSpec

from tracepass.templates.models import Field, Role

Rest = ParamSpec("Rest")
Kind = Literal[
    "missing_field",
    "unapproved_field",
    "missing_party",
    "invalid_format",
    "conditional_missing",
    "unverifiable_conditional",
]
Severity = Literal["critical", "warning"]
ACTS: frozenset[Role] = frozenset({"dpp_basis", "content_basis", "related", "national"})
"""The roles of citations that are law; standards, guidance and our own proposals are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding; ``regulation`` and ``article`` are None where no act stands behind the rule."""

    type: Kind
    severity: Severity
    target: str
    regulation: str | None
    article: str | None
    rule_id: str
    why: str
    fix: str

    @property
    def wire(self) -> dict[str, Any]:
        """Return the finding as it is shown."""
        return {
            "type": self.type,
            "severity": self.severity,
            "target": self.target,
            "regulation": self.regulation,
            "article": self.article,
            "ruleId": self.rule_id,
            "why": self.why,
            "fix": self.fix,
        }


def about_field(field: Field, kind: Kind, severity: Severity, rule_id: str, *, why: str, fix: str) -> Finding:
    """Return a finding on a field, with the first act that the field cites."""
    act = next((citation for citation in field.legal if citation.role in ACTS), None)
    return Finding(
        type=kind,
        severity=severity,
        target=field.key,
        regulation=None if act is None else act.number,
        article=None if act is None else act.ref or None,
        rule_id=rule_id,
        why=why,
        fix=fix,
    )


def once_a_field(make: Callable[Concatenate[Field, Rest], Finding]) -> Callable[Concatenate[Field, Rest], Finding]:
    """Make each finding of a kind once: it says the same of every passport, and most writes only count findings.

    Fields are told apart by their identity, because to hash what one says would cost more than to make the finding.
    """
    made: dict[object, tuple[Field, Finding]] = {}

    def kept(field: Field, /, *args: Rest.args, **kwargs: Rest.kwargs) -> Finding:
        key = (id(field), *args, *kwargs.values()) if args or kwargs else id(field)
        known = made.get(key)
        if known is None:
            known = made[key] = (field, make(field, *args, **kwargs))
        return known[1]

    kept.__doc__ = make.__doc__
    return kept
