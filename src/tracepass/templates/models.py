"""What a category template is: plain frozen values, built once at start and shared by every request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

DataType = Literal[
    "string", "number", "boolean", "date", "enum", "multi_enum", "array", "object", "url", "file_reference"
]
"""The types a reader of the API sees (api reference, templates)."""

Format = Literal["country", "identifier", "document", "image", "email", "gln", "https_url", "object_id", "sha256"]
"""What a string or a file reference stands for: an ISO 3166-1 alpha-2 code, an identifier, a document, a picture ..."""

Precision = Literal["month", "day", "second"]
"""How fine a date is: ``2027-02``, ``2027-02-18`` or ``2027-02-18T10:00:00Z``."""

NamedSchema = Literal["Party", "Range"]
Audience = Literal["public", "legitimate_interest", "authority"]
AccessLevel = Literal["public", "restricted", "authority"]
Level = Literal["model", "batch", "item"]
Lifecycle = Literal["static", "dynamic"]
FilledBy = Literal["user", "system", "telemetry"]
Confidence = Literal["text", "guidance", "secondary", "design"]
Obligation = Literal["required", "conditional", "pending", "other_law", "anticipated", "recommended", "not_applicable"]
Role = Literal["dpp_basis", "content_basis", "related", "guidance", "standard", "national", "proposal"]
DppStatus = Literal["in_force", "adopted_future", "expected", "none"]


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """One fault of one value.

    ``path`` leads into the value (empty for the value itself, ``[3].concentration`` in a table), ``rule`` is the
    stable name of the broken rule, ``message`` a sentence part that follows the path (``must be at most 100 (%)``).
    """

    path: str
    rule: str
    message: str

    def within(self, outer: str) -> ValueProblem:
        """Return the same problem as seen from around the value, which stands at the path ``outer``."""
        joint = "." if self.path and not self.path.startswith("[") else ""
        return ValueProblem(f"{outer}{joint}{self.path}", self.rule, self.message)


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enum: the stored value and its English label."""

    value: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """Bounds outside of which a value is an input error; lengths count characters."""

    min: float | None = None
    max: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A legal limit: a value outside is a compliance finding, never an input error."""

    op: Literal["<=", ">=", "<", ">"]
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType:
    """How a value is typed; shared by fields and the columns of tables."""

    key: str
    label: str
    data_type: DataType
    unit: str | None = None
    options: tuple[Option, ...] = ()
    columns: tuple[Column, ...] = ()
    validation: Validation = field(default_factory=Validation)
    required: bool = False
    format: Format | None = None
    multiline: bool = False
    integer: bool = False
    precision: Precision | None = None
    schema: NamedSchema | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(ValueType):
    """One column of a table field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """Where a duty comes from: one place in one instrument.

    ``celex`` is None for standards, guidance and our own proposals. Exactly one of ``article``, ``annex`` and
    ``point`` says where; ``ref`` is the same as one printable text.
    """

    celex: str | None
    number: str
    name: str
    role: Role
    article: str | None = None
    annex: str | None = None
    point: str | None = None

    @property
    def ref(self) -> str:
        """Return the place as it is cited: ``Art. 77(3)``, ``Annex XIII 1(a)``, or the point itself."""
        if self.article is not None:
            return f"Art. {self.article}"
        return f"Annex {self.annex}" if self.annex is not None else self.point or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field(ValueType):
    """One field of a template.

    Access is decided by ``audiences``, which are not nested (Regulation (EU) 2023/1542, Annex XIII, part 4);
    ``access_level`` is what a reader is shown. ``required`` is the duty before the subcategory is known: ask
    ``Template.required_fields`` where it is. ``confidence`` says how sure the first citation is.
    """

    help: str
    section: str
    obligation: Obligation
    obligation_by: Mapping[str, Obligation] = field(default_factory=lambda: MappingProxyType({}))
    condition: str | None = None
    audiences: frozenset[Audience]
    access_level: AccessLevel
    level: Level
    lifecycle: Lifecycle
    filled_by: FilledBy
    translatable: bool = False
    legal: tuple[Citation, ...]
    confidence: Confidence
    registry: bool = False
    limit: Limit | None = None
    maps_to: Mapping[str, str | int] = field(default_factory=lambda: MappingProxyType({}))
    profiles: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Section:
    """A heading under which fields are shown, in the order of the template."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Subcategory:
    """A kind of product inside the category that changes which fields are due."""

    key: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Regulation:
    """An act behind the template; dates are ``YYYY-MM-DD``.

    ``effective_date`` is the day of entry into force, ``applies_from`` the day of general application if that is later.
    """

    celex: str
    number: str
    name: str
    role: Role
    url: str
    effective_date: str | None = None
    applies_from: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dpp:
    """What the law says about the passport itself.

    ``required_from`` is filled only when an adopted act names the day; ``expected_adoption`` is never law.
    With ``usage_tracking_prohibited`` no reader may be counted by place or device, nor asked to sign in.
    """

    status: DppStatus
    required_from: str | None
    precision: str | None
    note: str
    granularity: tuple[Level, ...]
    registry: bool
    retention: str
    usage_tracking_prohibited: bool
    expected_adoption: str | None = None
    access_rule: str | None = None
    viewer_rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Template:
    """The whole template of one category in one version; ``fields`` is in display order.

    ``subcategory_field`` names the field whose value is the subcategory (``battery_category``); ``sources`` say
    what was read, ``gaps`` what is missing or doubtful.
    """

    category: str
    version: str
    label: str
    description: str
    regulations: tuple[Regulation, ...]
    dpp: Dpp
    sections: tuple[Section, ...]
    fields: Mapping[str, Field]
    subcategory_field: str | None = None
    subcategories: tuple[Subcategory, ...] = ()
    sources: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()

    @property
    def order(self) -> tuple[int, ...]:
        """Return what versions of one category are sorted by: ``2026.11.0`` is newer than ``2026.9.2``."""
        return tuple(int(part) for part in self.version.split("."))

    def subcategory(self, values: Mapping[str, object]) -> str | None:
        """Return the subcategory that the plain field values name, or None while it is open."""
        value = values.get(self.subcategory_field) if self.subcategory_field else None
        return next((sub.key for sub in self.subcategories if sub.key == value), None)

    def obligation(self, field: Field, subcategory: str | None) -> Obligation:
        """Return how binding the field is; what holds for the subcategory overrides the general rule."""
        if subcategory is None:
            return field.obligation
        return field.obligation_by.get(subcategory, field.obligation)

    def applies(self, field: Field, subcategory: str | None) -> bool:
        """Tell whether the field belongs to a passport of this subcategory at all."""
        return self.obligation(field, subcategory) != "not_applicable"

    def required(self, field: Field, subcategory: str | None) -> bool:
        """Tell whether a passport of this subcategory is incomplete without the field."""
        if subcategory is None or subcategory not in field.obligation_by:
            return field.required
        return field.obligation_by[subcategory] == "required"

    @property
    def system_keys(self) -> tuple[str, ...]:
        """Return the keys of the fields that the platform fills."""
        return tuple(key for key, field in self.fields.items() if field.filled_by == "system")

    def required_fields(self, subcategory: str | None) -> tuple[Field, ...]:
        """Return the required fields in display order, whoever fills them (user, system or telemetry)."""
        return tuple(field for field in self.fields.values() if self.required(field, subcategory))
