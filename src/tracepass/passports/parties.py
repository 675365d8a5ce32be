"""The economic operators of a passport."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.errors import Invalid
from tracepass.passports.models import PartyPatch


def merged(before: Mapping[str, Any] | None, patch: PartyPatch, *, path: str = "") -> dict[str, Any]:
    """Return a party with the named members set, and those named null taken away.

    Raises:
        Invalid: the result has no legal name, or neither a GLN nor another operator identifier.
    """
    party = {name: value for name, value in {**(before or {}), **patch.named}.items() if value is not None}
    prefix = f"{path}." if path else ""
    if "legalName" not in party:
        raise Invalid({f"{prefix}legalName": ["is required"]})
    if "gln" not in party and "legacyOperatorId" not in party:
        raise Invalid({f"{prefix}gln": ["is required, unless legacyOperatorId is given"]})
    return party
