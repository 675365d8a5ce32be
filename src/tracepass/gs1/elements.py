r"""GS1 element strings: read, checked and written (GS1 General Specifications 7.8).

Two spellings: unbracketed, ``^01...10ABC^21...`` with FNC1 as ``^`` or as the GS character that scanners send, and
bracketed, ``(01)...(10)ABC(21)...`` with an opening bracket inside a value as ``\(``. In both a ``|`` parts the
linear from the 2D component of a composite symbol, whose AIs count as one message.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tracepass.gs1.applicationidentifiers import AI_TABLE, WIDTH_BY_PREFIX
from tracepass.gs1.associations import check_associations
from tracepass.gs1.checks import (
    COMPILED,
    FNC1,
    MAX_AIS,
    MAX_TEXT,
    Compiled,
    check_length,
    check_value,
    explain,
    unknown_ai,
)
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.rules import STANDARD, Rules

GS = "\x1d"
COMPOSITE = "|"


class Element(NamedTuple):
    """One AI with its value; ``position`` says where the AI begins in the text that was read."""

    ai: str
    value: str
    position: int = 0

    @property
    def title(self) -> str:
        """Return what the value is, in English."""
        return AI_TABLE[self.ai].title if self.ai in AI_TABLE else "Unknown"


def parse_element_string(text: str, rules: Rules = STANDARD) -> tuple[Element, ...]:
    """Read an unbracketed element string, which begins with FNC1.

    Raises:
        Gs1SyntaxError: the standard refuses it.
    """
    return parse_components(text.replace(GS, FNC1).split(COMPOSITE, 1), rules)


def parse_components(components: Sequence[str], rules: Rules = STANDARD) -> tuple[Element, ...]:
    """Read the components of a symbol as one message; each begins with FNC1, which is ``^`` here.

    Raises:
        Gs1SyntaxError: the standard refuses it; positions are those in the components joined by one character.
    """
    elements: list[Element] = []
    start = 0
    for component in components:
        _check_size(component)
        _read_unbracketed(component, start, elements, rules)
        start += len(component) + 1
    if rules.associations:
        check_associations(elements)
    return tuple(elements)


def _read_unbracketed(text: str, start: int, elements: list[Element], rules: Rules) -> None:
    if not text.startswith(FNC1):
        raise Gs1SyntaxError("fnc1_missing", position=start)
    at, end = 1, len(text)
    if at == end:
        raise Gs1SyntaxError("ai_data_empty", position=start + 1)
    while at < end:
        element, following = unbracketed_element(text, at, start, rules)
        if len(elements) == MAX_AIS:
            raise Gs1SyntaxError("too_many_ais", position=start + at, limit=MAX_AIS)
        elements.append(element)
        at = following


def unbracketed_element(text: str, at: int, start: int, rules: Rules) -> tuple[Element, int]:
    """Read the element that begins in a text at ``at``, and return where the next one begins.

    FNC1 is ``^`` here; ``start`` says where the text itself begins in the one that was given.

    Raises:
        Gs1SyntaxError: the standard refuses it.
    """
    code = text[at : at + WIDTH_BY_PREFIX.get(text[at : at + 2], 0)]
    compiled = COMPILED.get(code) or _unknown_prefix(text, at, start, rules)
    begin = at + len(code)
    match = compiled.scan.match(text, begin)
    if match is None:
        raise _explain(text, compiled, begin).at_offset(start)
    value = match[1]
    for first, last, linter in compiled.checks:
        part = value[first:last]
        if part and linter(part) is not None:
            raise _explain(text, compiled, begin).at_offset(start)
    return Element(code, value, start + at), match.end()


def _unknown_prefix(text: str, at: int, start: int, rules: Rules) -> Compiled:
    """Return rules for an unknown AI; without brackets its prefix must say how many digits it has."""
    width = WIDTH_BY_PREFIX.get(text[at : at + 2], 0)
    code = text[at : at + width]
    compiled = unknown_ai(code, width=len(code)) if rules.unknown_ais and width else None
    if compiled is None:
        raise Gs1SyntaxError("ai_not_recognised", position=start + at, length=len(text[at : at + 4]))
    return compiled


def _explain(text: str, compiled: Compiled, begin: int) -> Gs1SyntaxError:
    """Return why the value that begins there is refused."""
    end = text.find(FNC1, begin)
    value = text[begin:] if end < 0 else text[begin:end]
    code = compiled.ai.code
    fault = explain(compiled.ai, code, value)
    if isinstance(fault, int):
        fault = Gs1SyntaxError("value_too_long", ai=code, position=fault, length=len(value) - fault)
    return fault.at_offset(begin)


def parse_bracketed(text: str, rules: Rules = STANDARD) -> tuple[Element, ...]:
    """Read an element string with its AIs in brackets.

    Raises:
        Gs1SyntaxError: the standard refuses it.
    """
    _check_size(text)
    elements: list[Element] = []
    start = 0
    for component in text.split(COMPOSITE, 1):
        _read_bracketed(component, start, elements, rules)
        start += len(component) + 1
    if rules.associations:
        check_associations(elements)
    return tuple(elements)


def _read_bracketed(text: str, start: int, elements: list[Element], rules: Rules) -> None:
    first = len(elements)
    values: list[tuple[Compiled, int]] = []
    at = 0
    while at < len(text):
        compiled, code, begin = bracketed_ai(text, at, rules)
        end = next_bracket(text, begin)
        value = text[begin:end].replace("\\(", "(")
        fault = check_length(compiled, code, value)
        if fault is not None:
            raise in_text(fault, text, begin).at_offset(start)
        if len(elements) == MAX_AIS:
            raise Gs1SyntaxError("too_many_ais", position=start + at, limit=MAX_AIS)
        elements.append(Element(code, value, start + at + 1))
        values.append((compiled, begin))
        at = end
    if not values:
        raise Gs1SyntaxError("text_empty", position=start)
    for element, (compiled, begin) in zip(elements[first:], values, strict=True):
        fault = check_value(compiled, element.ai, element.value)
        if fault is not None:
            raise in_text(fault, text, begin).at_offset(start)


def bracketed_ai(text: str, at: int, rules: Rules) -> tuple[Compiled, str, int]:
    """Return the rules, the AI and where its value begins, for the bracket that must open here.

    Raises:
        Gs1SyntaxError: it does not, or holds no known AI.
    """
    if text[at] != "(":
        raise Gs1SyntaxError("bracket_expected", position=at, length=1)
    closing = text.find(")", at)
    if closing < 0:
        raise Gs1SyntaxError("bracket_not_closed", position=at, length=len(text) - at)
    code = text[at + 1 : closing]
    compiled = COMPILED.get(code)
    if compiled is None and rules.unknown_ais:
        compiled = unknown_ai(code, width=len(code))
    if compiled is None:
        raise Gs1SyntaxError("ai_unknown", ai=code, position=at + 1, length=len(code))
    if closing + 1 == len(text):
        raise Gs1SyntaxError("ai_without_value", ai=code, position=closing + 1)
    return compiled, code, closing + 1


def next_bracket(text: str, begin: int) -> int:
    """Return where the next unescaped opening bracket stands, or the end of the text."""
    at = text.find("(", begin)
    while at > begin and text[at - 1] == "\\":
        at = text.find("(", at + 1)
    return at if at >= 0 else len(text)


def in_text(fault: Gs1SyntaxError, text: str, begin: int) -> Gs1SyntaxError:
    """Move a fault from its place in the value to its place in the text, where an escaped bracket takes two places."""
    at = begin
    for _ in range(fault.position):
        at += 2 if text.startswith("\\(", at) else 1
    fault.position = at
    return fault


def _check_size(text: str) -> None:
    if len(text) > MAX_TEXT:
        raise Gs1SyntaxError("text_too_long", position=MAX_TEXT, limit=MAX_TEXT)


def to_bracketed(elements: Iterable[Element]) -> str:
    """Write the elements with their AIs in brackets."""
    return "".join(f"({element.ai})" + element.value.replace("(", "\\(") for element in elements)


def to_unbracketed(elements: Iterable[Element], fnc1: str = FNC1) -> str:
    """Write the elements with FNC1 where it is needed: at the head and after values of no predefined length."""
    written: list[str] = []
    needed = True
    for element in elements:
        if needed:
            written.append(fnc1)
        written.append(element.ai)
        written.append(element.value)
        compiled = COMPILED.get(element.ai) or unknown_ai(element.ai, width=len(element.ai))
        needed = compiled is None or compiled.ai.fnc1
    return "".join(written)
