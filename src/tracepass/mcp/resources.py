"""What assistants may read without calling a tool: products, passports and templates at addresses of their own."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any, Final

import orjson
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR, INVALID_PARAMS, ReadResourceResult, Resource, ResourceTemplate
from mcp_types import TextResourceContents as Text

from tracepass.mcp.calls import Api, ApiAnswer, ApiRequest

JSON: Final = "application/json"
_API: Final = "/api/v1"
_ID: Final = "([0-9a-fA-F]{24})"
_WAYS: Final = tuple(
    (re.compile(f"tracepass://{pattern}"), path)
    for pattern, path in (
        ("products", "/products"),
        ("templates", "/templates"),
        (f"product/{_ID}", "/products/{}"),
        (f"passport/{_ID}", "/passports/{}"),
        (f"passport/{_ID}/epcis", "/passports/{}/epcis"),
        (f"passport/{_ID}/compliance", "/passports/{}/compliance"),
        ("template/([a-z0-9][a-z0-9_-]{0,99})", "/templates/{}"),
    )
)

RESOURCES: Final = [
    Resource(
        name="products",
        title="Products",
        uri="tracepass://products",
        description="The newest products of the workspace.",
        mime_type=JSON,
    ),
    Resource(
        name="templates",
        title="Templates",
        uri="tracepass://templates",
        description="The product groups that passports are made for.",
        mime_type=JSON,
    ),
]
TEMPLATES: Final = [
    ResourceTemplate(name=name, title=title, uri_template=f"tracepass://{uri}", description=told, mime_type=JSON)
    for name, title, uri, told in (
        ("product", "Product", "product/{id}", "One product."),
        ("passport", "Passport", "passport/{id}", "One passport with its fields and parties."),
        ("passport-epcis", "History", "passport/{id}/epcis", "What happened to it, as an EPCIS 2.0 document."),
        ("passport-compliance", "Compliance", "passport/{id}/compliance", "What the law still misses in it."),
        ("template", "Template", "template/{category}", "Every field of a product group, with its law."),
    )
]


async def read(uri: str, api: Api, caller: Any) -> ReadResourceResult:
    """Return what stands at an address.

    Raises:
        MCPError: there is no such address, or the API refuses; its data are the refusal.
    """
    path = _path(uri)
    if path is None:
        raise MCPError(INVALID_PARAMS, "There is no such resource.", {"uri": uri[:200]})
    answer = await api.send(ApiRequest("GET", f"{_API}{path}"), caller)
    if answer.status != HTTPStatus.OK:
        raise _refused(answer)
    return ReadResourceResult(contents=[Text(uri=uri, mime_type=JSON, text=answer.body.decode())])


def _path(uri: str) -> str | None:
    for pattern, path in _WAYS:
        match = pattern.fullmatch(uri)
        if match:
            return path.format(*match.groups())
    return None


def _refused(answer: ApiAnswer) -> MCPError:
    try:
        envelope = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        envelope = {}
    code = INTERNAL_ERROR if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else INVALID_PARAMS
    return MCPError(code, str(envelope.get("message", "The server refused.")), {"status": answer.status, **envelope})
