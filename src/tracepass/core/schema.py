"""How models look on the wire: camelCase, nothing unknown, nothing coerced."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from tracepass.core.clock import parse_timestamp
from tracepass.core.ids import Id, find_id


class WireModel(BaseModel):
    """The body of a request: unknown members are refused and values keep their JSON type."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        strict=True,
        frozen=True,
        validate_by_alias=True,
        validate_by_name=False,
        arbitrary_types_allowed=True,
    )


class Nothing(WireModel):
    """The body of an operation that needs no more than its name: empty, or an empty object."""


class QueryModel(BaseModel):
    """The query of a request: its values come as text and are read into their types.

    Names that an operation does not know are refused by the pipeline, which alone sees what its address adds to the
    model (``gtin`` beside a serial).
    """

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="ignore",
        frozen=True,
        validate_by_alias=True,
        validate_by_name=False,
        arbitrary_types_allowed=True,
    )


def _read_id(value: Any) -> Id:
    found = find_id(value) if isinstance(value, str) else None
    if found is None:
        message = "must be an id of 24 hexadecimal characters"
        raise ValueError(message)
    return found


def _read_timestamp(value: Any) -> datetime:
    if not isinstance(value, str):
        message = "must be a timestamp like 2027-02-18T00:00:00.000Z"
        raise ValueError(message)  # noqa: TRY004 - pydantic reports ValueError to the caller, TypeError it does not
    return parse_timestamp(value)


def is_blank(text: str) -> bool:
    """Tell whether there is nothing to see: blanks, or characters that only format others."""
    return not any(character.isprintable() and not character.isspace() for character in text)


def _strip_not_empty(value: str) -> str:
    if is_blank(value):
        message = "must not be blank"
        raise ValueError(message)
    return value


WireId = Annotated[Id, BeforeValidator(_read_id)]
"""An id of 24 hexadecimal characters."""

WireTimestamp = Annotated[datetime, BeforeValidator(_read_timestamp)]
"""A moment as ISO 8601 text that names its offset."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_strip_not_empty)]
"""1 to 200 characters, not all blank."""
