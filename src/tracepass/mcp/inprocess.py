"""The way to the REST API of the same process: a request straight into the application, through all of its pipeline."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from tracepass.mcp.calls import ApiAnswer, ApiRequest

Message = MutableMapping[str, Any]
Application = Callable[..., Awaitable[None]]

PASSED_ON: Final = frozenset(
    (b"authorization", b"x-api-key", b"host", b"user-agent", b"forwarded", b"x-request-id",
     b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"x-forwarded-port"),
)  # fmt: skip
"""Who calls and from where; never a cookie: a browser's session is not for other programs."""


class InProcess:
    """An `Api` that calls an ASGI application."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def send(self, request: ApiRequest, caller: Any) -> ApiAnswer:
        """Send a request as the HTTP request that brought the message would have sent it itself."""
        exchange = _Exchange(request.body)
        await self._application(_scope(request, caller.scope), exchange.receive, exchange.send)
        return exchange.answer


class _Exchange:
    """One request's body, and what comes back."""

    def __init__(self, body: bytes) -> None:
        self._body: bytes | None = body
        self._status = 0
        self._headers: dict[str, str] = {}
        self._pieces: list[bytes] = []

    async def receive(self) -> Message:
        if self._body is None:
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._status = message["status"]
            self._headers = {name.decode().lower(): value.decode("latin-1") for name, value in message["headers"]}
        elif message["type"] == "http.response.body":
            self._pieces.append(message.get("body", b""))

    @property
    def answer(self) -> ApiAnswer:
        return ApiAnswer(self._status, self._headers, b"".join(self._pieces))


def _scope(request: ApiRequest, outer: Message) -> Message:
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": outer.get("scheme", "http"),
        "path": unquote(request.path),
        "raw_path": request.path.encode(),
        "query_string": request.query.encode(),
        "root_path": "",
        "headers": list(_headers(request, outer)),
        "client": outer.get("client"),
        "server": outer.get("server"),
        "state": dict(outer.get("state", {})),
    }


def _headers(request: ApiRequest, outer: Message) -> Iterator[tuple[bytes, bytes]]:
    yield from ((name, value) for name, value in outer["headers"] if name in PASSED_ON)
    yield from ((name.lower().encode(), value.encode("latin-1", "replace")) for name, value in request.headers.items())
    yield b"accept", b"application/json, */*;q=0.5"
    yield b"content-length", str(len(request.body)).encode()
