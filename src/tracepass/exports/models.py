"""What clients ask about exports, and the forms in which they get them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from pydantic import Field

from tracepass.core.schema import QueryModel, WireModel, WireTimestamp

FormatName = Literal["jsonld", "ndjson", "nquads", "turtle"]
Compression = Literal["none", "gzip", "zstd"]


@dataclass(frozen=True, slots=True)
class Format:
    """How an export is written; ``media_types`` begins with the usual one."""

    name: FormatName
    media_types: tuple[str, ...]
    suffix: str


FORMATS: Final[Mapping[str, Format]] = {
    one.name: one
    for one in (
        Format("jsonld", ("application/ld+json", "application/json"), "jsonld"),
        Format("ndjson", ("application/x-ndjson",), "ndjson"),
        Format("nquads", ("application/n-quads",), "nq"),
        Format("turtle", ("text/turtle",), "ttl"),
    )
}
SUFFIXES: Final[Mapping[str, str]] = {"none": "", "gzip": ".gz", "zstd": ".zst"}
PACKED_TYPES: Final[Mapping[str, str]] = {"gzip": "application/gzip", "zstd": "application/zstd"}


class TenantExportQuery(QueryModel):
    """What to stream: everything, or what changed since a moment."""

    since: WireTimestamp | None = None


class ExportCreate(WireModel):
    """An export to be made by a worker."""

    format: Literal["jsonld", "ndjson", "nquads"] = "jsonld"
    compression: Compression = "none"
    since: WireTimestamp | None = None


class ExportListQuery(QueryModel):
    """One page of exports."""

    page: Annotated[int, Field(ge=1, le=100_000)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class DownloadQuery(QueryModel):
    """What opens a download without a key."""

    token: Annotated[str, Field(min_length=1, max_length=200)] | None = None
