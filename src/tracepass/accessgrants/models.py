"""What clients send about access grants."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from tracepass.accessgrants.roles import GrantRole
from tracepass.core.schema import QueryModel, Text, WireId, WireModel, WireTimestamp, is_blank

MOST_IDS = 1000


def _not_blank(text: str) -> str:
    if is_blank(text):
        message = "must not be blank"
        raise ValueError(message)
    return text


def _check_address(text: str) -> str:
    if not text.startswith("https://") or any(character.isspace() for character in text):
        message = "must be an https address"
        raise ValueError(message)
    return text


LongText = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_not_blank)]
Ids = Annotated[list[WireId], Field(min_length=1, max_length=MOST_IDS)]
Address = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_check_address)]


class GrantHolder(WireModel):
    """Who is given access, and how to reach them."""

    name: Text
    contact: Text | None = None


class GrantScope(WireModel):
    """Which passports: all of the workspace, those of some products, or some passports."""

    type: Literal["workspace", "products", "passports"]
    product_ids: Ids | None = None
    passport_ids: Ids | None = None

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        given = {name for name, ids in (("products", self.product_ids), ("passports", self.passport_ids)) if ids}
        if given != ({self.type} - {"workspace"}):
            message = "names productIds with the type products, passportIds with passports, and none with workspace"
            raise ValueError(message)
        return self

    @property
    def ids(self) -> list[WireId]:
        """Return the ids, each once, in their order."""
        return list(dict.fromkeys(self.product_ids or self.passport_ids or []))


class GrantEvidence(WireModel):
    """What shows that the holder is entitled: words, a file of the workspace, or an address."""

    text: LongText | None = None
    file_id: WireId | None = None
    url: Address | None = None

    @model_validator(mode="after")
    def _check_any(self) -> Self:
        if self.text is None and self.file_id is None and self.url is None:
            message = "names a text, a file or an address"
            raise ValueError(message)
        return self


class GrantCreate(WireModel):
    """A new access grant."""

    role: GrantRole
    holder: GrantHolder
    scope: GrantScope
    purpose: LongText
    evidence: GrantEvidence | None = None
    expires_at: WireTimestamp


class GrantQuery(QueryModel):
    """Which page of grants, or of their uses."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
