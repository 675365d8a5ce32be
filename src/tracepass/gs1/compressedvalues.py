"""Values of AIs as bits (GS1 Digital Link: Compression 1.0, sections on formats and encodings)."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

from tracepass.gs1.applicationidentifiers import ApplicationIdentifier
from tracepass.gs1.bits import Bits
from tracepass.gs1.faults import Gs1SyntaxError

SAFE_64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_HEXADECIMAL = "0123456789ABCDEF"
_ENCODING_BITS = 3
_NUMBER, _LOWER, _UPPER, _SAFE, _ASCII = range(5)
_BITS_OF = {_LOWER: 4, _UPPER: 4, _SAFE: 6, _ASCII: 7}
_ALPHABETS = {_LOWER: _HEXADECIMAL.lower(), _UPPER: _HEXADECIMAL, _SAFE: SAFE_64, _ASCII: bytes(range(128)).decode()}
_PATTERNS = (
    (_NUMBER, re.compile(r"[1-9][0-9]*|0")),
    (_UPPER, re.compile(r"[0-9A-F]+")),
    (_LOWER, re.compile(r"[0-9a-f]+")),
    (_SAFE, re.compile(r"[A-Za-z0-9_-]+")),
)


class Field(NamedTuple):
    """A part of a value as it is written: digits or text, of one length or of up to that many characters."""

    digits: bool
    length: int
    variable: bool


@lru_cache(maxsize=1024)
def fields(ai: ApplicationIdentifier) -> tuple[Field, ...]:
    """Return the fields of an AI: neighbouring parts of one kind are one, and what may be left out is variable."""
    found: list[Field] = []
    for part in ai.parts:
        digits = part.characters == "n"
        variable = part.optional or part.minimum != part.maximum
        last = found[-1] if found else None
        joins = last is not None and last.digits == digits and (last.variable or not variable or not digits)
        if last is not None and joins:
            found[-1] = Field(digits, last.length + part.maximum, last.variable or variable)
        else:
            found.append(Field(digits, part.maximum, variable))
    return tuple(found)


def number_width(digits: int) -> int:
    """Return how many bits a number of that many digits takes."""
    return math.ceil(digits * math.log2(10) + 0.01)


def length_width(most: int) -> int:
    """Return how many bits the length of a field of up to that many characters takes."""
    return math.ceil(math.log2(most) + 0.01)


def write_value(bits: Bits, ai: ApplicationIdentifier, value: str) -> None:
    """Append a valid value of an AI."""
    at = 0
    for field in fields(ai):
        text = value[at : at + field.length]
        at += len(text)
        if field.digits:
            if field.variable:
                bits.write(len(text), length_width(field.length))
            bits.write(int(text or "0"), number_width(len(text)))
        else:
            _write_text(bits, text, length_width(field.length) if field.variable else 0)


def read_value(bits: Bits, ai: ApplicationIdentifier) -> str:
    """Take the value of an AI; whether it is valid is for the reader of the link to see."""
    return "".join(_read_field(bits, field) for field in fields(ai))


def _read_field(bits: Bits, field: Field) -> str:
    if not field.digits:
        return read_text(bits, length_bits=length_width(field.length) if field.variable else 0, length=field.length)
    length = bits.read(length_width(field.length)) if field.variable else field.length
    number = bits.read(number_width(length))
    return str(number).zfill(length) if length else ""


def _write_text(bits: Bits, text: str, length_bits: int) -> None:
    """Append the encoding, the length unless it is known, and the characters.

    Digits with a zero at their head are written as hexadecimal: readers of numbers lose such zeros.
    """
    encoding = next((code for code, pattern in _PATTERNS if pattern.fullmatch(text)), _ASCII)
    bits.write(encoding, _ENCODING_BITS)
    if length_bits:
        bits.write(len(text), length_bits)
    if encoding == _NUMBER:
        bits.write(int(text), number_width(len(text)))
        return
    alphabet, width = _ALPHABETS[encoding], _BITS_OF[encoding]
    for character in text:
        bits.write(alphabet.index(character), width)


def read_text(bits: Bits, *, length_bits: int, length: int = 0) -> str:
    """Take the encoding, the length if it stands there, and the characters.

    Raises:
        Gs1SyntaxError: there is no such encoding.
    """
    encoding = bits.read(_ENCODING_BITS)
    count = bits.read(length_bits) if length_bits else length
    if encoding == _NUMBER:
        number = bits.read(number_width(count))
        return str(number).zfill(count) if count else ""
    if encoding not in _ALPHABETS:
        raise Gs1SyntaxError("link_not_compressed")
    alphabet, width = _ALPHABETS[encoding], _BITS_OF[encoding]
    return "".join(alphabet[bits.read(width)] for _ in range(count))
