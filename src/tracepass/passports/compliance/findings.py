"""What a rule finds: the target, where the duty comes from, why it matters and how it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from tracepass.templates.models import Citation, Field

Kind = Literal[
    "missing_field",
    "unapproved_field",
    "missing_party",
    "invalid_format",
    "conditional_missing",
    "unverifiable_conditional",
]
Severity = Literal["critical", "warning"]


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
    """Return a finding on a field, with the field's first citation."""
    cited: Citation | None = field.legal[0] if field.legal else None
    real = cited is not None and cited.role != "proposal"
    return Finding(
        type=kind,
        severity=severity,
        target=field.key,
        regulation=cited.number if cited is not None and real else None,
        article=(cited.ref or None) if cited is not None and real else None,
        rule_id=rule_id,
        why=why,
        fix=fix,
    )
