"""Bodies that are sent many times: each compressed once per coding, when it is first asked for."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cached_property

import brotli

BROTLI_QUALITY = 5
"""Beyond 5 brotli takes ten times as long for a twentieth less."""


@dataclass(frozen=True)
class Body:
    """Bytes, and the same bytes compressed."""

    plain: bytes

    @cached_property
    def brotli(self) -> bytes:
        """Return the brotli form (RFC 7932)."""
        return bytes(brotli.compress(self.plain, mode=brotli.MODE_TEXT, quality=BROTLI_QUALITY))

    @cached_property
    def gzip(self) -> bytes:
        """Return the gzip form (RFC 1952), the same bytes whenever it is made."""
        return gzip.compress(self.plain, mtime=0)

    def encoded(self, accept_encoding: str) -> tuple[bytes, str | None]:
        """Return the bytes for a reader, and their content coding if they have one (RFC 9110 12.5.3)."""
        codings = _codings(accept_encoding)
        if "br" in codings:
            return self.brotli, "br"
        return (self.gzip, "gzip") if "gzip" in codings else (self.plain, None)


def _codings(header: str) -> frozenset[str]:
    """Return the codings a reader takes; those with a weight of 0 are refused ones."""
    members = (member.replace(" ", "").lower().partition(";q=") for member in header.split(","))
    return frozenset(coding for coding, _, weight in members if weight.strip("0.") or not weight)
