"""Compressed GS1 Digital Links (GS1 Digital Link Standard: Compression 1.0)."""

from __future__ import annotations

from tracepass.gs1.elements import Element
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import Link


def compress(elements: tuple[Element, ...]) -> str:
    """Return the elements as one path segment in the 64 characters of file-safe base64."""
    raise Gs1SyntaxError("link_not_compressed")


def decompress(uri: str) -> Link:
    """Read a compressed or half compressed GS1 Digital Link.

    Raises:
        Gs1SyntaxError: it holds no compressed GS1 Digital Link.
    """
    raise Gs1SyntaxError("link_not_compressed")
