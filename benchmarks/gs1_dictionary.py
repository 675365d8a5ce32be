"""Whether our table of AIs says what the GS1 Barcode Syntax Dictionary says, a release of which is read from a file.

A new release shows here which AIs are new and which have changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from tracepass.gs1.applicationidentifiers import AI_TABLE, ApplicationIdentifier, Part

CHECKS: Mapping[str, str] = {
    "csum": "check-digit",
    "csumalpha": "check-pair",
    "couponcode": "coupon",
    "couponposoffer": "positive-offer",
    "gcppos1": "prefix-at-1",
    "gcppos2": "prefix-at-2",
    "hasnondigit": "not-only-digits",
    "hh": "hour",
    "hhmi": "time",
    "hyphen": "hyphen",
    "iban": "iban",
    "importeridx": "importer-index",
    "iso3166": "country",
    "iso3166999": "country-or-999",
    "iso3166alpha2": "country-letters",
    "iso4217": "currency",
    "iso5218": "sex",
    "latitude": "latitude",
    "longitude": "longitude",
    "mediatype": "media-type",
    "mi": "minute",
    "nonzero": "not-zero",
    "nozeroprefix": "no-leading-zero",
    "packagetype": "package-type",
    "pcenc": "percent-encoded",
    "pieceoftotal": "piece-of-total",
    "posinseqslash": "place-of-all",
    "ss": "second",
    "winding": "winding",
    "yesno": "flag",
    "yymmd0": "date-or-month",
    "yymmdd": "date",
    "yyyymmdd": "long-date",
    "zero": "zero",
}
COMPONENT = re.compile(r"(\[)?([NXYZ](?:\.\.)?[0-9]+)\]?((?:,[a-z0-9]+)*)")


class Entry(NamedTuple):
    """What is said of one AI, spelt so that two sources can be compared."""

    parts: str
    fnc1: bool
    attribute: bool
    key: str | None
    requisites: frozenset[str]
    exclusions: frozenset[str]


def differences(path: Path) -> list[str]:
    """Return what our table and the dictionary say differently, in sentences."""
    ours = {code: _ours(ai) for code, ai in AI_TABLE.items()}
    theirs = dict(_theirs(path.read_text("utf-8")))
    return [
        f"({code}) is {ours.get(code)} here and {theirs.get(code)} there"
        for code in sorted(ours.keys() | theirs.keys())
        if ours.get(code) != theirs.get(code)
    ]


def _ours(ai: ApplicationIdentifier) -> Entry:
    key = "|".join(",".join(sequence) for sequence in ai.qualifiers)
    return Entry(
        parts=" ".join(map(_part, ai.parts)),
        fnc1=ai.fnc1,
        attribute=ai.attribute,
        key=key if ai.primary_key else None,
        requisites=frozenset(",".join("+".join(group) for group in alternatives) for alternatives in ai.requisites),
        exclusions=frozenset(ai.exclusions),
    )


def _part(part: Part) -> str:
    length = f"..{part.maximum}" if part.minimum != part.maximum else str(part.maximum)
    return f"{part.characters.upper()}{length}{'?' if part.optional else ''}:{'+'.join(part.checks)}"


def _theirs(text: str) -> Iterator[tuple[str, Entry]]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        codes, *rest = words
        flags = rest.pop(0) if set(rest[0]) <= set("*?") else ""
        entry = _entry(rest, flags)
        first, _, last = codes.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield str(number).zfill(len(first)), entry


def _entry(words: list[str], flags: str) -> Entry:
    attributes = [word for word in words if word.startswith(("req=", "ex=", "dlpkey"))]
    keys = [word.partition("=")[2] for word in attributes if word.startswith("dlpkey")]
    return Entry(
        parts=" ".join(_component(word) for word in words if word not in attributes),
        fnc1="*" not in flags,
        attribute="?" in flags,
        key=keys[0] if keys else None,
        requisites=frozenset(word.removeprefix("req=") for word in attributes if word.startswith("req=")),
        exclusions=frozenset(
            ai for word in attributes if word.startswith("ex=") for ai in word.removeprefix("ex=").split(",")
        ),
    )


def _component(word: str) -> str:
    match = COMPONENT.fullmatch(word)
    if match is None:
        message = f"{word!r} is no component"
        raise ValueError(message)
    optional, spec, linters = match.groups()
    return f"{spec}{'?' if optional else ''}:{'+'.join(CHECKS[name] for name in linters.split(',') if name)}"
