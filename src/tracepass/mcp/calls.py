"""A call of a tool as a request of our REST API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode

import orjson

from tracepass.mcp.catalogue import Action
from tracepass.mcp.schemas import DOCUMENT, Arguments


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """What is asked of the API; ``query`` is encoded, without a question mark."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What it answered; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Api(Protocol):
    """A way to the REST API that stands in for the caller of the tool."""

    async def send(self, request: ApiRequest, caller: Any) -> ApiAnswer:
        """Send a request for ``caller``: the HTTP request that brought the message, or None at a terminal."""
        ...


def request_of(action: Action, arguments: Arguments, given: Mapping[str, Any]) -> ApiRequest:
    """Return the request of an action with arguments that fit its schema."""
    path, headers, query = action.path, dict[str, str](), list[tuple[str, str]]()
    rest = dict(given)
    for parameter in arguments.parameters:
        if parameter.argument not in rest:
            continue
        value = rest.pop(parameter.argument)
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(str(value), safe=""))
        elif parameter.place == "header":
            headers[parameter.name] = str(value)
        else:
            values = value if isinstance(value, list) else [value]
            query.extend((parameter.name, _text(one)) for one in values)
    body = rest.get(DOCUMENT) if arguments.whole_body else rest
    sends = bool(arguments.bodies) and (arguments.needs_body or bool(body))
    if sends:
        headers["Content-Type"] = "application/json"
    return ApiRequest(action.method, path, urlencode(query), headers, orjson.dumps(body) if sends else b"")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
