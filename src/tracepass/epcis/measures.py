"""Units of measure (UN/CEFACT Recommendation 20 codes) and what they are in the base unit of their quantity.

``data/units.json`` has a row for each quantity: its base unit, and for each unit the factor, or factor and zero point,
that lead to it. Kinds of measurement with the same dimension (density, mass concentration, absolute humidity) are one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class _Unit:
    base: str
    factor: float
    zero: float


def _read() -> dict[str, _Unit]:
    text = resources.files("tracepass.epcis").joinpath("data/units.json").read_text(encoding="utf-8")
    return {
        code: _Unit(row["base"], *(value if isinstance(value, list) else (value, 0.0)))
        for row in json.loads(text).values()
        for code, value in row["units"].items()
    }


_UNITS: Mapping[str, _Unit] = _read()


def to_base(value: float, uom: str) -> tuple[str, float] | None:
    """Return base unit and value in it (``(0.0, "CEL")`` -> ``("KEL", 273.15)``); None for a unit that is not known."""
    unit = _UNITS.get(uom)
    return None if unit is None else (unit.base, value * unit.factor + unit.zero)


def commensurable(uom: str) -> frozenset[str]:
    """Return all units that measure the same quantity, at least the one that was given."""
    unit = _UNITS.get(uom)
    return frozenset({uom} if unit is None else (code for code, other in _UNITS.items() if other.base == unit.base))
