"""What a resolver says of itself at ``/.well-known/gs1resolver`` (GS1-Conformant Resolver Standard 1.2, 3)."""

from __future__ import annotations

from typing import Any

from tracepass.gs1.linktypes import GS1_NAMESPACE, IANA_NAMESPACE
from tracepass.resolver.linksets import CONTEXT

COUNTRIES = {"nameOfList": "ISO 3166-1 alpha-2", "url": "https://www.iso.org/iso-3166-country-codes.html"}


def description(root: str, name: str) -> dict[str, Any]:
    """Return the description of the resolver at an address; every primary key of GS1 may be registered with it."""
    return {
        "name": name,
        "resolverRoot": root,
        "supportedPrimaryKeys": ["all"],
        "supportedLinkType": [
            {"namespace": GS1_NAMESPACE, "prefix": "gs1:"},
            {"namespace": IANA_NAMESPACE, "prefix": "iana:"},
        ],
        "supportedContextValuesExternal": [COUNTRIES],
        "linkTypeDefaultCanBeLinkset": False,
        "jsonLdContextLocation": CONTEXT,
    }
