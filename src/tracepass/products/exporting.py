"""Products as exports tell them: as they are stored, with whole addresses of pictures."""

from __future__ import annotations

from tracepass.core.extracts import Section, Source
from tracepass.core.mongo import Document
from tracepass.products.repository import COLLECTION
from tracepass.products.wire import addressed, shown


def products_section(origin: str) -> Section:
    """Return all that a workspace has of products; ``origin`` is where their pictures are served."""

    def record(stored: Document) -> Document:
        told = addressed(shown(stored), origin)
        return {name: value for name, value in told.items() if value is not None}

    return Section("products", "Product", "/api/v1/products", (Source(COLLECTION),), record)
