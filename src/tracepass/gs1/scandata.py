"""What a scanner sends: AIM symbology identifier and data (GS1 General Specifications 5.1.3, ISO/IEC 15424)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from tracepass.gs1.checkdigit import is_valid
from tracepass.gs1.checks import FNC1
from tracepass.gs1.compression import decompress
from tracepass.gs1.elements import GS, Element, parse_bracketed, parse_components, parse_element_string, to_unbracketed
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import SCHEMES, Link, build_link, parse_link
from tracepass.gs1.rules import STANDARD, Rules

_IDENTIFIER = 3
_COMPOSITE = "|]e0"
_GTIN_WIDTH = 14
_PLAIN_CARET = re.compile(r"\\*\^")


class Kind(StrEnum):
    """What the data of a scan is."""

    ELEMENT_STRING = "element-string"
    BRACKETED = "bracketed"
    DIGITAL_LINK = "digital-link"
    GTIN = "gtin"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Symbology:
    """A symbology as its AIM identifier tells it.

    ``digits`` is how many digits an EAN or UPC symbol holds; ``ai_data`` says that FNC1 stood in first position.
    """

    identifier: str
    name: str
    ai_data: bool
    digits: int = 0


SYMBOLOGIES = MappingProxyType(
    {
        one.identifier: one
        for one in (
            Symbology("]C1", "GS1-128", ai_data=True),
            Symbology("]e0", "GS1 DataBar", ai_data=True),
            Symbology("]d2", "GS1 DataMatrix", ai_data=True),
            Symbology("]Q3", "GS1 QR Code", ai_data=True),
            Symbology("]J1", "GS1 DotCode", ai_data=True),
            Symbology("]d1", "Data Matrix", ai_data=False),
            Symbology("]Q1", "QR Code", ai_data=False),
            Symbology("]J0", "DotCode", ai_data=False),
            Symbology("]E0", "EAN-13, UPC-A or UPC-E", ai_data=False, digits=13),
            Symbology("]E4", "EAN-8", ai_data=False, digits=8),
        )
    }
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What was scanned.

    Attributes:
        kind: what the data is.
        symbology: the symbology, where an AIM identifier tells it.
        elements: the AIs, none for plain text and for an EAN or UPC symbol without a 2D component.
        text: the data without AIM identifier, as it was written.
        gtin: the number of an EAN or UPC symbol, filled up to 14 digits.
        link: the GS1 Digital Link, where the data is one.
    """

    kind: Kind
    symbology: Symbology | None = None
    elements: tuple[Element, ...] = ()
    text: str = ""
    gtin: str | None = None
    link: Link | None = field(default=None)

    @property
    def data(self) -> str:
        """Return the message with FNC1 as ``^``; plain text that begins with a caret gets a backslash before it."""
        if self.kind is Kind.GTIN:
            return self.text if not self.elements else f"{self.text}|{to_unbracketed(self.elements)}"
        if self.kind is Kind.ELEMENT_STRING:
            return self.text
        return f"\\{self.text}" if _PLAIN_CARET.match(self.text) else self.text


def read_scan(text: str, rules: Rules = STANDARD) -> Scan:
    """Read GS1 data in any spelling: scan data with AIM identifier, Digital Link, bracketed or unbracketed elements.

    An element string may lack its leading FNC1, since most scanners do not send it.

    Raises:
        Gs1SyntaxError: the standard refuses it.
    """
    if text.startswith("]"):
        return read_symbol(text, rules)
    if text[:8].lower().startswith(("http://", "https://")):
        link = _link(text, rules)
        return Scan(Kind.DIGITAL_LINK, elements=link.elements, text=text, link=link)
    if text.startswith("("):
        return Scan(Kind.BRACKETED, elements=parse_bracketed(text, rules), text=text)
    if not text:
        raise Gs1SyntaxError("text_empty")
    if text.startswith((FNC1, GS)):
        return Scan(Kind.ELEMENT_STRING, elements=parse_element_string(text, rules), text=text.replace(GS, FNC1))
    return _ai_data(text, 0, None, rules)


def read_symbol(text: str, rules: Rules = STANDARD) -> Scan:
    """Read scan data that begins with an AIM symbology identifier.

    Raises:
        Gs1SyntaxError: the identifier is missing or not one of GS1's, or the standard refuses the data.
    """
    if not text.startswith("]") or len(text) < _IDENTIFIER:
        raise Gs1SyntaxError("symbology_missing", length=min(len(text), _IDENTIFIER))
    symbology = SYMBOLOGIES.get(text[:_IDENTIFIER])
    if symbology is None:
        raise Gs1SyntaxError("symbology_unsupported", symbology=text[:_IDENTIFIER], length=_IDENTIFIER)
    data = text[_IDENTIFIER:]
    if symbology.digits:
        return _ean(data, symbology, rules)
    if symbology.ai_data:
        return _ai_data(data, _IDENTIFIER, symbology, rules)
    if not data.startswith(SCHEMES):
        return Scan(Kind.TEXT, symbology, text=data)
    try:
        link = _link(data, rules)
    except Gs1SyntaxError as refused:
        raise refused.at_offset(_IDENTIFIER) from None
    return Scan(Kind.DIGITAL_LINK, symbology, link.elements, data, link=link)


