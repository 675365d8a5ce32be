"""What clients send about passports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.core.schema import QueryModel, Text, WireId, WireModel, WireTimestamp
from tracepass.core.tenancy import Environment
from tracepass.gs1.gln import normalise_gln
from tracepass.gs1.gtin import normalise_gtin
from tracepass.locale import check_locale
from tracepass.passports.audiences import EVERYBODY, Reading, audiences_of, is_open
from tracepass.passports.secondlife.models import LineageCreate
from tracepass.templates.service import is_country

__all__ = ["EVERYBODY", "Reading", "audiences_of", "is_open"]

Granularity = Literal["model", "batch", "item"]
Status = Literal["draft", "in_review", "approved", "published", "suspended", "expired", "archived"]
OpenStatus = Literal["draft", "in_review", "approved", "published", "suspended", "expired"]
"""Every state but the one in which nothing changes any more."""
Source = Literal["manual", "ai_suggested", "ai_approved", "reference_db", "supplier", "system"]
Role = Literal[
    "manufacturer", "importer", "authorisedRepresentative", "distributor", "recycler", "producerResponsibilityOrg"
]
ROLES: tuple[Role, ...] = (
    "manufacturer",
    "importer",
    "authorisedRepresentative",
    "distributor",
    "recycler",
    "producerResponsibilityOrg",
)
Gtin = Annotated[str, AfterValidator(normalise_gtin)]
Gs1Value = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Locale = Annotated[str, AfterValidator(check_locale)]
Note = Annotated[str, StringConstraints(max_length=500)]


def _check_country(value: str) -> str:
    if not is_country(value):
        message = "must be an ISO 3166-1 alpha-2 code, like DE"
        raise ValueError(message)
    return value


def _check_url(value: str) -> str:
    if not value.startswith(("https://", "http://")) or any(character.isspace() for character in value):
        message = "must be a web address"
        raise ValueError(message)
    return value


Country = Annotated[str, AfterValidator(_check_country)]
WebAddress = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_check_url)]


class Gs1(WireModel):
    """The GS1 key of a new passport."""

    gtin: Gtin
    serial_number: Gs1Value | None = None
    lot: Gs1Value | None = None


class PartyPatch(WireModel):
    """Members of a party to set; null takes one away."""

    legal_name: Text | None = None
    gln: Annotated[str, StringConstraints(max_length=40), AfterValidator(normalise_gln)] | None = None
    country: Country | None = None
    legacy_operator_id: Text | None = None
    url: WebAddress | None = None

    @property
    def named(self) -> dict[str, Any]:
        """Return the members the client named, by their wire names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class FieldWrite(WireModel):
    """A new value of a field; null empties it."""

    value: Any
    source: Source = "manual"
    source_locale: Locale | None = None


class FieldsWrite(WireModel):
    """New values of many fields: all are taken, or none."""

    fields: Annotated[dict[str, FieldWrite], Field(min_length=1, max_length=200)]


class TranslationWrite(WireModel):
    """A translation made by a person, or by whatever the source names."""

    value: Any
    source: Annotated[str, StringConstraints(min_length=1, max_length=100)] = "human"


class Review(WireModel):
    """A verdict on a field."""

    action: Literal["approve", "reject", "flag"]
    note: Note | None = None


class PassportCreate(WireModel):
    """A new passport."""

    product_id: WireId
    gs1: Gs1
    granularity: Granularity | None = None
    parties: dict[Role, PartyPatch] = Field(default_factory=dict)
    fields: Annotated[dict[str, FieldWrite], Field(max_length=200)] = Field(default_factory=dict)
    lineage: LineageCreate | None = None
    expires_at: WireTimestamp | None = None
    confirm_overage: bool = False


class PassportBatch(WireModel):
    """Up to 100 new passports; each stands alone, so each is checked by itself."""

    passports: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=100)]
    confirm_overage: bool = False


class Publish(WireModel):
    """How to publish."""

    acknowledge_gaps: bool = False
    expires_at: WireTimestamp | None = None


class Republish(WireModel):
    """How to publish again."""

    expires_at: WireTimestamp | None = None


class Suspend(WireModel):
    """Why a passport is suspended."""

    reason: Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"\S")]


def _drafts() -> list[OpenStatus]:
    return ["draft"]


class DefaultsApply(WireModel):
    """Which defaults of a product are copied into which of its passports; a dry run unless said otherwise."""

    dry_run: bool = True
    statuses: Annotated[list[OpenStatus], Field(min_length=1)] = Field(default_factory=_drafts)
    keys: Annotated[list[str], Field(min_length=1, max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: str | None = None


class TemplateUpgrade(WireModel):
    """To which version of its template a passport moves; a dry run unless said otherwise."""

    dry_run: bool = True
    version: Annotated[str, StringConstraints(min_length=1, max_length=40)] | None = None


class PassportQuery(QueryModel):
    """Which passports to list, and in which order."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None
    product_id: WireId | None = None
    status: Status | None = None
    search: Annotated[str, StringConstraints(min_length=1, max_length=114)] | None = None
    category: str | None = None
    granularity: Granularity | None = None
    updated_since: WireTimestamp | None = None
    sort: Literal["createdAt", "-createdAt", "updatedAt", "-updatedAt"] = "-createdAt"


class ReadQuery(QueryModel):
    """How to show one passport."""

    format: Literal["full", "vc"] | None = None
    lang: Locale | None = None


class RecordQuery(QueryModel):
    """Which page of a passport's records."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class SnapshotQuery(RecordQuery):
    """Which snapshots: a page of them, or the one in force at a moment."""

    at: WireTimestamp | None = None


@dataclass(frozen=True, slots=True)
class ById:
    """A passport named by its id."""

    id: Id


@dataclass(frozen=True, slots=True)
class BySerial:
    """A passport named by its serial, and its GTIN where the serial alone says too little."""

    serial: str
    gtin: str | None = None


Locator = ById | BySerial


CREDENTIAL_TYPE = "application/vc+jwt"


@dataclass(frozen=True, slots=True)
class Credential:
    """A signed credential (JWS, compact serialisation) of what the public may see of a passport."""

    body: bytes


class Notary(Protocol):
    """Who signs what passports say."""

    def keys_of(self, slug: str, environment: Environment) -> str:
        """Return the address of the keys with which signatures of a workspace are verified."""
        ...

    async def attest(self, claim: Document) -> Credential:
        """Return the credential of a claim that may be shown, with its page and JSON-LD."""
        ...
