"""The server at a terminal: messages on stdin and stdout, and the API of an installation over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import anyio
import httpx2
import orjson
from mcp.server.stdio import stdio_server

from tracepass.mcp.calls import ApiAnswer, ApiRequest
from tracepass.mcp.service import build_server

TIMEOUT_SECONDS: Final = 65.0
"""A little longer than the server takes before it gives up."""


class Remote:
    """An `Api` at an address, with one key."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def send(self, request: ApiRequest, caller: Any) -> ApiAnswer:  # noqa: ARG002 - at a terminal there is one
        """Send a request; a server that cannot be reached answers 503."""
        path = f"{request.path}?{request.query}" if request.query else request.path
        headers = {"Accept": "application/json, */*;q=0.5", **request.headers}
        try:
            answer = await self._client.request(request.method, path, headers=headers, content=request.body or None)
        except httpx2.HTTPError as error:
            told = {"error": "unreachable", "message": f"{self._client.base_url} does not answer: {error!r}."}
            return ApiAnswer(503, {}, orjson.dumps(told))
        return ApiAnswer(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)


def run_at_terminal(contract: Mapping[str, Any], base_url: str, key: str | None) -> None:
    """Serve one client on stdin and stdout until it goes."""
    anyio.run(_serve, contract, base_url, key)


async def _serve(contract: Mapping[str, Any], base_url: str, key: str | None) -> None:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        server = build_server(contract, Remote(client))
        async with stdio_server() as (read, write):
            await server.run(read, write, server.create_initialization_options())
