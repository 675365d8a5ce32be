"""A product as it is stored, as it is shown, and as it is found: plain functions."""

from __future__ import annotations

from collections.abc import Sequence

from tracepass.core.errors import Invalid
from tracepass.core.mongo import Document
from tracepass.core.trigrams import search_terms
from tracepass.products.models import is_https_url

MEDIA = "/media/"
INTERNAL = frozenset({"workspaceId", "environment", "search", "searchText", "stateHash"})


def etag(product: Document) -> str:
    """Return the entity tag of a product: its version and what is counted at read."""
    return f"{product['version']}-{product['passportCount']}"


def shown(stored: Document) -> Document:
    """Return a stored product as it is shown."""
    return {name: value for name, value in stored.items() if name not in INTERNAL}


def search_of(product: Document) -> Document:
    """Return the members a product is found by: terms that lead to candidates, and the text that decides."""
    texts = (product["name"], product["model"])
    return {"search": search_terms(texts), "searchText": [text.casefold() for text in texts]}


def addressed(product: Document, origin: str) -> Document:
    """Return a product whose uploaded pictures have whole addresses; they are stored without a host."""
    urls = [f"{origin}{url}" if url.startswith(MEDIA) else url for url in product["imageUrls"]]
    return {**product, "imageUrls": urls}


def kept_urls(wanted: Sequence[str], present: Sequence[str]) -> list[str]:
    """Return addresses as they are stored: https URLs, and uploaded pictures the product has, which may change places.

    Raises:
        Invalid: another address is among them.
    """
    kept = [_own(url) if _own(url) in present else url for url in wanted]
    wrong = [index for index, url in enumerate(kept) if url not in present and not is_https_url(url)]
    if wrong:
        raise Invalid({f"imageUrls[{index}]": ["must be an https URL"] for index in wrong})
    return kept


def _own(url: str) -> str:
    """Return the stored form that an address would have as that of an uploaded picture."""
    return MEDIA + url.rpartition(MEDIA)[2]
