"""Where a link leads: an address, or a template of one, which the values of the scanned identifier fill.

GS1-Conformant Resolver Standard 1.2, 2.5.1: templates may take their values from the path of the request.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Final

from tracepass.gs1.keys import encode_segment

NAMES: Final[Mapping[str, str]] = {
    "gtin": "01", "lot": "10", "serial": "21", "cpv": "22", "tpx": "235", "sscc": "00", "gdti": "253", "gcn": "255",
    "ginc": "401", "gsin": "402", "gln": "414", "party": "417", "extension": "254", "assignedId": "7040",
    "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010", "cpidSerial": "8011", "gmn": "8013",
    "gsrnp": "8017", "gsrn": "8018", "srin": "8019", "refNo": "8020",
}  # fmt: skip
"""Names of placeholders; the number of an application identifier will do as well."""
PLACEHOLDER: Final = re.compile(r"\{([A-Za-z0-9]+)\}")
_TARGET: Final = re.compile(r"https://(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::\d{1,5})?(?:[/?#][!-~]*)?")
_OWN: Final = re.compile(r"https://([^/:?#]+)(?::\d+)?/(?:test/[^/]+/)?\d{2,4}/")
_BRACES: Final = re.compile(r"[{}]")


class BadTarget(ValueError):
    """A text that cannot be where a link leads; the message says why."""


def check_target(href: str, known: frozenset[str]) -> str:
    """Return an address or template; ``known`` are the application identifiers that requests may bring.

    Raises:
        BadTarget: it is no https URL, or has a placeholder that nothing could fill.
    """
    if not _TARGET.fullmatch(href):
        raise BadTarget("must be an https URL of ASCII characters, with its placeholders after the host")
    unknown = [name for name in PLACEHOLDER.findall(href) if ai_of(name) not in known]
    if unknown:
        names = sorted(name for name, ai in NAMES.items() if ai in known)
        raise BadTarget(f"{{{unknown[0]}}} has no value here; placeholders are {', '.join(names)}")
    if _BRACES.search(PLACEHOLDER.sub("", href)):
        raise BadTarget("has a brace that belongs to no placeholder; write it as %7B or %7D")
    return href


def leads_back(href: str, hosts: Collection[str]) -> bool:
    """Tell whether an address is one of our own Digital Links, which would only lead back here."""
    found = _OWN.match(href)
    return found is not None and found[1].lower() in hosts


def ai_of(name: str) -> str:
    """Return the application identifier that a placeholder names."""
    return NAMES.get(name, name)


def filled(href: str, values: Mapping[str, str]) -> str | None:
    """Return the address with its placeholders filled, or None while one of them has no value.

    ``values`` are by application identifier; each is percent-encoded whole, so that it cannot leave its place.
    """
    if "{" not in href:
        return href
    names = [ai_of(name) for name in PLACEHOLDER.findall(href)]
    if any(name not in values for name in names):
        return None
    return PLACEHOLDER.sub(lambda found: encode_segment(values[ai_of(found[1])]), href)


def with_query(href: str, query: str) -> str:
    """Return an address with the query of a request behind its own, as it was sent (the same standard, 2.12)."""
    if not query:
        return href
    head, mark, fragment = href.partition("#")
    joint = "?" if "?" not in head else "" if head[-1] in "?&" else "&"
    return f"{head}{joint}{query}{mark}{fragment}"
