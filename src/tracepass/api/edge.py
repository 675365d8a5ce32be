"""The outermost layer: request ids, paths as they were sent, faults, the log line and the metrics of each request."""

from __future__ import annotations

import re
import time
from functools import lru_cache
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tracepass.api.failures import unexpected_answer
from tracepass.core.ids import new_id

CLIENT_LEFT = 499
"""What nginx writes down for a client that went away before its answer; nobody ever receives it."""

_log = structlog.get_logger()
_SANE_ID = re.compile(rb"^[\x21-\x7e]{1,128}$")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_~")

REQUESTS = Counter("tracepass_http_requests_total", "Requests answered", ("method", "route", "status"))
LATENCY = Histogram("tracepass_http_request_seconds", "Time to answer, in seconds", ("method", "route"))


class Edge:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["path"] = path_as_sent(scope)
        await _Exchange(scope, send).run(self._app, receive)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self._request_id = _request_id(scope)
        self._status = 0
        self._started = time.perf_counter()

    async def run(self, app: ASGIApp, receive: Receive) -> None:
        """Answer, whatever happens, and write down that it was done."""
        try:
            await app(self._scope, receive, self._stamp)
        except ClientDisconnect:
            self._status = CLIENT_LEFT
        except Exception:
            _log.exception("unexpected", request_id=self._request_id.decode())
            if self._status:
                raise
            response = unexpected_answer(self._request_id.decode())
            await response(self._scope, receive, self._stamp)
        finally:
            self._record()

    async def _stamp(self, message: Message) -> None:
        """Add the request id to the answer's head."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self._request_id)]
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
