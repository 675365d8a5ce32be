"""What is wrong with URNs and links, one by one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from tracepass.epcis.analysis.happenings import Happening, items_at, text_at
from tracepass.epcis.identifiers import LONGEST, normal
from tracepass.gs1.checkdigit import check_digit, is_valid
from tracepass.gs1.epc import EpcError, parse_pattern, parse_urn
from tracepass.gs1.epc.links import STEM
from tracepass.gs1.faults import Gs1SyntaxError
from tracepass.gs1.link import parse_link

_PLAIN_URN = re.compile(r"(urn:epc:id:sgtin:\d+\.\d+)\.[0-9A-Za-z_-]{1,20}", re.ASCII)
_PLAIN_LINK = re.compile(r"https?://[\w.:-]+/(?:p/)?01/(\d{14})(?:/10/[\w.-]{1,20})?/21/[\w-]{1,20}", re.ASCII)
_CHECK_CODES: Final = frozenset({"incorrect_check_digit", "incorrect_check_pair"})
Fault = tuple[str, str]
"""The code of a rule, and why."""
Written = tuple[Happening, str, str]
"""An event, a pointer in it, and the URI that stands there."""


def fault_of(uri: str) -> Fault | None:
    """Return which rule a URI breaks and why; None for what is no identifier of GS1."""
    if uri.startswith("urn:epc:"):
        plain = _PLAIN_URN.fullmatch(uri)
        return _urn_fault(f"{plain[1]}.1" if plain else uri)
    if uri.startswith(("https://", "http://")) and len(uri) <= LONGEST:
        plain = _PLAIN_LINK.fullmatch(uri)
        return None if plain and _is_gtin(plain[1]) else _link_fault(uri)
    return None


@lru_cache(maxsize=4096)
def _is_gtin(digits: str) -> bool:
    return is_valid(digits)


@lru_cache(maxsize=4096)
def _urn_fault(uri: str) -> Fault | None:
    try:
        if uri.startswith("urn:epc:idpat:"):
            parse_pattern(uri)
        elif uri.startswith(("urn:epc:id:", "urn:epc:class:")):
            parse_urn(uri)
    except EpcError as fault:
        return "invalid_urn", str(fault)
    return None


def _link_fault(uri: str) -> Fault | None:
    if normal(uri) == uri and not uri.startswith(STEM):
        return None
    try:
        parse_link(uri)
    except Gs1SyntaxError as fault:
        code = "wrong_check_digit" if fault.code in _CHECK_CODES else "invalid_link"
        return code, _right_digit(uri, fault) or f"{fault.message} (position {fault.position})"
    return None


def _right_digit(uri: str, fault: Gs1SyntaxError) -> str | None:
    """Say which check digit would be right, of a key that is all digits."""
    found = re.search(rf"/{fault.ai}/([0-9]{{2,18}})(?:[/?#]|$)", uri, re.ASCII)
    if fault.code != "incorrect_check_digit" or found is None:
        return None
    return f"({fault.ai}) ends in {found[1][-1]}, where {check_digit(found[1][:-1])} is right"


def written_in(happening: Happening) -> Iterator[Written]:
    """Yield every identifier of an event that names a thing, a class or a place."""
    for mention in happening.mentions:
        yield happening, mention.at, mention.uri
    for amount in happening.amounts:
        yield happening, f"{amount.at}/epcClass", amount.uri
    yield from _places(happening)


def _places(happening: Happening) -> Iterator[Written]:
    for name in ("readPoint", "bizLocation"):
        place = happening.event.get(name)
        uri = text_at(place, "id") if isinstance(place, dict) else None
        if uri is not None:
            yield happening, f"/{name}/id", uri
    for name, member in (("sourceList", "source"), ("destinationList", "destination")):
        for index, item in enumerate(items_at(happening.event, name)):
            uri = text_at(item, member) if isinstance(item, dict) else None
            if uri is not None:
                yield happening, f"/{name}/{index}/{member}", uri
