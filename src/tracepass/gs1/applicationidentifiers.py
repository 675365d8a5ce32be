"""The table of GS1 Application Identifiers, read once from ``data/applicationidentifiers.txt``.

The rules are those of the GS1 General Specifications, section 3 (formats) and 4.13 to 4.14 (which AIs go together),
and of GS1 Digital Link 1.6 (keys, qualifiers, attributes).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

_PART = re.compile(r"([nxyz])(\.\.)?([0-9]+)((?::[a-z0-9-]+)*)(\?)?")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a value.

    ``characters`` is n (digits), x (82 characters), y (39) or z (64); ``checks`` names functions of
    :mod:`tracepass.gs1.linters`, which run after the characters were held against their set.
    """

    characters: str
    minimum: int
    maximum: int
    optional: bool
    checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApplicationIdentifier:
    """One AI and all that the standard says about it.

    ``requisites`` is a conjunction of alternatives of groups: of each entry at least one group must stand beside the
    AI as a whole. ``exclusions`` may not stand beside it. In both, ``n`` in an AI is any digit.
    ``qualifiers`` are the alternative sequences of key qualifiers of a primary key.
    """

    code: str
    title: str
    parts: tuple[Part, ...]
    fnc1: bool
    attribute: bool
    primary_key: bool
    qualifiers: tuple[tuple[str, ...], ...]
    requisites: tuple[tuple[tuple[str, ...], ...], ...]
    exclusions: tuple[str, ...]

    @property
    def minimum(self) -> int:
        """Return how many characters the value has at least."""
        return sum(0 if part.optional else part.minimum for part in self.parts)

    @property
    def maximum(self) -> int:
        """Return how many characters the value has at most."""
        return sum(part.maximum for part in self.parts)

    @property
    def format(self) -> str:
        """Return the format as the General Specifications write it, for example ``N3+X..27``."""
        return "+".join(map(_format, self.parts))


def read_table(text: str) -> Mapping[str, ApplicationIdentifier]:
    """Read the table from its text; the head of the file says how it is written."""
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    return MappingProxyType({one.code: one for line in lines for one in _entries(line)})


def _entries(line: str) -> Iterator[ApplicationIdentifier]:
    cells = [cell.strip() for cell in line.split("|")]
    codes, title, parts, fixed, link, needs, never = cells + [""] * (7 - len(cells))
    first, _, last = codes.partition("-")
    roles = [role.strip() for role in link.split(",")]
    key = next((role for role in roles if role.startswith("key")), None)
    for number in range(int(first), int(last or first) + 1):
        yield ApplicationIdentifier(
            code=str(number).zfill(len(first)),
            title=title,
            parts=tuple(map(_part, parts.split())),
            fnc1=fixed != "fixed",
            attribute="attribute" in roles,
            primary_key=key is not None,
            qualifiers=_qualifiers(key or ""),
            requisites=_requisites(needs),
            exclusions=tuple(never.split()),
        )


def _part(text: str) -> Part:
    match = _PART.fullmatch(text)
    if match is None:
        message = f"{text!r} is no part of a format"
        raise ValueError(message)
    characters, variable, maximum, checks, optional = match.groups()
    return Part(
        characters=characters,
        minimum=1 if variable else int(maximum),
        maximum=int(maximum),
        optional=optional is not None,
        checks=tuple(filter(None, checks.split(":"))),
    )


def _qualifiers(key: str) -> tuple[tuple[str, ...], ...]:
    listed = key.partition(":")[2]
    return tuple(tuple(sequence.split(">")) for sequence in listed.split(" or ")) if listed else ()


def _requisites(needs: str) -> tuple[tuple[tuple[str, ...], ...], ...]:
    if not needs:
        return ()
    return tuple(
        tuple(tuple(group.split("&")) for group in alternatives.split(" or ")) for alternatives in needs.split(" and ")
    )


def _format(part: Part) -> str:
    length = f"..{part.maximum}" if part.minimum != part.maximum else str(part.maximum)
    written = f"{part.characters.upper()}{length}"
    return f"[{written}]" if part.optional else written


AI_TABLE = read_table(files("tracepass.gs1").joinpath("data", "applicationidentifiers.txt").read_text("utf-8"))
WIDTH_BY_PREFIX: Mapping[str, int] = MappingProxyType({code[:2]: len(code) for code in AI_TABLE})
"""How many digits an AI has that begins with these two (GS1 General Specifications 7.8.2, figure on AI lengths)."""
