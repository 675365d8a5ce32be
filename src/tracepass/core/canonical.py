"""One exact text for one JSON value, so that a hash proves what was said (RFC 8785, JSON Canonicalization Scheme)."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import orjson
import rfc8785

from tracepass.core.ids import Id

# What orjson writes otherwise than RFC 8785 3.2.2.3: 1.0 for 1, exponents, and numbers of small or great size. Found in
# the text, where a number stands between two of these marks; a string that looks like one costs time and no more.
_OTHER_NUMBER = re.compile(rb"(?:^|[:,\[])-?\d+(?:\.0(?:$|[,}\]])|(?:\.\d+)?[eE]|(?<=0)\.000000|(?<=\d{16}))")
# Keys are sorted by their UTF-16 units (RFC 8785 3.2.3), as orjson's bytes are not from U+10000 on.
_BEYOND_BMP = re.compile(rb"[\xf0-\xf4]")
_LARGEST_EXACT = 2**53 - 1


def plain(value: Any) -> Any:
    """Turn what JSON does not know and our documents hold, ids, into what is shown.

    Raises:
        TypeError: the value is of no kind that a document holds.
    """
    if isinstance(value, Id):
        return str(value)
    message = f"{type(value).__name__} has no place in a JSON document"
    raise TypeError(message)


def canonical_json(value: Any) -> bytes:
    """Return the canonical form of a JSON value: keys sorted, no blanks, numbers as ECMAScript writes them.

    orjson is forty times faster than a pure Python writer and agrees with RFC 8785 on all but some numbers and the
    order of some keys. The most usual of them, 1.0 for 1, is put right in the value itself; the exact writer is asked
    only where the text shows any other.
    """
    fast = _sorted_json(value)
    if _is_canonical(fast):
        return fast
    tidy = _as_ecmascript(value)
    fast = _sorted_json(tidy)
    return fast if _is_canonical(fast) else rfc8785.dumps(orjson.loads(fast))


def _sorted_json(value: Any) -> bytes:
    return orjson.dumps(value, default=plain, option=orjson.OPT_SORT_KEYS)


def _is_canonical(text: bytes) -> bool:
    """Tell whether the text surely is what RFC 8785 asks for."""
    return _OTHER_NUMBER.search(text) is None and _BEYOND_BMP.search(text) is None


def _as_ecmascript(value: Any) -> Any:
    """Write whole doubles without a fraction, and integers beyond 2^53 as the doubles they are to ECMAScript."""
    kind = type(value)
    if kind is dict:
        return {name: _as_ecmascript(member) for name, member in value.items()}
    if kind is list:
        return [_as_ecmascript(member) for member in value]
    if kind is float and value.is_integer() and abs(value) <= _LARGEST_EXACT:
        return int(value)
    if kind is int and abs(value) > _LARGEST_EXACT:
        return float(value)
    return value


def state_hash(value: Any) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
