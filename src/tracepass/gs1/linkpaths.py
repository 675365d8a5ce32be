"""Which AIs stand in the path of a GS1 Digital Link, in which order, and which in its query.

Source: GS1 Digital Link Standard: URI Syntax 1.6, sections 4.4 to 4.8.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import combinations
from types import MappingProxyType

from tracepass.gs1.applicationidentifiers import AI_TABLE

CONVENIENCE_ALPHAS: Mapping[str, str] = MappingProxyType(
    {
        "cpid": "8010",
        "cpsn": "8011",
        "cpv": "22",
        "gcn": "255",
        "gdti": "253",
        "giai": "8004",
        "ginc": "401",
        "gln": "414",
        "glnx": "254",
        "gmn": "8013",
        "grai": "8003",
        "gsin": "402",
        "gsrn": "8018",
        "gsrnp": "8017",
        "gtin": "01",
        "itip": "8006",
        "lot": "10",
        "party": "417",
        "refno": "8020",
        "ser": "21",
        "srin": "8019",
        "sscc": "00",
    }
)


def _paths() -> frozenset[tuple[str, ...]]:
    """Return every sequence of a key and qualifiers that a path may hold: the standard's order, with any left out."""
    paths: set[tuple[str, ...]] = set()
    for ai in AI_TABLE.values():
        if not ai.primary_key:
            continue
        for sequence in (*ai.qualifiers, ()):
            for count in range(len(sequence) + 1):
                paths.update((ai.code, *chosen) for chosen in combinations(sequence, count))
    return frozenset(paths)


PATHS = _paths()
PRIMARY_KEYS = frozenset(path[0] for path in PATHS)
_BY_KEY: Mapping[str, tuple[tuple[str, ...], ...]] = MappingProxyType(
    {key: tuple(sorted((path for path in PATHS if path[0] == key), key=" ".join)) for key in PRIMARY_KEYS}
)


@lru_cache(maxsize=4096)
def misplaced(path: tuple[str, ...], attributes: tuple[str, ...], unknown: bool) -> tuple[str, int] | None:  # noqa: FBT001 - a cache key
    """Return what is wrong with the place of an attribute, and which one it is."""
    seen = set(path)
    for index, ai in enumerate(attributes):
        if ai in seen:
            return "link_ai_repeated", index
        seen.add(ai)
    for index, ai in sorted(enumerate(attributes), key=lambda pair: pair[1]):
        if not (AI_TABLE[ai].attribute if ai in AI_TABLE else unknown):
            return "link_not_an_attribute", index
        if any((*path[:at], ai, *path[at:]) in PATHS for at in range(1, len(path) + 1)):
            return "link_belongs_in_path", index
    return None


@lru_cache(maxsize=4096)
def longest_path(key: str, present: frozenset[str]) -> tuple[str, ...]:
    """Return the longest path that the AIs fill; among equally long ones the first in the order of their AIs."""
    return max((path for path in _BY_KEY[key] if present.issuperset(path)), key=len)
