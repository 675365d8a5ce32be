"""Units of measure (UN/CEFACT Recommendation 20 codes) and what they are in the base unit of their quantity."""

from __future__ import annotations


def to_base(value: float, uom: str) -> tuple[str, float] | None:
    """Return base unit and value in it (``(0.0, "CEL")`` -> ``("KEL", 273.15)``); None for a unit that is not known."""
    raise NotImplementedError


def commensurable(uom: str) -> frozenset[str]:
    """Return all units that measure the same quantity, at least the one that was given."""
    raise NotImplementedError
