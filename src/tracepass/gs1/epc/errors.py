"""What a faulty EPC is told: which component, at which position, and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class EpcError(ValueError):
    """A text or a set of values that is no EPC.

    ``code`` is stable (``unknown_scheme``, ``missing_component``, ``invalid_character``, ``invalid_length``,
    ``check_digit``, ``company_prefix_length``, ``does_not_fit``, ...), ``component`` names the part (``companyPrefix``,
    ``itemReference``, ``serial``, an application identifier...), ``position`` counts characters from 0 in the text
    that was given, or in the value of ``component`` where values were given.
    """

    code: str
    message: str
    component: str | None = None
    position: int | None = None

    def __str__(self) -> str:
        """Return the sentence for a person, with the place it speaks of."""
        where = "" if self.component is None else f"{self.component}: "
        at = "" if self.position is None else f" (position {self.position})"
        return f"{where}{self.message}{at}"
