"""Compressed bodies of strangers, unpacked no further than asked: a small bomb stays small."""

from __future__ import annotations

import zlib

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def decoded(raw: bytes, encoding: str, *, at_most: int) -> tuple[bytes, str | None]:
    """Unpack a body, or the beginning of one, by its ``Content-Encoding`` (RFC 9110 8.4).

    Returns it with why it is not the whole: ``too_long``, or ``undecodable`` for what is not unpacked at all.
    """
    names = [name.strip().lower() for name in encoding.split(",") if name.strip() not in {"", "identity"}]
    if not names:
        return raw[:at_most], None
    if len(names) > 1 or names[0] not in {"gzip", "x-gzip", "deflate"}:
        return raw[:at_most], "undecodable"
    unpacker = zlib.decompressobj(wbits=_GZIP_OR_ZLIB)
    try:
        body = unpacker.decompress(raw, at_most + 1)
    except zlib.error:
        return raw[:at_most], "undecodable"
    return body[:at_most], "too_long" if len(body) > at_most else None
