"""Each AI's rules, compiled once: a pattern that takes its value from a text, and what is left to check in Python.

The pattern answers the common case in one step. Where it or a check says no, :func:`explain` goes through the parts
one by one, as the General Specifications describe them, and names the first fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from tracepass.gs1.applicationidentifiers import AI_TABLE, WIDTH_BY_PREFIX, ApplicationIdentifier, Part
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.linters import CHARACTER_SETS, CSET39, CSET64, CSET82, LINTERS, Linter

MAX_AIS = 64
MAX_TEXT = 8191
FNC1 = "^"
_SETS = {"n": "0-9", "x": re.escape(CSET82), "y": re.escape(CSET39), "z": f"{re.escape(CSET64)}="}
_WIDTHS = range(2, 5)
_FIXED_BY_PREFIX = {
    **dict.fromkeys(("00",), 18),
    **dict.fromkeys(("01", "02", "03"), 14),
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19"), 6),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36"), 6),
    "04": 16,
    "20": 2,
    "41": 13,
}
_ALWAYS_TRUE_OF_DIGITS = frozenset({"prefix-at-1", "prefix-at-2"})


class Compiled(NamedTuple):
    """One AI, ready to read."""

    ai: ApplicationIdentifier
    scan: re.Pattern[str]
    whole: re.Pattern[str]
    checks: tuple[tuple[int, int | None, Linter], ...]
    minimum: int
    maximum: int


def _body(parts: tuple[Part, ...]) -> str:
    """Return the pattern of the parts; what is optional may end the value, but nothing may follow what is left out."""
    if not parts:
        return ""
    part = parts[0]
    length = f"{part.minimum},{part.maximum}" if part.minimum != part.maximum else str(part.maximum)
    inner = f"[{_SETS[part.characters]}]{{{length}}}{_body(parts[1:])}"
    return f"(?:{inner})?" if part.optional else inner


def _checks(ai: ApplicationIdentifier) -> tuple[tuple[int, int | None, Linter], ...]:
    """Return the checks with the slice of the value that each takes; the last part reaches to the end."""
    found: list[tuple[int, int | None, Linter]] = []
    start = 0
    for part in ai.parts:
        stop = None if part is ai.parts[-1] else start + part.maximum
        names = [name for name in part.checks if not (part.characters == "n" and name in _ALWAYS_TRUE_OF_DIGITS)]
        linters = [CHARACTER_SETS["z"]] if part.characters == "z" else []
        found.extend((start, stop, linter) for linter in (*linters, *(LINTERS[name] for name in names)))
        start += part.maximum
    return tuple(found)


def compile_ai(ai: ApplicationIdentifier) -> Compiled:
    """Compile the rules of one AI."""
    body = _body(ai.parts)
    ending = r"(?:\^|\Z)" if ai.fnc1 else r"\^?"
    scan, whole = re.compile(f"({body}){ending}"), re.compile(body)
    return Compiled(ai, scan, whole, _checks(ai), ai.minimum, ai.maximum)


COMPILED: Mapping[str, Compiled] = MappingProxyType({code: compile_ai(ai) for code, ai in AI_TABLE.items()})


def explain(ai: ApplicationIdentifier, code: str, value: str) -> Gs1SyntaxError | int:
    """Go through the parts of a value that reaches to the next FNC1, and return the first fault, or how long it is.

    Positions are those in the value.
    """
    if not value:
        return Gs1SyntaxError("value_empty", ai=code)
    at = 0
    for part in ai.parts:
        text = value[at : at + part.maximum]
        if part.optional and not text:
            continue
        if len(text) < part.minimum:
            return Gs1SyntaxError("value_length", ai=code, position=at, length=len(text))
        for linter in (CHARACTER_SETS[part.characters], *(LINTERS[name] for name in part.checks)):
            fault = linter(text)
            if fault is not None:
                start, length = at + fault.start, fault.length
                bad, rest = value[start : start + length], value[start + length : at + len(text)]
                markup = f"({code}){value[:start]}|{bad}|{rest}"
                return Gs1SyntaxError(fault.code, ai=code, position=start, length=length, markup=markup)
        at += len(text)
    return at


def check_length(compiled: Compiled, code: str, value: str) -> Gs1SyntaxError | None:
    """Tell whether a value that stands for itself has a length that its format can have, and no ``^`` inside."""
    if len(value) < compiled.minimum:
        return Gs1SyntaxError("value_too_short" if value else "value_empty", ai=code, length=len(value))
    if len(value) > compiled.maximum:
        return Gs1SyntaxError("value_too_long", ai=code, length=len(value))
    caret = value.find(FNC1)
    return Gs1SyntaxError("value_has_fnc1", ai=code, position=caret, length=1) if caret >= 0 else None


def check_value(compiled: Compiled, code: str, value: str) -> Gs1SyntaxError | None:
    """Hold a value that stands for itself against all rules of its AI."""
    if compiled.whole.fullmatch(value) is not None:
        for start, stop, linter in compiled.checks:
            text = value[start:stop]
            if text and linter(text) is not None:
                break
        else:
            return None
    fault = check_length(compiled, code, value) or explain(compiled.ai, code, value)
    return None if isinstance(fault, int) else fault


@lru_cache(maxsize=256)
def unknown_ai(code: str, *, width: int) -> Compiled | None:
    """Return rules for an AI that the table does not know, where its prefix does not say it cannot be one.

    Args:
        code: the digits after the opening bracket, or as many as its prefix asks for.
        width: how many digits stand there.
    """
    if width not in _WIDTHS or not (code.isascii() and code.isdigit()):
        return None
    known_width = WIDTH_BY_PREFIX.get(code[:2])
    if known_width not in {None, width}:
        return None
    fixed = _FIXED_BY_PREFIX.get(code[:2]) if known_width else None
    part = Part("x", fixed or 1, fixed or 90, optional=False, checks=())
    return compile_ai(
        ApplicationIdentifier(
            code=code,
            title="Unknown",
            parts=(part,),
            fnc1=fixed is None,
            attribute=False,
            primary_key=False,
            qualifiers=(),
            requisites=(),
            exclusions=(),
        )
    )
