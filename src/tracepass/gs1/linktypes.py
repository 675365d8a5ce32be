"""The types of links: those of the GS1 Web Vocabulary, relations registered with IANA, and absolute URIs.

GS1-Conformant Resolver Standard 1.2, 2.14: the three namespaces of GS1's vocabulary count as one, and a link type from
elsewhere must not stand for one that GS1 has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

GS1: Final = "gs1:"
GS1_NAMESPACE: Final = "https://ref.gs1.org/voc/"
_GS1_NAMESPACES: Final = re.compile(r"https?://(?:ref\.|www\.)?gs1\.org/voc/", re.IGNORECASE)
IANA_NAMESPACE: Final = "http://www.iana.org/assignments/relation/"
IANA_PREFIX: Final = "iana:"
_URI: Final = re.compile(r"https?://[A-Za-z0-9.-]+(?::\d+)?/[^\s\"<>{}|\\^`]*")

_TABLE: Final[Mapping[str, Any]] = json.loads(
    (resources.files("tracepass.gs1") / "data" / "linktypes.json").read_text("utf-8")
)
TITLES: Final[Mapping[str, str]] = {GS1 + name: title for name, title in _TABLE["gs1"].items()}
"""The link types of GS1 as ``gs1:pip``, each with a title in English."""
IANA: Final = frozenset(_TABLE["iana"])
DEFAULT, DEFAULT_MULTI, DPP, HANDLED_BY = "gs1:defaultLink", "gs1:defaultLinkMulti", "gs1:dpp", "gs1:handledBy"
RESOLVERS_OWN: Final = frozenset({DEFAULT, DEFAULT_MULTI, HANDLED_BY})
"""Those that a resolver itself sets."""


class UnknownLinkType(ValueError):
    """A text that names no link type; the message says what would."""


def read_link_type(text: str) -> str:
    """Return a link type as it is stored: ``gs1:pip``, an IANA relation, or an absolute URI.

    Raises:
        UnknownLinkType: it is none of these, or one that only a resolver sets.
    """
    name = asked_link_type(text)
    if name in RESOLVERS_OWN:
        raise UnknownLinkType("is set by the resolver; describe the link by its own type and set defaultLink")
    if name in TITLES or name in IANA:
        return name
    if name.startswith(GS1):
        raise UnknownLinkType(f"{name} is no link type of the GS1 Web Vocabulary")
    if not _URI.fullmatch(name):
        hint = f"; did you mean {GS1}{name}?" if GS1 + name in TITLES else ""
        raise UnknownLinkType(f"must be a link type of GS1, an IANA link relation, or an absolute http(s) URI{hint}")
    return name


def asked_link_type(text: str) -> str:
    """Return a link type of a request in the form in which they are stored; a name nobody knows stays as it is."""
    found = _GS1_NAMESPACES.match(text)
    if found:
        return GS1 + text[found.end() :]
    return text.removeprefix(IANA_NAMESPACE).removeprefix(IANA_PREFIX)


def relation_of(link_type: str) -> str:
    """Return the URI of a link type, the name of a member in a linkset (RFC 9264 4.2.3)."""
    if link_type.startswith(GS1):
        return GS1_NAMESPACE + link_type.removeprefix(GS1)
    return IANA_NAMESPACE + link_type if link_type in IANA else link_type
