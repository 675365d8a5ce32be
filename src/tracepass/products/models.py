"""What clients send about products."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.schema import QueryModel, Text, WireModel
from tracepass.locale import check_locale

Model = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"\S")]
Description = Annotated[str, StringConstraints(max_length=2000)]
Locale = Annotated[str, AfterValidator(check_locale)]
FieldValues = Annotated[dict[str, Any], Field(max_length=200)]
ProductStatus = Literal["active", "archived"]
MAX_IMAGES = 20


_HTTPS_URL = re.compile(r"https://[^\s/?#]+[^\s]*")


def is_https_url(text: str) -> bool:
    """Tell whether the text is an https URL with a host."""
    return _HTTPS_URL.fullmatch(text) is not None


def _check_https(value: str) -> str:
    if not is_https_url(value):
        message = "must be an https URL"
        raise ValueError(message)
    return value


ImageUrl = Annotated[str, StringConstraints(max_length=2000)]
NewImageUrl = Annotated[ImageUrl, AfterValidator(_check_https)]


class ProductCreate(WireModel):
    """A new product."""

    name: Text
    model: Model
    category: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    description: Description | None = None
    default_field_values: FieldValues = Field(default_factory=dict)
    image_urls: Annotated[list[NewImageUrl], Field(max_length=MAX_IMAGES)] = Field(default_factory=list)
    source_locale: Locale | None = None


class ProductPatch(WireModel):
    """Changes of a product; what is not named stays."""

    name: Text = ""
    model: Model = ""
    description: Description | None = None
    default_field_values: FieldValues = Field(default_factory=dict)
    image_urls: Annotated[list[ImageUrl], Field(max_length=MAX_IMAGES)] = Field(default_factory=list)
    status: ProductStatus = "active"
    source_locale: Locale | None = None

    @property
    def named(self) -> dict[str, Any]:
        """Return the members the client named, by their wire names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class ProductBatch(WireModel):
    """Up to 100 new products; each stands alone, so each is checked by itself."""

    products: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=100)]


class ProductQuery(QueryModel):
    """Which products to list."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None
    category: str | None = None
    status: ProductStatus | None = None
    search: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    show_archived: bool = False
