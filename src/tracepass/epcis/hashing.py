"""The hash of an event (CBV 2.0, 8.9): the same event gives the same hash, whoever wrote it in whichever notation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def pre_hash(event: Mapping[str, Any], namespaces: Mapping[str, str], joiner: str = "") -> str:
    """Return the text that is hashed (CBV 2.0, 8.9.2); ``joiner`` stands between its parts, empty in the standard."""
    raise NotImplementedError


def event_hash(event: Mapping[str, Any], namespaces: Mapping[str, str]) -> str:
    """Return ``ni:///sha-256;<hex>?ver=CBV2.0``.

    ``namespaces``: prefix -> namespace of the extensions, of the document and of the event together
    (``contexts.namespaces_of``). ``eventID``, ``recordTime`` and ``errorDeclaration`` take no part.
    """
    raise NotImplementedError
