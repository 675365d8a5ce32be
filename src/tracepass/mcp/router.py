"""`/mcp`: the protocol over HTTP, beside the pipeline of the API, which its calls go through in their turn.

Each POST stands for itself (Streamable HTTP without sessions, answers in JSON): any process answers any of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import INVALID_REQUEST, PARSE_ERROR
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracepass.api.answers import answer
from tracepass.api.bodies import parse_json
from tracepass.api.failures import refusal_answer
from tracepass.api.policy import JSON, MEGABYTE
from tracepass.api.refusals import PayloadTooLarge, UnsupportedMediaType
from tracepass.core.errors import Refusal
from tracepass.mcp.calls import ApiRequest
from tracepass.mcp.inprocess import InProcess
from tracepass.mcp.service import build_server

PATH: Final = "/mcp"
MAX_BODY: Final = 4 * MEGABYTE
PROTECTED: Final = frozenset({"tools/call", "resources/read"})
"""What does something in somebody's name; everything else tells what there is, and is told to everybody."""
_LONGEST_LENGTH: Final = 18
_METADATA: Final = "/.well-known/oauth-protected-resource"


class ForeignOrigin(Refusal):
    """A page of another site, or of a name that was made to lead here (DNS rebinding)."""

    def __init__(self) -> None:
        super().__init__("forbidden", "Pages of this origin may not call here.", details={"header": "Origin"})


class NotAcceptable(Refusal):
    """The client reads no JSON."""

    def __init__(self) -> None:
        super().__init__("not_acceptable", "Answers are in JSON.", details={"offered": [JSON]})


class Hosted:
    """The endpoint, an ASGI application of its own; ``running`` must be entered before it is called."""

    def __init__(
        self, application: ASGIApp, contract: Mapping[str, Any], *, origin: str, cors_origins: Sequence[str] = ()
    ) -> None:
        self.__name__ = "mcp"
        self._api = InProcess(application)
        self._server = build_server(contract, self._api)
        self._manager: StreamableHTTPSessionManager | None = None
        self._origin = origin
        parts = urlsplit(origin)
        self._origins = frozenset({f"{parts.scheme}://{parts.netloc}".lower(), *cors_origins})

    @property
    def route(self) -> Route:
        """Return the route: POST alone, for without sessions there is nothing to listen to and nothing to end."""
        return Route(PATH, self, methods=["POST"])

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Hold the SDK's manager open, in a task of its own: it must end in the task that it began in."""
        manager = StreamableHTTPSessionManager(
            self._server, json_response=True, stateless=True, max_request_body_size=MAX_BODY
        )
        ready, over = asyncio.Event(), asyncio.Event()

        async def hold() -> None:
            async with manager.run():
                ready.set()
                await over.wait()

        task = asyncio.create_task(hold())
        await ready.wait()
        self._manager = manager
        try:
            yield
        finally:
            over.set()
            await task

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one message."""
        request = Request(scope, receive)
        try:
            self._look_at(request)
            body = await _read(request)
        except Refusal as refusal:
            await refusal_answer(refusal)(scope, receive, send)
            return
        response = await self._before(request, body)
        if response is not None:
            await response(scope, receive, send)
            return
        if self._manager is None:
            message = "enter `running` before the first call"
            raise RuntimeError(message)
        await self._manager.handle_request(_plain(scope), _Again(body, receive), send)

    def _look_at(self, request: Request) -> None:
        """Refuse by the head alone.

        Raises:
            ForeignOrigin: a page of another site asks.
            UnsupportedMediaType: the body is no JSON.
            NotAcceptable: the client reads no JSON.
        """
        origin = request.headers.get("origin")
        if origin is not None and "*" not in self._origins and origin.lower() not in self._origins:
            raise ForeignOrigin
        kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
        if kind != JSON:
            raise UnsupportedMediaType(JSON, kind)
        accepted = {part.split(";")[0].strip().lower() for part in request.headers.get("accept", "*/*").split(",")}
        if not accepted & {JSON, "application/*", "*/*"}:
            raise NotAcceptable

    async def _before(self, request: Request, body: bytes) -> Response | None:
        """Return what is answered instead of giving the message to the server, or None."""
        try:
            message = await parse_json(body)
        except Refusal as refusal:
            return _error(PARSE_ERROR, refusal.message)
        if not isinstance(message, dict) or not isinstance(message.get("method"), str):
            return _error(INVALID_REQUEST, "Send one request or notification of JSON-RPC 2.0; batches are not taken.")
        if message["method"] not in PROTECTED:
            return None
        return await self._turned_away(request)

    async def _turned_away(self, request: Request) -> Response | None:
        """Return what a caller is told who shows nothing that opens anything; where to get it is in the head."""
        found = await self._api.send(ApiRequest("GET", "/api/v1/me"), request)
        if found.status == HTTPStatus.OK:
            return None
        own = f'{self._origin}{_METADATA}"'
        headers = {name: found.headers[name] for name in ("www-authenticate", "retry-after") if name in found.headers}
        if "www-authenticate" in headers:
            headers["www-authenticate"] = headers["www-authenticate"].replace(own, f'{own[:-1]}{PATH}"')
        return Response(found.body, found.status, headers, media_type=JSON)


class _Again:
    """Gives a body that was read already once more, then what the client sends."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


async def _read(request: Request) -> bytes:
    """Return the body.

    Raises:
        PayloadTooLarge: it is too long.
    """
    if _declared_length(request) > MAX_BODY:
        raise PayloadTooLarge(MAX_BODY)
    pieces, size = list[bytes](), 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY:
            raise PayloadTooLarge(MAX_BODY)
        pieces.append(piece)
    return b"".join(pieces)


def _declared_length(request: Request) -> int:
    """Return the declared length of the body; without a readable one the bytes are counted as they come."""
    digits = request.headers.get("content-length", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < _LONGEST_LENGTH else 0


def _plain(scope: Scope) -> Scope:
    """Return the scope with the types that the SDK compares letter by letter, in its own spelling."""
    told = {b"accept": b"application/json, text/event-stream", b"content-type": JSON.encode()}
    headers = [(name, value) for name, value in scope["headers"] if name not in told]
    return {**scope, "headers": [*headers, *told.items()]}


def _error(code: int, message: str) -> Response:
    body = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
    return answer(body, HTTPStatus.BAD_REQUEST)
