"""What is known of the records of an export: how many, what is wrong with them, and what will not be as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from tracepass.core.restores import Findings
from tracepass.imports.wire import MOST_TOLD

LONGEST: Final = 1000
"""Characters of what is told: names of members may be as long as their line."""


@dataclass(slots=True)
class Tally:
    """Faults by line; the first are kept, and all are counted."""

    rows: int = 0
    count: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)
    notes: dict[str, int] = field(default_factory=dict)
    _failed: int = 0
    _last: int = 0

    def fault(self, line: int, section: str, code: str, message: str, member: str = "") -> None:
        """Note what is wrong with a record; those of one line come together."""
        self.count += 1
        self._failed += line != self._last
        self._last = line
        if len(self.errors) < MOST_TOLD:
            told = {"member": member[:LONGEST], "code": code, "message": message[:LONGEST]}
            error = {"line": line, "section": section, **told}
            self.errors.append(error)

    def take(self, findings: Findings, section: str, lines: list[int]) -> None:
        """Note what a feature has found in some records, which stand on these lines."""
        for fault in sorted(findings.faults, key=lambda fault: fault.index):
            self.fault(lines[fault.index], section, fault.code, fault.message, fault.member)
        for kind, number in findings.notes.items():
            self.notes[kind] = self.notes.get(kind, 0) + number

    @property
    def wire(self) -> dict[str, Any]:
        """Return it as it is told."""
        return {
            "rows": {"found": self.rows, "valid": self.rows - self._failed, "failed": self._failed},
            "errors": self.errors,
            "errorCount": self.count,
            "truncated": self.count > len(self.errors),
            "notes": self.notes,
        }
