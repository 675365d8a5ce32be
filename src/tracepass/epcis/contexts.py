"""JSON-LD contexts: which prefixes a document declares, and our own rendering of the standard's contexts for loaders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EPCIS_CONTEXT_URL = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"


def namespaces_of(context: Any, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return prefix -> namespace as an ``@context`` (URL, object, or list of them) declares them, over ``inherited``."""
    raise NotImplementedError


def context_for(namespaces: Mapping[str, str]) -> list[Any]:
    """Return the ``@context`` of a document whose events use these namespaces."""
    raise NotImplementedError


def load_context(url: str) -> dict[str, Any] | None:
    """Return the context known under an official URL, written by us; None for a URL that is not known."""
    raise NotImplementedError
