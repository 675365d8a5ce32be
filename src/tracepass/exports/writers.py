"""The forms of an export: what stands before, between and after its records (docs/exports.md).

Every form ends with the counts of its records and a digest of all bytes before it: what lacks them is not whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

import orjson

from tracepass.core.canonical import plain
from tracepass.core.mongo import Document
from tracepass.exports.context import context_of, vocabulary_of
from tracepass.exports.models import FormatName
from tracepass.exports.triples import Triples

ALGORITHM: Final = "sha-256"
KIND: Final = "TenantExport"


class Writer(Protocol):
    """Writes the parts of one export, in their order."""

    def head(self, about: Document) -> bytes:
        """Return the beginning; ``about`` says of what and when the export is."""
        ...

    def begin(self, section: str) -> bytes:
        """Return what stands before the records of a section."""
        ...

    def record(self, section: str, record: Document) -> bytes:
        """Return one record; it names its ``@id`` and ``@type``."""
        ...

    def end(self) -> bytes:
        """Return what stands after the records of a section."""
        ...

    def foot(self, counts: Mapping[str, int]) -> bytes:
        """Return all that is left but the digest of what was written so far."""
        ...

    def seal(self, digest: str) -> bytes:
        """Return the end."""
        ...


class JsonLdWriter:
    """One JSON-LD document: each record stands on a line of its own, so line by line it can be read as well."""

    def __init__(self, origin: str) -> None:
        self._context = context_of(origin)
        self._is_first = True

    def head(self, about: Document) -> bytes:
        """Return the beginning."""
        members = _dumps({"@context": self._context, "@type": KIND, **about})
        return members[:-1]

    def begin(self, section: str) -> bytes:
        """Return what stands before the records of a section."""
        self._is_first = True
        return b',\n"' + section.encode() + b'":['

    def record(self, section: str, record: Document) -> bytes:  # noqa: ARG002 - the array says the section
        """Return one record."""
        start = b"\n" if self._is_first else b",\n"
        self._is_first = False
        return start + _dumps(record)

    def end(self) -> bytes:
        """Return what stands after the records of a section."""
        return b"]" if self._is_first else b"\n]"

    def foot(self, counts: Mapping[str, int]) -> bytes:
        """Return all that is left but the digest."""
        return b',\n"counts":' + _dumps(counts) + b",\n"

    def seal(self, digest: str) -> bytes:
        """Return the end."""
        return f'"digest":"{ALGORITHM}:{digest}"}}\n'.encode()


class NdjsonWriter:
    """One JSON value a line: first the head with the context, then the records, then counts and digest."""

    def __init__(self, origin: str) -> None:
        self._context = context_of(origin)

    def head(self, about: Document) -> bytes:
        """Return the beginning."""
        return _dumps({"@context": self._context, "@type": KIND, **about}) + b"\n"

    def begin(self, section: str) -> bytes:  # noqa: ARG002 - the type of each record says the section
        """Return nothing."""
        return b""

    def record(self, section: str, record: Document) -> bytes:  # noqa: ARG002 - as above
        """Return one record."""
        return _dumps(record) + b"\n"

    def end(self) -> bytes:
        """Return nothing."""
        return b""

    def foot(self, counts: Mapping[str, int]) -> bytes:
        """Return all that is left but the digest."""
        return b'{"counts":' + _dumps(counts) + b","

    def seal(self, digest: str) -> bytes:
        """Return the end."""
        return f'"digest":"{ALGORITHM}:{digest}"}}\n'.encode()


class NquadsWriter:
    """The statements of the JSON-LD document, a line each."""

    def __init__(self, origin: str) -> None:
        self._triples = Triples(vocabulary_of(origin))

    def head(self, about: Document) -> bytes:
        """Return the beginning."""
        return self._about({"@type": KIND, **about})

    def begin(self, section: str) -> bytes:  # noqa: ARG002 - each record says to which section it belongs
        """Return nothing."""
        return b""

    def record(self, section: str, record: Document) -> bytes:
        """Return one record and that it belongs to the export."""
        link = f"{_EXPORT} {self._triples.term(section)} <{record['@id']}> .\n"
        return (link + self._triples.of(record)).encode()

    def end(self) -> bytes:
        """Return nothing."""
        return b""

    def foot(self, counts: Mapping[str, int]) -> bytes:
        """Return all that is left but the digest."""
        return self._about({"counts": counts})

    def seal(self, digest: str) -> bytes:
        """Return the end."""
        return self._about({"digest": f"{ALGORITHM}:{digest}"})

    def _about(self, members: Document) -> bytes:
        return self._triples.of(members, _EXPORT).encode()


_EXPORT: Final = "_:export"
WRITERS: Final[Mapping[FormatName, Callable[[str], Writer]]] = {
    "jsonld": JsonLdWriter,
    "ndjson": NdjsonWriter,
    "nquads": NquadsWriter,
    # Turtle is written from the statements, once all are there.
    "turtle": NquadsWriter,
}


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=plain)
