"""Compression of a stream, piece by piece."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import zstandard

from tracepass.exports.models import Compression

_GZIP_LEVEL, _ZSTD_LEVEL = 4, 3
"""Both are quick enough not to hold up what is packed; the last grain costs many times that."""
_GZIP_WINDOW: Final = 31


class Packer(Protocol):
    """Packs one stream."""

    def compress(self, data: bytes) -> bytes:
        """Take in a piece, and return what has become of it and earlier ones so far."""
        ...

    def flush(self) -> bytes:
        """Return the end."""
        ...


class _Loose:
    """Packs nothing."""

    def compress(self, data: bytes) -> bytes:
        """Return the piece."""
        return data

    def flush(self) -> bytes:
        """Return nothing."""
        return b""


PACKERS: Final[Mapping[Compression, Callable[[], Packer]]] = {
    "none": _Loose,
    "gzip": lambda: zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW),
    "zstd": lambda: zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj(),
}
