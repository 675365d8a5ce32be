"""What clients send about links, and what a link is to those who resolve."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.schema import QueryModel, Text, WireModel
from tracepass.gs1.linktypes import read_link_type

MAX_TAGS = 30
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}", re.IGNORECASE)


def _check_language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise ValueError("must be a language tag such as de or pt-BR (BCP 47)")
    return text


def _check_media_type(text: str) -> str:
    if not _MEDIA_TYPE.fullmatch(text):
        raise ValueError("must be a media type such as text/html")
    return text.lower()


def _each_once(tags: list[str]) -> list[str]:
    return list(dict.fromkeys(tags))


LinkType = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(read_link_type)]
Anchor = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Href = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
Language = Annotated[str, StringConstraints(max_length=35), AfterValidator(_check_language)]
Languages = Annotated[list[Language], Field(max_length=MAX_TAGS), AfterValidator(_each_once)]
MediaType = Annotated[str, StringConstraints(max_length=255), AfterValidator(_check_media_type)]
Context = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-~]+$")]
Contexts = Annotated[list[Context], Field(max_length=MAX_TAGS), AfterValidator(_each_once)]


class LinkCreate(WireModel):
    """A new link."""

    anchor: Anchor
    link_type: LinkType
    href: Href
    title: Text | None = None
    hreflang: Languages = Field(default_factory=list)
    media_type: MediaType | None = None
    context: Contexts = Field(default_factory=list)
    default_link: bool = False
    default_link_multi: bool = False
    public: bool = True


class LinkPatch(WireModel):
    """Changes of a link; what is not named stays. What it is about never changes."""

    link_type: LinkType = ""
    href: Href = ""
    title: Text = ""
    hreflang: Languages = Field(default_factory=list)
    media_type: MediaType | None = None
    context: Contexts = Field(default_factory=list)
    default_link: bool = False
    default_link_multi: bool = False
    public: bool = True

    @property
    def named(self) -> dict[str, Any]:
        """Return the members the client named, by their wire names."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class LinkQuery(QueryModel):
    """Which links to list."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: str | None = None
    anchor: Anchor | None = None
    link_type: Annotated[str, StringConstraints(min_length=1, max_length=300)] | None = None
