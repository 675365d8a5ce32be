"""What clients send about services done to a product, and about changes of its owner."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.schema import QueryModel, Text, WireId, WireModel, WireTimestamp
from tracepass.gs1.gln import normalise_gln
from tracepass.passports.models import Country, Locale, WebAddress

EntryType = Literal["service", "transfer"]
ServiceKind = Literal[
    "inspection",
    "maintenance",
    "repair",
    "part_replacement",
    "upgrade",
    "refurbishment",
    "remanufacturing",
    "repurposing",
    "recycling",
    "other",
]
TransferKind = Literal["sale", "gift", "inheritance", "trade_in", "return", "lease", "lease_end", "other"]
ErrorReason = Literal["did_not_occur", "incorrect_data"]
MOST_DOCUMENTS = 20
MOST_PARTS = 50
Gln = Annotated[str, StringConstraints(max_length=40), AfterValidator(normalise_gln)]
LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000, pattern=r"\S")]
HttpsAddress = Annotated[str, StringConstraints(max_length=2000, pattern=r"^https://\S+$")]


class Company(WireModel):
    """A company that did something, or that a product passed to."""

    legal_name: Text
    gln: Gln | None = None
    country: Country | None = None
    legacy_operator_id: Text | None = None
    url: WebAddress | None = None


class Owner(WireModel):
    """Who owns or holds a product: a company, or a private person, of whom nothing is kept that names them."""

    type: Literal["company", "private"]
    legal_name: Text | None = None
    gln: Gln | None = None
    country: Country | None = None
    legacy_operator_id: Text | None = None
    url: WebAddress | None = None
    reference: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None


class Place(WireModel):
    """Where something was done; one of the members at least."""

    name: Text | None = None
    gln: Gln | None = None
    country: Country | None = None


class Part(WireModel):
    """A part that was put in."""

    name: Text
    part_number: Text | None = None
    serial_number: Text | None = None


class DocumentReference(WireModel):
    """A file of the workspace, or a document elsewhere."""

    file_id: WireId | None = None
    url: HttpsAddress | None = None
    sha256: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = None
    title: Text | None = None


class EntryCreate(WireModel):
    """What every new entry says."""

    at: WireTimestamp
    reference: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    documents: Annotated[list[DocumentReference], Field(max_length=MOST_DOCUMENTS)] = Field(default_factory=list)
    public: bool = False

    @property
    def content(self) -> dict[str, Any]:
        """Return what the entry says, by the names of the wire, without what was left open."""
        return self.model_dump(by_alias=True, exclude_none=True, exclude={"at"})


class ServiceCreate(EntryCreate):
    """A service that was done."""

    kind: ServiceKind
    performed_by: Company | None = None
    place: Place | None = None
    description: LongText | None = None
    source_locale: Locale | None = None
    parts: Annotated[list[Part], Field(max_length=MOST_PARTS)] = Field(default_factory=list)


class TransferCreate(EntryCreate):
    """A change of the owner or holder."""

    kind: TransferKind
    from_: Owner = Field(alias="from")
    to: Owner


class ErrorDeclaration(WireModel):
    """Why an entry is wrong, and which others say it right (EPCIS 2.0, 7.4.1.4)."""

    reason: ErrorReason
    corrective_ids: Annotated[list[WireId], Field(max_length=10)] = Field(default_factory=list)


class EntryPatch(WireModel):
    """What can be said of an entry later: who may see it, and that it is wrong. What it says never changes."""

    public: bool | None = None
    error_declaration: ErrorDeclaration | None = None


class EntryQuery(QueryModel):
    """Which page of entries."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
