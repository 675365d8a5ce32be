"""The key that a passport stands under, its canonical text, and the link printed in the code.

A key is a GTIN alone (model), with a lot (batch) or with a serial (item):
``01/<gtin>``, ``01/<gtin>/10/<lot>``, ``01/<gtin>/21/<serial>`` (GS1 Digital Link 1.6, 4.2: primary key and
qualifiers). The canonical text percent-encodes each value, so that it is one path segment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote

CHARACTER_SET_82 = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
VALUE_LENGTH = 20


@dataclass(frozen=True, slots=True)
class PassportKey:
    """The GS1 key of a passport: a 14-digit GTIN, and at most one of serial (item) and lot (batch) decides the path."""

    gtin: str
    lot: str | None = None
    serial: str | None = None

    @property
    def path(self) -> str:
        """Return the key as path segments: the canonical text of the claim, and the tail of the link."""
        if self.serial is not None:
            return f"01/{self.gtin}/21/{encode_segment(self.serial)}"
        if self.lot is not None:
            return f"01/{self.gtin}/10/{encode_segment(self.lot)}"
        return f"01/{self.gtin}"


def encode_segment(value: str) -> str:
    """Percent-encode a value as one path segment: all but unreserved characters (RFC 3986 2.3).

    A value of dots alone is a relative reference to any URL parser, so its dots are encoded as well.
    """
    encoded = quote(value, safe="")
    return encoded.replace(".", "%2E") if encoded in {".", ".."} else encoded


def is_ai_value(value: str) -> bool:
    """Tell whether a lot or serial is a valid AI 10 or 21: 1 to 20 of the 82 characters (GS1 GS 3.4.1, 3.5.2, 7.11)."""
    return len(value) <= VALUE_LENGTH and CHARACTER_SET_82.fullmatch(value) is not None
