"""GS1 data read as far as it can be: every fault, and what is right beside them.

The readers stop at the first fault, as a checker should. Whoever mends a label wants all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tracepass.gs1.applicationidentifiers import AI_TABLE, WIDTH_BY_PREFIX
from tracepass.gs1.associations import check_exclusions, check_repeats, check_requisites, check_signed_keys
from tracepass.gs1.checks import FNC1, MAX_AIS, check_length, check_value
from tracepass.gs1.elements import (
    COMPOSITE,
    GS,
    Element,
    bracketed_ai,
    in_text,
    next_bracket,
    unbracketed_element,
)
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import Link
from tracepass.gs1.rules import STANDARD, Rules
from tracepass.gs1.scandata import SYMBOLOGIES, Kind, Symbology, read_scan

MAX_FAULTS = 64
_IDENTIFIER = 3
_SCHEMES = ("http://", "https://")
_LONGEST_SCHEME = 8


@dataclass(frozen=True, slots=True)
class Examination:
    """What a text holds and what is wrong with it.

    Attributes:
        kind: what the data is, or seems to be.
        symbology: the symbology, where an AIM identifier tells it.
        elements: the AIs whose values are right.
        faults: all faults, in the order of their places; none where the standard accepts the text.
        gtin: the number of an EAN or UPC symbol, filled up to 14 digits.
        link: the GS1 Digital Link, where the data is a valid one.
    """

    kind: Kind
    symbology: Symbology | None = None
    elements: tuple[Element, ...] = ()
    faults: tuple[Gs1SyntaxError, ...] = ()
    gtin: str | None = None
    link: Link | None = None


def examine(text: str, rules: Rules = STANDARD) -> Examination:
    """Read GS1 data in any spelling, as :func:`tracepass.gs1.scandata.read_scan` does, and find all of its faults.

    Faults inside values, and AIs that do not go together, are all found in element strings. Of a Digital Link or a
    symbol of another kind the first fault is found, and no elements.
    """
    try:
        scan = read_scan(text, rules)
    except Gs1SyntaxError as first:
        return _salvage(text, first, rules)
    return Examination(scan.kind, scan.symbology, scan.elements, gtin=scan.gtin, link=scan.link)


def _salvage(text: str, first: Gs1SyntaxError, rules: Rules) -> Examination:
    symbology = SYMBOLOGIES.get(text[:_IDENTIFIER])
    start = _IDENTIFIER if symbology is not None else 0
    data = text[start:]
    if data[:_LONGEST_SCHEME].lower().startswith(_SCHEMES):
        return Examination(Kind.DIGITAL_LINK, symbology, faults=(first,))
    if text.startswith("]") and (symbology is None or not symbology.ai_data):
        return Examination(Kind.TEXT, symbology, faults=(first,))
    if first.code in {"text_too_long", "too_many_ais"}:
        return Examination(Kind.ELEMENT_STRING, symbology, faults=(first,))
    bracketed = data.startswith("(") and symbology is None
    salvaged = _Salvage(rules)
    salvaged.read(data, start, bracketed=bracketed, scanned=symbology is not None)
    faults = salvaged.faults or salvaged.disagreements() or [first]
    kind = Kind.BRACKETED if bracketed else Kind.ELEMENT_STRING
    return Examination(kind, symbology, tuple(salvaged.elements), tuple(faults))


class _Salvage:
    """Collects elements and faults, component by component."""

    def __init__(self, rules: Rules) -> None:
        self.elements: list[Element] = []
        self.faults: list[Gs1SyntaxError] = []
        self._rules = rules

    def read(self, text: str, start: int, *, bracketed: bool, scanned: bool) -> None:
        """Read both components of a composite symbol, which a scanner sends as one, or the one that there is."""
        step = self._bracketed if bracketed else self._unbracketed
        spelt = text if bracketed else text.replace(GS, FNC1)
        for component in [spelt] if scanned else spelt.split(COMPOSITE, 1):
            at = 0 if bracketed or not component.startswith(FNC1) else 1
            while at < len(component) and len(self.faults) < MAX_FAULTS and len(self.elements) < MAX_AIS:
                at = step(component, at, start)
            start += len(component) + 1

    def disagreements(self) -> list[Gs1SyntaxError]:
        """Return what is wrong with AIs that are right by themselves."""
        checks = (check_exclusions, check_requisites, check_repeats, check_signed_keys)
        found = [fault for check in checks if (fault := _fault(lambda: check(self.elements))) is not None]  # noqa: B023 - called at once
        return sorted(found, key=lambda fault: fault.position)

    def _unbracketed(self, text: str, at: int, start: int) -> int:
        """Take one element and return where the next begins; after a fault, where it surely does."""
        try:
            element, following = unbracketed_element(text, at, start, self._rules)
        except Gs1SyntaxError as fault:
            self.faults.append(fault)
            return _after_fault(text, at, fault)
        self.elements.append(element)
        return following

    def _bracketed(self, text: str, at: int, start: int) -> int:
        """Take one element and return where the next bracket opens."""
        following = next_bracket(text, at + 1)
        fault = _fault(lambda: self._take(text, at, following, start))
        if fault is not None:
            self.faults.append(fault.at_offset(start))
        return following

    def _take(self, text: str, at: int, end: int, start: int) -> None:
        compiled, code, begin = bracketed_ai(text, at, self._rules)
        value = text[begin:end].replace("\\(", "(")
        fault = check_length(compiled, code, value) or check_value(compiled, code, value)
        if fault is not None:
            raise in_text(fault, text, begin)
        self.elements.append(Element(code, value, start + at + 1))


def _after_fault(text: str, at: int, fault: Gs1SyntaxError) -> int:
    """Return where the next element begins: behind a value of predefined length, or behind the next FNC1."""
    code = text[at : at + WIDTH_BY_PREFIX.get(text[at : at + 2], 0)]
    separator = text.find(FNC1, at)
    end = len(text) if separator < 0 else separator
    ai = AI_TABLE.get(code)
    if ai is not None and not ai.fnc1 and fault.code != "value_length":
        end = min(end, at + len(code) + ai.maximum)
    return end + 1 if text.startswith(FNC1, end) else end


def _fault(read: Callable[[], object]) -> Gs1SyntaxError | None:
    try:
        read()
    except Gs1SyntaxError as fault:
        return fault
    return None
