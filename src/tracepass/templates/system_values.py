"""Values of fields that the platform itself fills: they are facts of the passport, never typed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tracepass.templates.models import Level

_DPP_STATUS: Mapping[str, str] = {"published": "active", "archived": "archived"}


@dataclass(frozen=True, slots=True)
class SystemFacts:
    """What the platform knows of a passport: its link, state (``published`` ...), and the time of its last change."""

    granularity: Level
    digital_link_uri: str
    status: str
    template_version: str
    updated_at: str


def system_values(field_keys: Iterable[str], facts: SystemFacts) -> dict[str, str]:
    """Return the value of each named field that can be computed; other keys are left out.

    A passport that no reader can open is ``inactive`` (EN 18223 knows active, inactive and archived records).
    The registration identifier is left out: only the registry of the Union gives it.
    """
    computed = {
        "identifier_scheme": "gs1",
        "granularity": facts.granularity,
        "dpp_identifier": facts.digital_link_uri,
        "dpp_status": _DPP_STATUS.get(facts.status, "inactive"),
        "dpp_schema_version": facts.template_version,
        "dpp_last_updated": facts.updated_at,
    }
    return {key: computed[key] for key in field_keys if key in computed}
