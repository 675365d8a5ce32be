"""Tag encodings of EPCs and tag URIs (TDS 1.13, clauses 12 and 14): which serials fit, filter values, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from tracepass.gs1.epc.errors import EpcError
from tracepass.gs1.epc.identity import Epc, parse_body, to_body
from tracepass.gs1.epc.schemes import SCHEMES, Scheme

_TAG_PARTS = 5
_FILTERS = range(8)
# Bits of the company prefix by its number of digits, the same in every scheme (TDS 1.13, clause 14.6).
PREFIX_BITS: Mapping[int, int] = {12: 40, 11: 37, 10: 34, 9: 30, 8: 27, 7: 24, 6: 20}


class Coding(Enum):
    """How a component is written in binary (TDS 1.13, clause 14.3)."""

    INTEGER = "integer"  # no leading zeros (14.3.1)
    NUMERIC_STRING = "numeric string"  # digits behind a leading 1, so that zeros survive (14.3.6)
    STRING = "string"  # 7 bits a character (14.3.2)
    SIX_BIT = "6-bit string"  # 6 bits a character, ended by six zeros (14.3.8)
    PARTITION = "partition"  # digits padded to the width that the partition leaves (14.3.3)


@dataclass(frozen=True, slots=True)
class TagScheme:
    """One binary encoding: header, size, and where the scheme's components go.

    ``partition`` counts the bits that company prefix and reference share; it is None where the reference ends itself.
    ``reserved`` bits follow as zeros. ``filters`` names the filter values in use. ``size`` is None where it varies.
    """

    name: str
    scheme: Scheme
    header: int
    size: int | None
    partition: int | None
    filters: Mapping[int, str]
    reference: Coding = Coding.PARTITION
    reference_digits: int | None = None
    serial: Coding | None = None
    serial_bits: int = 0
    deprecated: bool = False

    def reference_bits(self, prefix_length: int) -> int:
        """Return the bits that a company prefix of so many digits leaves to the reference."""
        return (self.partition or 0) - PREFIX_BITS[prefix_length]


@dataclass(frozen=True, slots=True)
class Tag:
    """An EPC as a tag carries it: the encoding, the filter value 0 to 7, and the EPC."""

    scheme: TagScheme
    filter: int
    epc: Epc

    @property
    def uri(self) -> str:
        """Return the tag URI, ``urn:epc:tag:sgtin-96:3.0614141.812345.6789``."""
        return f"urn:epc:tag:{self.scheme.name}:{self.filter}.{to_body(self.epc)}"

    @property
    def filter_name(self) -> str:
        """Return what the filter value says of the tagged thing (TDS 1.13, clause 10)."""
        return self.scheme.filters.get(self.filter, "reserved")


_ALL = {0: "all others"}
_ITEM = {0: "all others", 1: "point of sale item", 2: "full case", 4: "inner pack", 6: "unit load", 7: "component"}


def _row(  # noqa: PLR0913 (a row of the table has as many cells as the standard's)
    name: str,
    header: int,
    size: int | None,
    partition: int | None,
    filters: Mapping[int, str] = _ALL,
    serial: Coding | None = None,
    serial_bits: int = 0,
    *,
    reference: Coding = Coding.PARTITION,
    reference_digits: int | None = None,
    deprecated: bool = False,
) -> TagScheme:
    scheme = SCHEMES[name.partition("-")[0]]
    return TagScheme(
        name, scheme, header, size, partition, filters, reference, reference_digits, serial, serial_bits, deprecated
    )


_I, _S, _N = Coding.INTEGER, Coding.STRING, Coding.NUMERIC_STRING
TAG_SCHEMES: Mapping[str, TagScheme] = {
    row.name: row
    for row in (
        _row("sgtin-96", 0x30, 96, 44, _ITEM, _I, 38),
        _row("sgtin-198", 0x36, 198, 44, _ITEM, _S, 140),
        _row("sscc-96", 0x31, 96, 58, {0: "all others", 2: "full case", 6: "unit load"}),
        _row("sgln-96", 0x32, 96, 41, _ALL, _I, 41),
        _row("sgln-195", 0x39, 195, 41, _ALL, _S, 140),
        _row("grai-96", 0x33, 96, 44, _ALL, _I, 38),
        _row("grai-170", 0x37, 170, 44, _ALL, _S, 112),
        _row("giai-96", 0x34, 96, 82, {0: "all others", 1: "rail vehicle"}, reference=_I, reference_digits=25),
        _row("giai-202", 0x38, 202, 188, {0: "all others", 1: "rail vehicle"}, reference=_S, reference_digits=30),
        _row("gsrn-96", 0x2D, 96, 58),
        _row("gsrnp-96", 0x2E, 96, 58),
        _row("gdti-96", 0x2C, 96, 41, {0: "all others", 1: "travel document"}, _I, 41),
        _row("gdti-113", 0x3A, 113, 41, {0: "all others", 1: "travel document"}, _N, 58, deprecated=True),
        _row("gdti-174", 0x3E, 174, 41, {0: "all others", 1: "travel document"}, _S, 119),
        _row("cpi-96", 0x3C, 96, 51, _ALL, _I, 31, reference=_I, reference_digits=15),
        _row("cpi-var", 0x3D, None, None, _ALL, _I, 40, reference=Coding.SIX_BIT, reference_digits=30),
        _row("sgcn-96", 0x3F, 96, 41, _ALL, _N, 41),
        _row("itip-110", 0x40, 110, 44, _ITEM, _I, 38),
        _row("itip-212", 0x41, 212, 44, _ITEM, _S, 140),
    )
}
"""Every tag encoding by its name, the shortest of a scheme first."""


def encode_tag(epc: Epc, name: str | None = None, *, filter_value: int = 0) -> Tag:
    """Return the EPC in a tag encoding: the one named, or else the shortest that its components fit.

    Raises:
        EpcError: the scheme has no tag encoding, none or not the named one fits, or the filter value is not 0 to 7.
    """
    if filter_value not in _FILTERS:
        raise EpcError("filter_value", f"a filter value is 0 to 7, not {filter_value}", "filter")
    if epc.scheme.serial is not None and epc.serial is None:
        raise EpcError("missing_component", "a tag carries an instance, not a class", epc.scheme.serial.name)
    if name is not None:
        return fitting(Tag(_tag_scheme(name, None), filter_value, epc))
    rows = [row for row in TAG_SCHEMES.values() if row.scheme is epc.scheme and not row.deprecated]
    if not rows:
        raise EpcError("no_tag_encoding", f"there is no tag encoding of {epc.scheme.label}", "scheme")
    return fitting(Tag(next((row for row in rows if _fault(row, epc) is None), rows[-1]), filter_value, epc))


def parse_tag_uri(text: str) -> Tag:
    """Read ``urn:epc:tag:<encoding>:<filter>.<components>``.

    Raises:
        EpcError: it is none, or its components do not fit the encoding; the position counts from the start of the text.
    """
    parts = text.split(":", _TAG_PARTS - 1)
    if len(parts) != _TAG_PARTS or parts[:3] != ["urn", "epc", "tag"]:
        raise EpcError("not_an_epc", "a tag URI begins with urn:epc:tag:", None, 0)
    row = _tag_scheme(parts[3], len("urn:epc:tag:"))
    start = len(text) - len(parts[4])
    value, dot, body = parts[4].partition(".")
    if len(value) != 1 or value not in "01234567" or not dot:
        raise EpcError("filter_value", "a filter value is 0 to 7, and a dot follows", "filter", start)
    return fitting(Tag(row, int(value), parse_body(body, row.scheme, offset=start + 2)))


def fitting(tag: Tag) -> Tag:
    """Return the tag if its components fit its encoding.

    Raises:
        EpcError: the encoding is of another scheme, or a component does not fit its bits.
    """
    if tag.scheme.scheme is not tag.epc.scheme:
        message = f"{tag.scheme.name} encodes {tag.scheme.scheme.label}, not {tag.epc.scheme.label}"
        raise EpcError("no_tag_encoding", message, "scheme")
    fault = _fault(tag.scheme, tag.epc)
    if fault is not None:
        component, message = fault
        raise EpcError("does_not_fit", f"does not fit {tag.scheme.name}: {message}", component)
    return tag


def _tag_scheme(name: str, position: int | None) -> TagScheme:
    row = TAG_SCHEMES.get(name)
    if row is None:
        raise EpcError("unknown_scheme", f"there is no tag encoding {name!r}", "scheme", position)
    return row


def _fault(row: TagScheme, epc: Epc) -> tuple[str, str] | None:
    length = len(epc.company_prefix)
    if row.reference_digits is not None and (
        message := _misfit(row.reference, epc.reference, row.reference_bits(length), row.reference_digits - length)
    ):
        return row.scheme.components[1], message
    if row.serial is not None and epc.serial is not None and row.scheme.serial is not None:
        message = _misfit(row.serial, epc.serial, row.serial_bits, row.scheme.serial.longest)
        return (row.scheme.serial.name, message) if message else None
    return None


def _misfit(coding: Coding, value: str, bits: int, longest: int) -> str:
    if len(value) > longest:
        return f"at most {longest} characters"
    if coding in {Coding.STRING, Coding.SIX_BIT}:
        return ""
    if not value.isdigit():
        return "digits only"
    if coding is Coding.NUMERIC_STRING:
        return "" if int("1" + value) < 1 << bits else f"a number below {1 << bits} behind a leading 1"
    if len(value) > 1 and value[0] == "0":
        return "no leading zeros"
    return "" if int(value) < 1 << bits else f"a number below {1 << bits}"
