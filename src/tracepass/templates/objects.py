"""The members of values that are objects: parties, ranges and file references, as columns are for tables."""

from __future__ import annotations

from collections.abc import Mapping

from tracepass.templates.models import Column, DataType, Format, NamedSchema, Validation


def _member(
    key: str,
    label: str,
    max_length: int | None = None,
    *,
    data_type: DataType = "string",
    value_format: Format | None = None,
    required: bool = False,
) -> Column:
    return Column(
        key=key,
        label=label,
        data_type=data_type,
        format=value_format,
        required=required,
        validation=Validation(max_length=max_length),
    )


PARTY: tuple[Column, ...] = (
    _member("legalName", "Name", 200, required=True),
    _member("gln", "GLN", value_format="gln"),
    _member("legacyOperatorId", "Operator identifier", 100),
    _member("country", "Country", value_format="country"),
    _member("address", "Address", 500),
    _member("email", "Email", 254, value_format="email"),
    _member("phone", "Phone", 40),
    _member("url", "Website", data_type="url"),
)

RANGE: tuple[Column, ...] = (
    _member("min", "From", data_type="number"),
    _member("max", "To", data_type="number"),
    _member("unit", "Unit", 20),
    _member("note", "Note", 500),
)

FILE_REFERENCE: tuple[Column, ...] = (
    _member("fileId", "File", value_format="object_id"),
    _member("url", "Link", value_format="https_url"),
    _member("sha256", "SHA-256", value_format="sha256"),
    _member("title", "Title", 200),
)

NAMED: Mapping[NamedSchema, tuple[Column, ...]] = {"Party": PARTY, "Range": RANGE}
