"""How AIs go together: which exclude each other, which need others (GS1 General Specifications 4.13 and 4.14)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Protocol

from tracepass.gs1.applicationidentifiers import AI_TABLE
from tracepass.gs1.faults import Gs1SyntaxError

_SIGNATURE = "8030"
_SERIALISED_BY_LENGTH = ("253", "255", "8003")


class Valued(Protocol):
    """What has an AI, a value and a place in a text."""

    @property
    def ai(self) -> str:
        """Return the AI."""
        ...

    @property
    def value(self) -> str:
        """Return the value."""
        ...

    @property
    def position(self) -> int:
        """Return where the AI begins in the text that was read."""
        ...


def check_associations(elements: Sequence[Valued]) -> None:
    """Hold the AIs of a message against each other.

    Raises:
        Gs1SyntaxError: two exclude each other, one lacks what it needs, one stands there twice with different values,
            or a signed key has no serial component. The position is that of the AI at fault.
    """
    codes = tuple(element.ai for element in elements)
    _raise(elements, _of_codes(codes))
    if len(set(codes)) != len(codes):
        check_repeats(elements)
    if _SIGNATURE in codes:
        check_signed_keys(elements)


def check_exclusions(elements: Sequence[Valued]) -> None:
    """Refuse AIs that must not stand beside each other."""
    _raise(elements, _excluded(tuple(element.ai for element in elements)))


def check_requisites(elements: Sequence[Valued]) -> None:
    """Refuse AIs that lack what they need."""
    _raise(elements, _lacking(tuple(element.ai for element in elements)))


def check_repeats(elements: Sequence[Valued]) -> None:
    """Refuse an AI that stands there more than once with different values (GS1 GS 4.14.1)."""
    for one, next_one in pairwise(sorted(elements, key=lambda element: element.ai)):
        if one.ai == next_one.ai and one.value != next_one.value:
            raise Gs1SyntaxError("ai_repeated_differently", ai=one.ai, position=next_one.position, length=len(one.ai))


def check_signed_keys(elements: Sequence[Valued]) -> None:
    """Refuse a signature over a key whose serial component is missing (GS1 General Specifications 3.9.14)."""
    if all(element.ai != _SIGNATURE for element in elements):
        return
    for element in elements:
        if element.ai in _SERIALISED_BY_LENGTH and len(element.value) == AI_TABLE[element.ai].minimum:
            raise Gs1SyntaxError("serial_required", ai=element.ai, position=element.position, length=len(element.ai))


def _raise(elements: Sequence[Valued], found: tuple[str, str, str] | None) -> None:
    if found is not None:
        code, ai, other = found
        raise Gs1SyntaxError(code, ai=ai, other=other, position=_position(elements, ai), length=len(ai))


def _position(elements: Sequence[Valued], ai: str) -> int:
    return next(element.position for element in elements if element.ai == ai)


@lru_cache(maxsize=4096)
def _of_codes(codes: tuple[str, ...]) -> tuple[str, str, str] | None:
    return _excluded(codes) or _lacking(codes)


def _excluded(codes: tuple[str, ...]) -> tuple[str, str, str] | None:
    """Return the first pair that excludes each other, in the order of the AIs."""
    present = sorted(set(codes))
    for ai in present:
        other = next((one for pattern in _exclusions(ai) for one in _matching(pattern, present) if one != ai), None)
        if other is not None:
            return "ais_exclude_each_other", ai, other
    return None


def _lacking(codes: tuple[str, ...]) -> tuple[str, str, str] | None:
    """Return the first AI that lacks what it needs, in the order of the AIs."""
    present = sorted(set(codes))
    for ai in present:
        others = [one for one in present if one != ai]
        for alternatives in _requisites(ai):
            if not any(all(any(_matching(one, others)) for one in group) for group in alternatives):
                return "ai_requires_others", ai, _listed(alternatives)
    return None


def _listed(alternatives: tuple[tuple[str, ...], ...]) -> str:
    return " or ".join(" with ".join(f"({one})" for one in group) for group in alternatives)


def _exclusions(ai: str) -> tuple[str, ...]:
    return AI_TABLE[ai].exclusions if ai in AI_TABLE else ()


def _requisites(ai: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    return AI_TABLE[ai].requisites if ai in AI_TABLE else ()


def _matching(pattern: str, codes: Sequence[str]) -> Iterator[str]:
    prefix = _prefix(pattern)
    return (code for code in codes if len(code) == len(pattern) and code.startswith(prefix))


@cache
def _prefix(pattern: str) -> str:
    return pattern.rstrip("n")
