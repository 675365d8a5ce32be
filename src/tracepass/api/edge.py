"""The outermost layer: request ids, paths as they were sent, faults, the log line and the metrics of each request."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracepass.api.failures import late_answer, unexpected_answer
from tracepass.api.shield import Headers, Patience, shielded, shielding_headers
from tracepass.core.ids import new_id

CLIENT_LEFT = 499
"""What nginx writes down for a client that went away before its answer; nobody ever receives it."""

REQUEST_SECONDS = 60.0

_log = structlog.get_logger()
_SANE_ID = re.compile(rb"^[\x21-\x7e]{1,128}$")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~")

REQUESTS = Counter("tracepass_http_requests_total", "Requests answered", ("method", "route", "status"))
LATENCY = Histogram("tracepass_http_request_seconds", "Time to answer, in seconds", ("method", "route"))


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, *, https: bool = False, seconds: float = REQUEST_SECONDS) -> None:
        self._app = app
        self._shield = shielding_headers(https=https)
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = path_as_sent(scope)
        await _Exchange(scope, send, self._shield).run(self._app, receive, seconds=self._seconds)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send, shield: Headers) -> None:
        self._scope = scope
        self._send = send
        self._shield = shield
        self._patience: Patience | None = None
        self._request_id = _request_id(scope)
        self._status = 0
        self._started = time.perf_counter()

    async def run(self, app: ASGIApp, receive: Receive, *, seconds: float) -> None:
        """Answer, whatever happens, and write down that it was done."""
        try:
            async with Patience(receive, seconds=seconds) as self._patience:
                await app(self._scope, self._patience.receive, self._stamp)
        except ClientDisconnect:
            self._status = CLIENT_LEFT
        except Exception:
            if self._status:
                _log.exception("unexpected", request_id=self._request_id.decode())
                raise
            await self._failure()(self._scope, receive, self._stamp)
        finally:
            self._record()

    def _failure(self) -> Response:
        """Answer for what nobody foresaw, or for nothing having come in time."""
        request_id = self._request_id.decode()
        if self._patience is not None and self._patience.is_over:
            _log.warning("timed out", request_id=request_id)
            return late_answer(whole_body=self._patience.has_whole_body)
        _log.exception("unexpected", request_id=request_id)
        return unexpected_answer(request_id)

    async def _stamp(self, message: Message) -> None:
        """Add the request id and the shield to the answer's head."""
        if message["type"] == "http.response.start":
            if self._patience is not None:
                self._patience.end()
            self._status = message["status"]
            message["headers"] = [*shielded(message["headers"], self._shield), (b"x-request-id", self._request_id)]
        await self._send(message)

    def _record(self) -> None:
        seconds = time.perf_counter() - self._started
        method = self._scope["method"]
        route = _route(self._scope)
        requests, latency = _measures(method, route, self._status)
        requests.inc()
        latency.observe(seconds)
        _log.info(
            "request",
            method=method,
            route=route,
            status=self._status,
            ms=round(seconds * 1000, 2),
            request_id=self._request_id.decode(),
        )


@lru_cache(maxsize=4096)
def _measures(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Return what counts the requests of a route and their time; to look them up costs more than to count."""
    return REQUESTS.labels(method, route, str(status)), LATENCY.labels(method, route)


def _route(scope: Scope) -> str:
    """Name what answered without what varies: the path of the route, else the handler of one that has none here."""
    path = getattr(scope.get("route"), "path", None)
    if path is not None:
        return str(path)
    return str(getattr(scope.get("endpoint"), "__name__", "unmatched"))


def _request_id(scope: Scope) -> bytes:
    """Return the caller's request id, if it is sane, else a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _SANE_ID.match(value):
            return bytes(value)
    return str(new_id()).encode()


def path_as_sent(scope: Scope) -> str:
    """Return the path with its escapes, so that an encoded slash stays inside its segment.

    Escapes of unreserved characters are undone, since they mean the same without (RFC 3986 6.2.2.2); a dot stays
    encoded, because a segment of dots would be a relative reference.
    """
    raw: Any = scope.get("raw_path")
    if raw is None or b"%" not in raw:
        return str(scope["path"])
    return _ESCAPE.sub(_plain_if_unreserved, raw.split(b"?", 1)[0].decode("latin-1"))


def _plain_if_unreserved(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0]
