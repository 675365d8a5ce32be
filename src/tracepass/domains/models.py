"""What clients send about domains."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.core.schema import QueryModel, WireModel

LONGEST = 253
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+(?!\d+$){_LABEL}")


def read_domain(text: str) -> str:
    """Return a domain in lower case and without a dot at its end; umlauts come in their ASCII form.

    Raises:
        ValueError: it is no name of a host in the public DNS.
    """
    name = text.strip().lower().removesuffix(".")
    if len(name) > LONGEST or not _DOMAIN.fullmatch(name):
        raise ValueError("must be a domain such as id.example.com, without scheme, port or path")
    return name


DomainName = Annotated[str, StringConstraints(min_length=1, max_length=300), AfterValidator(read_domain)]


class DomainCreate(WireModel):
    """A new domain."""

    name: DomainName


class DomainQuery(QueryModel):
    """Which page of the domains to list."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
