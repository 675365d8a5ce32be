"""Names and namespaces between XML and JSON: ``{http://ns.example.com/epcis/}lot`` is ``example:lot`` in JSON.

A namespace is taken to the letter in both directions: the hash of an event holds it (CBV 2.0, 8.9.2), so a slash more
would make two events of one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

VERSIONS: Final[Mapping[str, str]] = {
    "urn:epcglobal:epcis:xsd:1": "1.2",
    "urn:epcglobal:epcis:xsd:2": "2.0",
    "urn:epcglobal:epcis-query:xsd:1": "1.2",
    "urn:epcglobal:epcis-query:xsd:2": "2.0",
    "urn:epcglobal:epcis-masterdata:xsd:1": "1.2",
    "urn:epcglobal:epcis-masterdata:xsd:2": "2.0",
}
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
XSD: Final = "http://www.w3.org/2001/XMLSchema"
XML: Final = "http://www.w3.org/XML/1998/namespace"
XINCLUDE: Final = frozenset({"http://www.w3.org/2001/XInclude", "http://www.w3.org/2003/XInclude"})
SBDH: Final = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
GS1: Final = "https://gs1.org/voc/"
CBV: Final = "https://ref.gs1.org/cbv/"
CBVMDA: Final = "urn:epcglobal:cbv:mda"

# The prefixes that the standard's JSON-LD context declares and protects: no document may declare them anew.
STANDARD: Final[Mapping[str, str]] = {
    "epcis": "https://ref.gs1.org/epcis/",
    "cbv": CBV,
    "cbvmda": CBVMDA + ":",
    "gs1": GS1,
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": XSD + "#",
    "dcterms": "http://purl.org/dc/terms/",
}
# Namespaces of the XML notation itself; they have no place in a JSON-LD context.
_OWN: Final[Mapping[str, str]] = {XSI: "xsi", XML: "xml", XSD: "xsd"}
_KNOWN: Final[Mapping[str, str]] = {
    **{uri: prefix for prefix, uri in STANDARD.items()},
    **_OWN,
    CBVMDA: "cbvmda",
}
_USUAL: Final[Mapping[str, str]] = {SBDH: "sbdh"}
_RESERVED: Final = frozenset(STANDARD) | frozenset(_OWN.values()) | {"id", "type", "http", "https", "urn", "ni"}
_PREFIX: Final = re.compile(r"[A-Za-z_][\w.-]*")
_LOCAL: Final = re.compile(r"^(.*[/#:])([^\W\d][\w.-]*)$")


class NamesExceeded(ValueError):
    """A document has more different names or namespaces than it may have."""


class Names:
    """The prefixes of one document: each namespace has one, whatever the document calls it in which place.

    ``most`` and ``namespaces`` bound how many names and namespaces there may be; beyond, ``NamesExceeded`` is raised.
    """

    def __init__(self, *, most: int = 10_000, namespaces: int = 500) -> None:
        self._most = most
        self._namespaces = namespaces
        self._prefixes: dict[str, str] = {}
        self._cache: dict[str, str] = {}

    @property
    def context(self) -> dict[str, str]:
        """Prefix -> namespace, of what the standard's context does not declare."""
        return {prefix: uri for uri, prefix in self._prefixes.items()}

    def __len__(self) -> int:
        return len(self._prefixes)

    def of(self, name: str) -> str:
        """Return the JSON name of what expat calls ``namespace local prefix``; EPCIS's own and none give the local."""
        found = self._cache.get(name)
        if found is None:
            if len(self._cache) >= self._most:
                raise NamesExceeded(f"the document has more than {self._most} different names")
            found = self._cache[name] = self._resolve(name)
        return found

    def prefix(self, uri: str, wanted: str | None) -> str:
        """Return the prefix of a namespace, taking the wanted one if it is free."""
        known = _KNOWN.get(uri) or self._prefixes.get(uri)
        if known is not None:
            return known
        if len(self._prefixes) >= self._namespaces:
            raise NamesExceeded(f"the document has more than {self._namespaces} namespaces")
        stem = _USUAL.get(uri) or wanted or "ns"
        if not _PREFIX.fullmatch(stem):
            stem = "ns"
        taken = _RESERVED | set(self._prefixes.values())
        chosen = stem
        count = 1
        while chosen in taken:
            chosen = f"{stem}{count}"
            count += 1
        self._prefixes[uri] = chosen
        return chosen

    def declare(self, prefix: str | None, uri: str | None) -> None:
        """Take note of a declaration, so that the context has it even if only a value uses it."""
        if uri and prefix and uri not in VERSIONS:
            self.prefix(uri, prefix)

    def value(self, text: str, scope: Mapping[str, str]) -> str:
        """Return a value such as ``example:someProperty`` with the prefix that its namespace has in JSON."""
        prefix, colon, local = text.partition(":")
        uri = scope.get(prefix) if colon else None
        return text if uri is None or uri in VERSIONS else f"{self.prefix(uri, prefix)}:{local}"

    def _resolve(self, name: str) -> str:
        uri, space, rest = name.partition(" ")
        if not space:
            return name
        local, _, prefix = rest.partition(" ")
        return local if uri in VERSIONS else f"{self.prefix(uri, prefix or None)}:{local}"


def expanded(text: str, scope: Mapping[str, str]) -> str:
    """Return the IRI of a value in prefixed form, itself where its prefix is not declared."""
    prefix, colon, local = text.partition(":")
    uri = scope.get(prefix) or STANDARD.get(prefix) if colon else None
    return text if uri is None else uri + local


def split(iri: str) -> tuple[str, str] | None:
    """Return namespace and local name of an IRI, cut where its last name begins; None if it ends in no name."""
    found = _LOCAL.match(iri)
    return None if found is None else (found[1], found[2])
