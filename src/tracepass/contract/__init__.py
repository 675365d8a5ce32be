"""The contract: the hand-written OpenAPI document, served to programs and rendered for people.

Pure: it reads the files under ``openapi/`` and turns them into bytes and a page. It knows no feature and no framework;
that the application keeps the contract is the business of ``tests/contract``.
"""

from tracepass.contract.bundle import Document, as_json, as_yaml, document, load
from tracepass.contract.reference import PAGE_POLICY, render_reference

__all__ = ["PAGE_POLICY", "Document", "as_json", "as_yaml", "document", "load", "render_reference"]
