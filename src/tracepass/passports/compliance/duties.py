"""How binding each field is in one passport: the template's word, the subcategory's, then that of the condition flags.

The flags are facts of the battery that the template's prose cannot be asked about. Each row of ``EFFECTS`` is one
sentence of Regulation (EU) 2023/1542 over the fields it speaks of.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tracepass.templates.models import Field, Obligation, Template

FLAGS: Mapping[str, tuple[str, ...]] = {
    "battery": ("hasBMS", "rechargeable", "externalStorageOnly", "isStationaryBess"),
}
"""The condition flags of a category; those that are not here have none."""

_IMPLIED: Mapping[str, Mapping[str, bool]] = {
    "ev": {"hasBMS": True, "rechargeable": True, "externalStorageOnly": False, "isStationaryBess": False},
    "lmt": {"hasBMS": True, "rechargeable": True, "externalStorageOnly": False, "isStationaryBess": False},
    "industrial_stationary": {"hasBMS": True, "isStationaryBess": True},
    "industrial_other": {"hasBMS": True, "isStationaryBess": False},
    "industrial_no_bms": {"hasBMS": False},
}
"""What a subcategory says of the flags by its name."""

_KEPT = 1024
"""Templates times subcategories times flags that are kept worked out."""


@dataclass(frozen=True, slots=True)
class Effect:
    """While a flag has a value, the fields it picks are as binding as it says."""

    flag: str
    value: bool
    picks: Callable[[Field], bool]
    obligation: Obligation
    over: frozenset[Obligation]


_PERFORMANCE = frozenset(
    {
        "expected_lifetime_cycles",
        "cycle_life_reference_test",
        "round_trip_efficiency_initial",
        "round_trip_efficiency_half_life",
        "c_rate",
    }
)
_STATE_OF_HEALTH = frozenset(
    {
        "remaining_capacity",
        "remaining_power",
        "remaining_round_trip_efficiency",
        "self_discharge_evolution",
        "ohmic_resistance",
    }
)
_CYCLING = _PERFORMANCE | {
    "exhaustion_threshold",
    "lifetime_reference_cycles",
    "round_trip_efficiency",
    "round_trip_efficiency_fade",
    "remaining_round_trip_efficiency",
    "cycle_count",
}
_RECYCLED = frozenset({"recycled_cobalt", "recycled_lithium", "recycled_nickel", "recycled_lead"})
_ANY: frozenset[Obligation] = frozenset(
    {"required", "conditional", "pending", "other_law", "anticipated", "recommended", "not_applicable"}
)
_OPEN: frozenset[Obligation] = frozenset({"conditional"})

EFFECTS: tuple[Effect, ...] = (
    # Art. 10(1), Annex IV: rechargeable industrial batteries state their electrochemical performance ...
    Effect("rechargeable", True, lambda field: field.key in _PERFORMANCE, "required", _OPEN),
    # ... Art. 14(1), Annex VII: stationary storage systems keep their state of health in the management system ...
    Effect("isStationaryBess", True, lambda field: field.key in _STATE_OF_HEALTH, "required", _OPEN),
    # ... Art. 8(1), Art. 10(5): but neither recycled content nor minimum values bind exclusively external storage.
    Effect("externalStorageOnly", True, lambda field: field.key in _RECYCLED | _PERFORMANCE, "recommended", _ANY),
    # Art. 7(1): what cannot be recharged declares no footprint, and has no cycles to speak of.
    Effect("rechargeable", False, lambda field: field.key in _CYCLING, "not_applicable", _ANY),
    Effect("rechargeable", False, lambda field: field.key.startswith("carbon_footprint_"), "not_applicable", _ANY),
    # Art. 14(1): data of the battery in use come out of its management system.
    Effect("hasBMS", False, lambda field: field.filled_by == "telemetry", "not_applicable", _ANY),
)
"""Later rows override earlier ones; what the subcategory has not at all, no flag brings back."""


@dataclass(frozen=True, slots=True)
class Duties:
    """What a passport of one subcategory with certain flags must, may and cannot say."""

    obligations: Mapping[str, Obligation]
    applying: Mapping[str, Field]
    """The fields that belong to it and are not filled by the platform, by key."""
    own: int
    """How many more belong to it, because the platform fills them."""
    required: tuple[Field, ...]
    conditional: tuple[Field, ...]
    """Those on a condition that binds."""
    limited: tuple[Field, ...]
    foreign: tuple[Field, ...]
    """What people may write, but does not belong to it."""


def effective_flags(template: Template, subcategory: str | None, flags: Mapping[str, bool]) -> dict[str, bool]:
    """Return the flags as they hold: what was said, but without a management system if the subcategory has none."""
    if template.category not in FLAGS:
        return {}
    implied = _IMPLIED.get(subcategory or "", {})
    found = {**implied, **flags}
    return {**found, "hasBMS": False} if implied.get("hasBMS") is False else found


def duties_of(template: Template, subcategory: str | None, flags: Mapping[str, bool]) -> Duties:
    """Return what binds a passport; worked out once for each kind."""
    return _duties(template, subcategory, frozenset(effective_flags(template, subcategory, flags).items()))


BINDING: frozenset[Obligation] = frozenset({"conditional", "other_law"})


@lru_cache(_KEPT)
def _duties(template: Template, subcategory: str | None, flags: frozenset[tuple[str, bool]]) -> Duties:
    obligations = {key: _obligation(template, field, subcategory, flags) for key, field in template.fields.items()}
    fields = tuple(template.fields.values())
    applying = tuple(field for field in fields if obligations[field.key] != "not_applicable")
    mine = tuple(field for field in applying if field.filled_by != "system")
    return Duties(
        obligations=obligations,
        applying={field.key: field for field in mine},
        own=len(applying) - len(mine),
        required=tuple(field for field in applying if _required(template, field, subcategory, obligations[field.key])),
        conditional=tuple(field for field in mine if field.condition is not None and obligations[field.key] in BINDING),
        limited=tuple(field for field in fields if field.limit is not None),
        foreign=tuple(
            field for field in fields if obligations[field.key] == "not_applicable" and field.filled_by != "system"
        ),
    )


def _obligation(
    template: Template, field: Field, subcategory: str | None, flags: frozenset[tuple[str, bool]]
) -> Obligation:
    found = template.obligation(field, subcategory)
    if found == "not_applicable":
        return found
    for effect in EFFECTS:
        if (effect.flag, effect.value) in flags and found in effect.over and effect.picks(field):
            found = effect.obligation
    return found


def _required(template: Template, field: Field, subcategory: str | None, obligation: Obligation) -> bool:
    """Tell whether the field is due; where no flag has spoken, the template itself says so."""
    if field.filled_by == "system":
        return False
    if obligation == template.obligation(field, subcategory):
        return template.required(field, subcategory)
    return obligation == "required"
