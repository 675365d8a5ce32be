"""A scan read as far as it can be: the elements before a fault, every fault, and what follows where that is clear.

The reader of `tracepass.gs1` stops at the first fault, as a checker should. Whoever mends a label wants all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracepass.gs1.applicationidentifiers import AI_TABLE
from tracepass.gs1.checks import FNC1
from tracepass.gs1.compression import decompress
from tracepass.gs1.elements import GS, Element, parse_bracketed, parse_element_string
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.rules import Rules
from tracepass.gs1.scandata import SYMBOLOGIES, Kind, Scan, Symbology, read_scan

_ALONE = Rules(associations=False)
_IDENTIFIER = 3
_MAX_FAULTS = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a text; ``faults`` is empty where the standard accepts it."""

    kind: Kind
    symbology: Symbology | None
    elements: tuple[Element, ...]
    faults: tuple[Gs1SyntaxError, ...] = ()
    gtin: str | None = None


def read(text: str) -> Reading:
    """Read scan data, an element string, a bracketed one or a Digital Link, whole or in part."""
    try:
        scan = _read_scan(text)
    except Gs1SyntaxError as fault:
        return _salvaged(text, fault)
    return Reading(scan.kind, scan.symbology, scan.elements, gtin=scan.gtin)


def _read_scan(text: str) -> Scan:
    """Read a scan; a link that holds no key may be a compressed one."""
    try:
        return read_scan(text)
    except Gs1SyntaxError as fault:
        if fault.code != "link_key_missing":
            raise
        try:
            link = decompress(text[_IDENTIFIER:] if text.startswith("]") else text)
        except Gs1SyntaxError:
            raise fault from None
        return Scan(Kind.DIGITAL_LINK, SYMBOLOGIES.get(text[:_IDENTIFIER]), link.elements, text, link=link)


def _salvaged(text: str, fault: Gs1SyntaxError) -> Reading:
    symbology = SYMBOLOGIES.get(text[:_IDENTIFIER])
    start = _IDENTIFIER if symbology is not None else 0
    data = text[start:]
    if data[:8].lower().startswith(("http://", "https://")):
        return Reading(Kind.DIGITAL_LINK, symbology, (), (fault,))
    if text.startswith("]") and (symbology is None or not symbology.ai_data):
        return Reading(Kind.TEXT, symbology, (), (fault,))
    if data.startswith("("):
        elements, faults = _pieces(data, start, _parse_bracketed, _next_bracket)
        return Reading(Kind.BRACKETED, symbology, elements, faults or (fault,))
    lead = 1 if data.startswith((FNC1, GS)) else 0
    elements, faults = _pieces(data[lead:], start + lead, _parse_plain, _next_plain)
    return Reading(Kind.ELEMENT_STRING, symbology, elements, faults or (fault,))


def _pieces(
    text: str,
    offset: int,
    parse: Callable[[str], tuple[Element, ...]],
    resume: Callable[[str, int, Gs1SyntaxError], int | None],
) -> tuple[tuple[Element, ...], tuple[Gs1SyntaxError, ...]]:
    """Read piece after piece: up to a fault, then on from where the next element surely begins."""
    elements: list[Element] = []
    faults: list[Gs1SyntaxError] = []
    at = 0
    while at < len(text) and len(faults) < _MAX_FAULTS:
        try:
            elements += _moved(parse(text[at:]), offset + at)
            break
        except Gs1SyntaxError as fault:
            begin, before = _before(text[at:], fault, parse)
            elements += _moved(before, offset + at)
            step = resume(text[at:], begin, fault)
            faults.append(fault.at_offset(offset + at))
            if step is None:
                break
            at += step
    return tuple(elements), tuple(faults)


def _moved(elements: tuple[Element, ...], by: int) -> list[Element]:
    return [element._replace(position=element.position + by) for element in elements]


def _before(
    text: str, fault: Gs1SyntaxError, parse: Callable[[str], tuple[Element, ...]]
) -> tuple[int, tuple[Element, ...]]:
    """Return where the faulty element begins, and the elements before it."""
    bracketed = text.startswith("(")
    mark = "(" if bracketed else fault.ai or ""
    begin = text.rfind(mark, 0, fault.position + len(mark)) if mark else fault.position
    while begin > 0:
        try:
            before = parse(text[:begin])
        except Gs1SyntaxError:
            before = ()
        if before and (bracketed or _may_end(before[-1], text[begin - 1])):
            return begin, before
        begin = text.rfind(mark, 0, begin + len(mark) - 1) if mark else 0
    return 0, ()


def _may_end(element: Element, last: str) -> bool:
    """Tell whether an element can end there: it is of predefined length, or the last character separates."""
    ai = AI_TABLE.get(element.ai)
    return last in {FNC1, GS} or (ai is not None and not ai.fnc1)


def _next_bracket(text: str, begin: int, fault: Gs1SyntaxError) -> int | None:
    """Return where the bracket after the faulty element opens."""
    at = text.find("(", max(begin + 1, fault.position))
    while at > 0 and text[at - 1] == "\\":
        at = text.find("(", at + 1)
    return at if at > 0 else None


def _next_plain(text: str, begin: int, fault: Gs1SyntaxError) -> int | None:
    """Return where the next element begins: behind a value of predefined length, else behind the next separator."""
    ai = AI_TABLE.get(fault.ai or "")
    if ai is not None and not ai.fnc1:
        end = begin + len(ai.code) + ai.maximum
        return end + 1 if text[end : end + 1] in {FNC1, GS} and end < len(text) else end
    ends = [at for at in (text.find(FNC1, begin + 1), text.find(GS, begin + 1)) if at >= 0]
    return min(ends) + 1 if ends else None


def _parse_bracketed(text: str) -> tuple[Element, ...]:
    return parse_bracketed(text, _ALONE)


def _parse_plain(text: str) -> tuple[Element, ...]:
    """Read an element string without its leading FNC1, each element for itself."""
    try:
        elements = parse_element_string(FNC1 + text, _ALONE)
    except Gs1SyntaxError as fault:
        raise fault.at_offset(-min(fault.position, 1)) from None
    return tuple(element._replace(position=element.position - 1) for element in elements)
