"""What a record of an export says of a passport: strictly, since anybody may have written it.

What the platform works out itself (links, counts, access levels, what products in use told) may stand there, and is not
looked at.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from tracepass.core.arriving import Moment
from tracepass.core.schema import WireId, WireModel
from tracepass.passports.models import Granularity, Gs1, Locale, PartyPatch, Role, Source, Status
from tracepass.passports.secondlife.models import MOST_PREDECESSORS, Kind

Label = Annotated[str, StringConstraints(max_length=400)]
Version = Annotated[int, Field(ge=1, lt=2**31)]


class ArrivedTranslation(WireModel):
    """A translation of a field."""

    value: Any
    source: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    generated_at: Moment


class ArrivedOrigin(WireModel):
    """The product that a value was copied from."""

    product_id: WireId
    version: Version


class ArrivedPending(WireModel):
    """A value that waits for its review."""

    value: Any
    source: Source
    source_locale: Locale | None = None
    by: Label
    at: Moment


class ArrivedField(WireModel):
    """A field as a GET shows it."""

    value: Any
    source: Source
    status: Literal["empty", "pending_review", "approved", "flagged", "rejected"]
    access_level: Any = None
    source_locale: Locale | None = None
    translations: dict[Locale, ArrivedTranslation]
    inherited_from: ArrivedOrigin | None = None
    pending: ArrivedPending | None = None
    updated_at: Moment
    updated_by: Label


class ArrivedGs1(Gs1):
    """The key of a passport, with the link it had."""

    digital_link_uri: Annotated[str, StringConstraints(max_length=4000)] | None = None


class ArrivedPredecessor(WireModel):
    """The passport of an original battery."""

    passport_id: WireId | None
    digital_link_uri: Annotated[str, StringConstraints(max_length=2000)]
    published_at: Moment | None


class ArrivedSuccessor(WireModel):
    """The passport of what a battery became."""

    passport_id: WireId
    digital_link_uri: Annotated[str, StringConstraints(max_length=2000)]
    kind: Kind
    published_at: Moment | None


class ArrivedLineage(WireModel):
    """The passports before and after one."""

    kind: Kind | None
    predecessors: Annotated[list[ArrivedPredecessor], Field(max_length=MOST_PREDECESSORS)]
    successors: list[ArrivedSuccessor]


class ArrivedPassport(WireModel):
    """A passport as an export tells it."""

    id: WireId = Field(alias="_id")
    product_id: WireId
    category: str
    template_version: str
    granularity: Granularity
    gs1: ArrivedGs1
    status: Status
    fields: dict[str, ArrivedField]
    parties: dict[Role, PartyPatch]
    condition_flags: dict[str, bool] | None = None
    lineage: ArrivedLineage | None = None
    version: Version
    created_at: Moment
    updated_at: Moment
    expires_at: Moment | None = None
    published_at: Moment | None = None
    published_incomplete: Literal[True] | None = None
    suspended_at: Moment | None = None
    suspension_reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")] | None = None
    archived_at: Moment | None = None
    field_counts: Any = None
    completion_percentage: Any = None
    dynamic: Any = None
