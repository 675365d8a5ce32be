"""The EPC bank of a tag: bits, written as hexadecimal words of 16 (TDS 1.13, clauses 14 and 15)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tracepass.gs1.epc.characters import SET_39, SET_82
from tracepass.gs1.epc.errors import EpcError
from tracepass.gs1.epc.identity import Epc, check
from tracepass.gs1.epc.tags import PREFIX_BITS, TAG_SCHEMES, Coding, Tag, TagScheme, fitting

_HEX = re.compile("[0-9A-Fa-f]+")
_WORD = 16
_BY_HEADER: Mapping[int, TagScheme] = {row.header: row for row in TAG_SCHEMES.values()}
_PREFIX_LENGTHS = (12, 11, 10, 9, 8, 7, 6)
_HEADER_BITS, _FILTER_BITS, _PARTITION_BITS, _PIECE_BITS = 8, 3, 3, 7
_CHARACTER_BITS, _SIX_BITS = 7, 6
_SIGNS_FROM = 32


@dataclass(slots=True)
class _Writer:
    """Bits, appended from the left."""

    value: int = 0
    size: int = 0

    def put(self, value: int, bits: int) -> None:
        self.value = self.value << bits | value
        self.size += bits

    def fill(self, size: int) -> None:
        self.value <<= size - self.size
        self.size = size


@dataclass(slots=True)
class _Reader:
    """Bits, taken from the left. ``component`` names what is read, so that a fault can say so."""

    value: int
    size: int
    at: int = 0
    component: str = field(default="header")

    def take(self, bits: int, component: str) -> int:
        self.component = component
        self.at += bits
        if self.at > self.size:
            raise self.fault("too_short", f"the memory ends after {self.size} bits")
        return self.value >> self.size - self.at & (1 << bits) - 1

    def fault(self, code: str, message: str) -> EpcError:
        return EpcError(code, message, self.component, self.at // 4)


def to_hex(tag: Tag) -> str:
    """Write the bits of a tag as hexadecimal digits, filled up with zeros to whole words of 16 bits."""
    row, epc, bits = tag.scheme, tag.epc, _Writer()
    length = len(epc.company_prefix)
    bits.put(row.header, _HEADER_BITS)
    bits.put(tag.filter, _FILTER_BITS)
    bits.put(_PREFIX_LENGTHS.index(length), _PARTITION_BITS)
    bits.put(int(epc.company_prefix), PREFIX_BITS[length])
    _put(bits, row.reference, epc.reference, row.reference_bits(length))
    if row.scheme.pieces:
        bits.put(int(epc.piece), _PIECE_BITS)
        bits.put(int(epc.total), _PIECE_BITS)
    if row.serial is not None and epc.serial is not None:
        _put(bits, row.serial, epc.serial, row.serial_bits)
    bits.fill(-(-(row.size or bits.size) // _WORD) * _WORD)
    return f"{bits.value:0{bits.size // 4}X}"


def parse_hex(text: str) -> Tag:
    """Read the EPC bank of a tag from hexadecimal digits; the header says which encoding it is.

    Raises:
        EpcError: it is not hexadecimal, has an unknown header, ends too early, or holds bits that no EPC has; the
            position counts hexadecimal digits.
    """
    if _HEX.fullmatch(text) is None:
        raise EpcError("not_hexadecimal", "the memory of a tag is given in hexadecimal digits", None, 0)
    bits = _Reader(int(text, 16), len(text) * 4)
    row = _BY_HEADER.get(bits.take(_HEADER_BITS, "header"))
    if row is None:
        raise EpcError("unknown_scheme", f"there is no tag encoding with header {text[:2]}", "header", 0)
    if row.size is not None and bits.size < row.size:
        raise EpcError("too_short", f"{row.name} has {row.size} bits, not {bits.size}", "header", len(text))
    filter_value = bits.take(_FILTER_BITS, "filter")
    epc = _read_epc(row, bits)
    rest = bits.size - bits.at
    if bits.take(rest, "reserved"):
        raise bits.fault("invalid_character", "holds bits behind the EPC that are not zero")
    return fitting(Tag(row, filter_value, epc))


def _read_epc(row: TagScheme, bits: _Reader) -> Epc:
    scheme = row.scheme
    partition = bits.take(_PARTITION_BITS, "partition")
    if partition >= len(_PREFIX_LENGTHS):
        raise bits.fault("invalid_length", f"there is no partition {partition}")
    length = _PREFIX_LENGTHS[partition]
    prefix = _digits(bits, PREFIX_BITS[length], length, scheme.components[0])
    reference_digits = (scheme.digits or 0) - length
    reference = _take(bits, row.reference, row.reference_bits(length), scheme.components[1], reference_digits)
    piece = _digits(bits, _PIECE_BITS, 2, "piece") if scheme.pieces else ""
    total = _digits(bits, _PIECE_BITS, 2, "total") if scheme.pieces else ""
    serial = None
    if row.serial is not None and scheme.serial is not None:
        serial = _take(bits, row.serial, row.serial_bits, scheme.serial.name, 0)
    return check(Epc(scheme, prefix, reference, serial, piece, total))


def _put(bits: _Writer, coding: Coding, value: str, width: int) -> None:
    if coding is Coding.STRING:
        for character in value:
            bits.put(ord(character), _CHARACTER_BITS)
        bits.put(0, width - len(value) * _CHARACTER_BITS)
    elif coding is Coding.SIX_BIT:
        for character in value:
            bits.put(ord(character) & 63, _SIX_BITS)
        bits.put(0, _SIX_BITS)
    elif coding is Coding.NUMERIC_STRING:
        bits.put(int("1" + value), width)
    else:
        bits.put(int(value or "0"), width)


def _take(bits: _Reader, coding: Coding, width: int, component: str, digits: int) -> str:
    if coding is Coding.STRING:
        return _string(bits, width, component)
    if coding is Coding.SIX_BIT:
        return _six_bit(bits, component)
    if coding is Coding.PARTITION:
        return _digits(bits, width, digits, component)
    value = str(bits.take(width, component))
    if coding is Coding.INTEGER:
        return value
    if value[0] != "1":
        raise bits.fault("invalid_character", "does not begin with the digit 1 that a numeric string has")
    return value[1:]


def _digits(bits: _Reader, width: int, digits: int, component: str) -> str:
    value = bits.take(width, component)
    text = f"{value:0{digits}d}" if digits or value else ""
    if len(text) > digits:
        raise bits.fault("invalid_length", f"has {digits} digits, and {value} is too large")
    return text


def _string(bits: _Reader, width: int, component: str) -> str:
    codes = [bits.take(_CHARACTER_BITS, component) for _ in range(width // _CHARACTER_BITS)]
    rest = bits.take(width % _CHARACTER_BITS, component)
    end = codes.index(0) if 0 in codes else len(codes)
    if any(codes[end:]) or rest:
        raise bits.fault("invalid_character", "goes on after its end")
    value = "".join(map(chr, codes[:end]))
    if SET_82.fault(value) is not None:
        raise bits.fault("invalid_character", f"holds characters that are not of {SET_82.name}")
    return value


def _six_bit(bits: _Reader, component: str) -> str:
    characters = []
    while code := bits.take(_SIX_BITS, component):
        # Letters stand without their bit of 64, digits and signs as they are (TDS 1.13, table G-1).
        character = chr(code | 64) if code < _SIGNS_FROM else chr(code)
        characters.append(character)
    value = "".join(characters)
    if SET_39.fault(value) is not None:
        raise bits.fault("invalid_character", f"holds characters that are not of {SET_39.name}")
    return value
