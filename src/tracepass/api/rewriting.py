"""Failures below a path in another form than our envelope, where a standard has one and the caller asks for it.

It is the outermost layer: whatever refused the request, the door or the handler, is told in the same way. An answer
that is kept for repetitions is kept in our form, and each repetition is answered as it asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


@dataclass(frozen=True, slots=True)
class Failed:
    """A request that was refused, and the envelope of its answer."""

    method: str
    path: str
    accept: str
    status: int
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What is answered instead; its headers stand beside those that are there."""

    body: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


Rewrite = Callable[[Failed], Rewritten | None]


class Rewriting:
    """ASGI middleware that asks, for each failure below a path, how it is to be told."""

    def __init__(self, app: ASGIApp, *, prefix: str, rewrite: Rewrite) -> None:
        self._app = app
        self._prefix = prefix
        self._rewrite = rewrite

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["path"].startswith(self._prefix):
            send = _Exchange(scope, send, self._rewrite).send
        await self._app(scope, receive, send)


class _Exchange:
    """One answer, whose head waits for its body if it is a failure."""

    def __init__(self, scope: Scope, send: Send, rewrite: Rewrite) -> None:
        self._scope = scope
        self._send = send
        self._rewrite = rewrite
        self._head: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        """Pass a message on, or keep it until the answer is whole."""
        if message["type"] == "http.response.start" and _is_failure(message):
            self._head = message
        elif self._head is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._head)

    async def _finish(self, head: Message) -> None:
        accept = ", ".join(Headers(scope=self._scope).getlist("accept"))
        failed = Failed(self._scope["method"], self._scope["path"], accept, head["status"], self._body)
        told = self._rewrite(failed) if self._body else None
        if told is not None:
            headers = MutableHeaders(raw=list(head["headers"]))
            headers.update({"Content-Type": told.media_type, "Content-Length": str(len(told.body))})
            for name, value in told.headers.items():
                headers.setdefault(name, value)
            head["headers"], self._body = headers.raw, told.body
        await self._send(head)
        await self._send({"type": "http.response.body", "body": self._body})


def _is_failure(head: Message) -> bool:
    is_json = any(name.lower() == b"content-type" and value == b"application/json" for name, value in head["headers"])
    return is_json and head["status"] >= HTTPStatus.BAD_REQUEST
