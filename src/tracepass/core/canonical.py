"""One exact text for one JSON value, so that a hash proves what was said (RFC 8785, JSON Canonicalization Scheme)."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import rfc8785

from tracepass.core.ids import Id

# Keys are sorted by their UTF-16 units (RFC 8785 3.2.3), as orjson's bytes are not from U+10000 on.
_WITHIN_BMP = bytes(range(0xF0))
_LARGEST_EXACT = 2**53 - 1
_SMALLEST_PLAIN = 1e-5


class _UnusualNumber(Exception):
    """A number that orjson writes otherwise than ECMAScript does."""


def plain(value: Any) -> Any:
    """Turn what JSON does not know and our documents hold, ids, into what is shown.

    Raises:
        TypeError: the value is of no kind that a document holds.
    """
    if isinstance(value, Id):
        return str(value)
    message = f"{type(value).__name__} has no place in a JSON document"
    raise TypeError(message)


def canonical_json(value: Any, *, numbers: Any = None) -> bytes:
    """Return the canonical form of a JSON value: keys sorted, no blanks, numbers as ECMAScript writes them.

    Who knows where the numbers of a large value stand, names a list of what holds all but small whole ones of them.

    orjson is a hundred times faster than a pure Python writer and agrees with RFC 8785 on all but some numbers and the
    order of some keys. Whole numbers that are floats, the most usual of them, are put right beforehand; for the rest
    there is the exact writer.
    """
    try:
        usual = value if has_usual_numbers(value if numbers is None else numbers) else _with_whole_numbers(value)
        text = orjson.dumps(usual, default=plain, option=orjson.OPT_SORT_KEYS)
    except _UnusualNumber:
        return _exactly(value)
    return text if text.isascii() or not text.translate(None, _WITHIN_BMP) else _exactly(value)


def has_usual_numbers(value: Any) -> bool:
    """Tell whether orjson writes every number in a value as ECMAScript does; looking is cheaper than making anew."""
    pending = [[value]]
    while pending:
        item = pending.pop()
        for one in item.values() if isinstance(item, dict) else item:
            kind = type(one)
            if kind is str or one is None:
                continue
            if kind is dict or kind is list:
                if one:
                    pending.append(one)
            elif not _is_usual(kind, one):
                return False
    return True


def _is_usual(kind: type, one: Any) -> bool:
    if kind is float:
        return not one.is_integer() and not -_SMALLEST_PLAIN < one < _SMALLEST_PLAIN
    if kind is int:
        return bool(-_LARGEST_EXACT <= one <= _LARGEST_EXACT)
    return kind is bool or kind is Id


def whole(value: Any) -> Any:
    """Return a value with 1 for 1.0, which are one number in JSON, so that its canonical form is found at once."""
    kind = type(value)
    if kind is float:
        return int(value) if value.is_integer() and abs(value) <= _LARGEST_EXACT else value
    if kind is dict:
        return {name: whole(one) for name, one in value.items()}
    return [whole(one) for one in value] if kind is list else value


def _with_whole_numbers(value: Any) -> Any:
    """Return the value with 1 for 1.0, as ECMAScript writes it (RFC 8785 3.2.2.3).

    Raises:
        _UnusualNumber: a number is written with an exponent, by one of the two, or is no exact double.
    """
    if isinstance(value, dict):
        return {name: one if type(one) is str else _with_whole_numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [one if type(one) is str else _with_whole_numbers(one) for one in value]
    if isinstance(value, float):
        return _usual(value)
    if isinstance(value, int) and abs(value) > _LARGEST_EXACT:
        raise _UnusualNumber
    return value


def _usual(number: float) -> float:
    whole = number.is_integer()
    if abs(number) > _LARGEST_EXACT if whole else abs(number) < _SMALLEST_PLAIN:
        raise _UnusualNumber
    return int(number) if whole else number


def _exactly(value: Any) -> bytes:
    return rfc8785.dumps(_as_doubles(orjson.loads(orjson.dumps(value, default=plain))))


def _as_doubles(value: Any) -> Any:
    """Round integers beyond 2^53 to the double that every JSON number is to ECMAScript (RFC 8785 3.1)."""
    if isinstance(value, dict):
        return {name: _as_doubles(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_as_doubles(member) for member in value]
    if isinstance(value, int) and abs(value) > _LARGEST_EXACT:
        return float(value)
    return value


def state_hash(value: Any, *, numbers: Any = None) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal; see there for ``numbers``."""
    return hashlib.sha256(canonical_json(value, numbers=numbers)).hexdigest()