def _link(uri: str, rules: Rules) -> Link:
    """Read a link, and where its path holds no key, read it as a compressed one."""
    try:
        return parse_link(uri, rules)
    except Gs1SyntaxError as refused:
        if refused.code != "link_key_missing":
            raise
        try:
            return _at_segment(decompress(uri, rules), uri)
        except Gs1SyntaxError:
            raise refused from None


def _at_segment(link: Link, uri: str) -> Link:
    """Place what a compressed segment holds where the segment begins; a key before it stands there in any case."""
    begin = len(uri.partition("#")[0].partition("?")[0].rpartition("/")[0]) + 1

    def placed(elements: tuple[Element, ...]) -> tuple[Element, ...]:
        return tuple(element._replace(position=min(element.position, begin)) for element in elements)

    (primary,) = placed((link.primary,))
    return replace(link, primary=primary, qualifiers=placed(link.qualifiers), attributes=placed(link.attributes))


def _ai_data(data: str, offset: int, symbology: Symbology | None, rules: Rules) -> Scan:
    """Read element strings whose leading FNC1 the identifier stands for; GS separates them."""
    caret = data.find(FNC1) if symbology is not None else -1
    if caret >= 0:
        raise Gs1SyntaxError("scan_has_caret", position=offset + caret, length=1)
    written = FNC1 + data.replace(GS, FNC1)
    try:
        elements = parse_element_string(written, rules) if symbology is None else parse_components([written], rules)
    except Gs1SyntaxError as refused:
        raise refused.at_offset(offset - 1) from None
    moved = tuple(element._replace(position=element.position + offset - 1) for element in elements)
    return Scan(Kind.ELEMENT_STRING, symbology, moved, written)


def _ean(data: str, symbology: Symbology, rules: Rules) -> Scan:
    """Read an EAN or UPC symbol and, behind ``|]e0``, the 2D component of a composite one."""
    number, rest = data[: symbology.digits], data[symbology.digits :]
    if len(number) < symbology.digits:
        raise Gs1SyntaxError("symbol_too_short", position=_IDENTIFIER, length=len(number))
    if rest and (not rest.startswith(_COMPOSITE) or rest == _COMPOSITE):
        raise Gs1SyntaxError("symbol_too_long", position=_IDENTIFIER + symbology.digits, length=len(rest))
    if not (number.isascii() and number.isdigit()):
        raise Gs1SyntaxError("symbol_not_digits", position=_IDENTIFIER, length=len(number))
    if not is_valid(number):
        raise Gs1SyntaxError("symbol_check_digit", position=_IDENTIFIER + len(number) - 1, length=1)
    offset = _IDENTIFIER + symbology.digits + len(_COMPOSITE)
    component = _ai_data(rest.removeprefix(_COMPOSITE), offset, symbology, rules) if rest else None
    elements = component.elements if component else ()
    return Scan(Kind.GTIN, symbology, elements, number, gtin=number.zfill(_GTIN_WIDTH))


def write_scan(elements: tuple[Element, ...], identifier: str) -> str:
    """Return what a scanner sends for a symbol that carries these AIs.

    A symbol with FNC1 holds them with GS where FNC1 is needed, one without as canonical Digital Link. An EAN or UPC
    symbol holds the GTIN, which must come first, and a 2D component the rest.

    Raises:
        Gs1SyntaxError: the identifier is none that is known, or the symbol cannot carry these AIs.
    """
    symbology = SYMBOLOGIES.get(identifier)
    if symbology is None:
        raise Gs1SyntaxError("symbology_unsupported", symbology=identifier)
    if symbology.ai_data:
        return identifier + to_unbracketed(elements, GS).removeprefix(GS)
    if not symbology.digits:
        return identifier + build_link(elements)
    gtin, *rest = elements
    number = gtin.value[_GTIN_WIDTH - symbology.digits :]
    if gtin.ai != "01" or number.zfill(_GTIN_WIDTH) != gtin.value:
        raise Gs1SyntaxError("symbol_no_gtin", ai=gtin.ai)
    component = to_unbracketed(rest, GS).removeprefix(GS)
    return identifier + number + (f"{_COMPOSITE}{component}" if rest else "")
