"""Who sees which fields of a passport. Audiences are not nested (Regulation (EU) 2023/1542, Annex XIII)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from tracepass.identity.models import AccessGrant, Caller
from tracepass.templates.models import Audience, Field, Template

EVERYBODY: Final[frozenset[Audience]] = frozenset({"public"})
EVERY: Final[frozenset[Audience]] = frozenset(get_args(Audience))
NOBODY: Final[frozenset[Audience]] = frozenset()
SHOWN: Final = frozenset({"published", "expired"})
"""The states in which the public sees a passport."""


def audiences_of(caller: Caller | None, passport: Mapping[str, Any]) -> frozenset[Audience]:
    """Return the audiences a reader belongs to with regard to a stored passport; none if there is nothing for them.

    Whoever works in its workspace reads for all of them. The holder of an access grant that reaches the passport is of
    the grant's audience and of the public, anybody else of the public alone. They see it while the public does; an
    authority also while it is suspended, which is when market surveillance needs it.
    """
    at_home = caller is not None and all(passport[name] == value for name, value in caller.tenancy.fields.items())
    if caller is not None and caller.grant is None and at_home:
        return EVERY
    found = EVERYBODY
    if caller is not None and caller.grant is not None and at_home and caller.grant.reaches(passport):
        found |= {caller.grant.audience}
    status = passport["status"]
    return found if status in SHOWN or (status == "suspended" and "authority" in found) else NOBODY


def is_open(field: Field, state: Mapping[str, Any], audiences: frozenset[Audience]) -> bool:
    """Tell whether a reader may see a value: it is approved, and they are of an audience of its field."""
    return state["status"] == "approved" and not audiences.isdisjoint(field.audiences)


@dataclass(frozen=True, slots=True)
class Reading:
    """What the holder of an access grant reads: page data and JSON-LD as for the public, with what is theirs besides.

    ``suspended_at`` says since when the passport is suspended, None if it is not.
    """

    page: Mapping[str, Any]
    jsonld: bytes
    template: Template
    grant: AccessGrant
    suspended_at: str | None
