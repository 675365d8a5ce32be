"""The contract as this installation serves it, rendered when it is first asked for."""

from __future__ import annotations

from functools import cached_property

from tracepass.contract.bundle import Document, as_json, as_yaml, document
from tracepass.contract.reference import render_reference


class Contract:
    """The OpenAPI document with the addresses of one installation."""

    def __init__(self, api_origin: str, resolver_origin: str) -> None:
        self._api_origin = api_origin
        self._resolver_origin = resolver_origin

    @cached_property
    def document(self) -> Document:
        """Return the document."""
        return document(self._api_origin, self._resolver_origin)

    @cached_property
    def json(self) -> bytes:
        """Return the document as JSON."""
        return as_json(self.document)

    @cached_property
    def yaml(self) -> bytes:
        """Return the document as YAML."""
        return as_yaml(self.document)

    @cached_property
    def page(self) -> bytes:
        """Return the reference as HTML."""
        return render_reference(self.document, self._api_origin).encode()
