"""Events are held against the schema, and every fault is told with its place, a code and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.epcis.documents import Document
from tracepass.epcis.problems import Problem


def problems_of(event: Any, namespaces: Mapping[str, str]) -> list[Problem]:
    """Return what is wrong with one event, an empty list if nothing is; paths begin at the event.

    ``namespaces`` are those of its document (``Document.namespaces``); an ``@context`` of its own counts as well.
    """
    raise NotImplementedError


def problems_in(document: Document) -> list[Problem]:
    """Return what is wrong with all events of a document, with paths from its root and the index of each event."""
    raise NotImplementedError
