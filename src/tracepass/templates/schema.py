"""The shape of a template file, and what must be true across its parts.

``TemplateFile`` refuses what is misspelt, missing or of the wrong type; ``faults`` finds what only the whole
shows: a section that does not exist, a citation without an instrument, a key used twice.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from tracepass.templates import models

Text = Annotated[str, StringConstraints(min_length=1, pattern=r"^\S(.*\S)?$")]
Key = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
OptionValue = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.+-]*$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$")]
Version = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}\.[0-9]{1,2}\.[0-9]+$")]
Day = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Number = int | float


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, alias_generator=to_camel)


class Labelled(_Strict):
    """A section or a subcategory."""

    key: Key
    label: Text


class OptionData(_Strict):
    """One choice of an enum."""

    value: OptionValue
    label: Text


class Instrument(_Strict):
    """A legal act, a standard, a guidance document, or our own proposal; citations refer to it by ``id``."""

    id: Text
    celex: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z()-]+$")] | None
    number: Text
    name: Text
    role: models.Role
    url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")] | None = None
    effective_date: Day | None = None
    applies_from: Day | None = None


class CitationData(_Strict):
    """One place in an instrument: an article, an annex or any other point."""

    instrument: Text
    article: Text | None = None
    annex: Text | None = None
    point: Text | None = None


class Bounds(_Strict):
    """What makes a value an input error."""

    min: Number | None = None
    max: Number | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: Text | None = None


class LimitData(_Strict):
    """A legal limit."""

    op: Literal["<=", ">=", "<", ">"]
    value: Number


class _Typed(_Strict):
    key: Key
    label: Text
    data_type: models.DataType
    format: models.Format | None = None
    precision: models.Precision | None = None
    integer: bool = False
    multiline: bool = False
    schema_: models.NamedSchema | None = None
    unit: Text | None = None
    options: tuple[OptionData, ...] = ()
    validation: Bounds = Bounds()
    required: bool = False

    model_config = ConfigDict(alias_generator=lambda name: to_camel(name.rstrip("_")))


class ColumnData(_Typed):
    """One column of a table; tables do not nest."""


class FieldData(_Typed):
    """One field, with everything a reader or a rule may ask about it."""

    help: Text
    section: Key
    columns: tuple[ColumnData, ...] = ()
    obligation: models.Obligation
    obligation_by: dict[Key, models.Obligation] = {}
    condition: Text | None = None
    translatable: bool = False
    access_level: models.AccessLevel
    audiences: tuple[models.Audience, ...]
    level: models.Level
    lifecycle: models.Lifecycle
    filled_by: models.FilledBy
    registry: bool = False
    limit: LimitData | None = None
    legal: tuple[CitationData, ...]
    confidence: models.Confidence
    maps_to: dict[str, str | int] = {}
    profiles: dict[str, dict[Key, Literal["required", "optional"]]] = {}


class DppData(_Strict):
    """What the law says about the passport itself."""

    status: models.DppStatus
    required_from: Day | None
    precision: Literal["day", "quarter", "year"] | None
    note: Text
    granularity: tuple[models.Level, ...]
    registry: bool
    retention: Text
    usage_tracking_prohibited: bool
    expected_adoption: Text | None = None
    access_rule: Text | None = None
    viewer_rule: Text | None = None


class TemplateFile(_Strict):
    """A whole file ``data/<category>/<version>.json``."""

    category: Slug
    version: Version
    label: Text
    description: Text
    instruments: tuple[Instrument, ...]
    dpp: DppData
    subcategory_field: Key | None = None
    subcategories: tuple[Labelled, ...] = ()
    sections: tuple[Labelled, ...]
    fields: tuple[FieldData, ...]
    sources: tuple[Text, ...]
    gaps: tuple[Text, ...] = ()
