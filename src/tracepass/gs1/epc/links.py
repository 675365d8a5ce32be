"""EPCs as GS1 Digital Link URIs (GS1 Digital Link URI syntax 1.6; TDS 1.13, clause 7).

This reader is for translation, as EPCIS does it (a URN and a link are two names of one thing), and so it takes a link
whose value came unescaped, with ``/``, ``<`` or ``%`` as they are. Whether a link keeps to the syntax of the standard
is said by ``tracepass.gs1.link``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from tracepass.gs1.epc.characters import unescape
from tracepass.gs1.epc.errors import EpcError
from tracepass.gs1.epc.identity import Epc, from_values, to_values
from tracepass.gs1.epc.schemes import SCHEMES
from tracepass.gs1.keys import encode_segment

STEM = "https://id.gs1.org"
_SCHEME = re.compile("https?://", re.IGNORECASE)
# What stands in no URI (RFC 3986, appendix A): a text that holds it was never percent-encoded.
_NEVER_IN_A_URI = re.compile(r"[\"<>\s]|%(?![0-9A-Fa-f]{2})")
_QUALIFIERS: Mapping[str, frozenset[str]] = {
    "01": frozenset({"22", "10", "21", "235"}),
    "8006": frozenset({"22", "10", "21"}),
    "414": frozenset({"254", "7040"}),
    "417": frozenset({"7040"}),
    "8010": frozenset({"8011"}),
    "8017": frozenset({"8019"}),
    "8018": frozenset({"8019"}),
    "8004": frozenset({"7040"}),
}
_KEYS = frozenset(scheme.ai for scheme in SCHEMES.values())
_TEXT_KEYS = frozenset(scheme.ai for scheme in SCHEMES.values() if scheme.digits is None)


def to_link(epc: Epc, stem: str = STEM) -> str:
    """Write the Digital Link URI: the key, then the serial that has an application identifier of its own."""
    return stem + "".join(f"/{ai}/{encode_segment(value)}" for ai, value in to_values(epc).items())


def from_link(text: str, company_prefix_length: int | None, *, verify: bool = False) -> Epc:
    """Read a Digital Link URI of any domain; what is neither key nor serial is passed over.

    A URN carries no check digit, so that translating one notation into the other does not need it: ``verify=True``
    refuses a wrong one.

    Raises:
        EpcError: it is no link, has no key that an EPC rests on, or its key is faulty.
    """
    return from_values(read_link(text), company_prefix_length, verify=verify)


def read_link(text: str) -> dict[str, str]:
    """Return the application identifiers in the path of a link, key first, percent escapes undone.

    Raises:
        EpcError: it has no http(s) scheme, no key, or something that is no qualifier of that key.
    """
    scheme = _SCHEME.match(text)
    if scheme is None:
        raise EpcError("not_a_link", "a Digital Link begins with https:// or http://", None, 0)
    segments = _path(text, scheme.end()).split("/")[1:]
    at = _find_key(segments)
    if at is None:
        raise EpcError("no_key", "the path holds no key that an EPC rests on", None, scheme.end())
    return _pairs(segments[at], segments[at + 1 :], text)


def _path(text: str, start: int) -> str:
    if _NEVER_IN_A_URI.search(text, start):
        return text[start:]
    head, _, fragment = text[start:].partition("#")
    # "#" is a character of a CPI: a fragment that leads to its serial is an unescaped part reference.
    whole = text[start:] if "/8011/" in fragment else head
    return whole.partition("?")[0]


def _find_key(segments: list[str]) -> int | None:
    """Return where the key stands: the first that is followed by digits, since a stem may hold any other segments."""
    for index, segment in enumerate(segments[:-1]):
        if segment in _KEYS and (segments[index + 1][:1].isdigit() or segment in _TEXT_KEYS):
            return index
    return None


def _pairs(key: str, segments: list[str], text: str) -> dict[str, str]:
    qualifiers = _QUALIFIERS.get(key, frozenset())
    found: dict[str, list[str]] = {key: [segments[0]]}
    current = key
    for index, segment in enumerate(segments[1:], start=2):
        if segment in qualifiers and segment not in found and index < len(segments):
            current = segment
            found[current] = []
        else:
            found[current].append(segment)
    values = {ai: unescape("/".join(parts)) for ai, parts in found.items()}
    if not all(values.values()):
        raise EpcError("missing_component", "a qualifier has no value", None, len(text))
    return values
