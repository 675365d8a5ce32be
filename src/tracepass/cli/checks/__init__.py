"""What `tracepass doctor` looks at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was found and, where something is wrong, what to do about it."""

    name: str
    found: str
    remedy: str | None = None

    @property
    def ok(self) -> bool:
        """Whether there is nothing to do."""
        return self.remedy is None

    @property
    def line(self) -> str:
        """The check as a person reads it."""
        return (
            f"ok     {self.name}: {self.found}"
            if self.ok
            else f"WRONG  {self.name}: {self.found}\n       {self.remedy}"
        )

    @property
    def wire(self) -> dict[str, Any]:
        """The check as a program reads it."""
        return {"name": self.name, "ok": self.ok, "found": self.found, "remedy": self.remedy}
