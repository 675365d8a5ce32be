"""The JSON-LD context of exports (docs/exports.md), in which every member of every record has a meaning.

What is not named falls to our vocabulary, so nothing is dropped. Maps whose keys are data (fields by key, translations
by locale, parties by role) are indexes that keep their keys as a property. Values of fields, which are of any shape,
and documents of others are JSON literals: as lossless in RDF as in the export.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tracepass.core.errors import NotFound

NAME: Final = "tenant-export"
PATH: Final = "/contexts/{name}"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

INDEXES: Final[Mapping[str, str]] = {"fields": "key", "translations": "locale", "parties": "role"}
"""Members that hold things by key, and the property that keeps the key."""

LITERALS: Final = frozenset(
    {
        "value",
        "pending",
        "inheritedFrom",
        "defaultFieldValues",
        "conditionFlags",
        "branding",
        "context",
        "definition",
        "event",
        "lineage",
        "namespaces",
        "details",
    }
)
"""Members whose value, of whatever shape, is one JSON literal (JSON-LD 1.1, 4.2.2)."""

LISTS: Final = frozenset({"imageUrls", "hreflang"})
"""Arrays whose order counts."""

MOMENTS: Final = frozenset(
    {
        "exportedAt",
        "since",
        "at",
        "createdAt",
        "created_at",
        "updatedAt",
        "updated_at",
        "producedAt",
        "publishedAt",
        "suspendedAt",
        "archivedAt",
        "expiresAt",
        "generatedAt",
        "recordTime",
        "verifiedAt",
    }
)
"""Timestamps."""


def vocabulary_of(origin: str) -> str:
    """Return what our terms begin with; their addresses lead to the context."""
    return f"{origin}{PATH.format(name=NAME)}#"


def context_of(origin: str) -> dict[str, Any]:
    """Return the context of the exports of an installation."""
    vocabulary = vocabulary_of(origin)
    indexes = {
        name: {"@id": vocabulary + name, "@container": "@index", "@index": vocabulary + key}
        for name, key in INDEXES.items()
    }
    return {
        "@version": 1.1,
        "@vocab": vocabulary,
        "xsd": XSD,
        **indexes,
        **{name: {"@type": "@json"} for name in sorted(LITERALS)},
        **{name: {"@container": "@list"} for name in sorted(LISTS)},
        **{name: {"@type": "xsd:dateTime"} for name in sorted(MOMENTS)},
    }


class Contexts:
    """The contexts that are served."""

    def __init__(self, *, origin: str) -> None:
        self._origin = origin

    def get(self, name: str) -> dict[str, Any]:
        """Return a context as a document of its own.

        Raises:
            NotFound: there is no such context.
        """
        if name != NAME:
            raise NotFound("context")
        return {"@context": context_of(self._origin)}
