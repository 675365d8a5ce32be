"""The straight way to a handler: routes found by the beginning of a path, and nothing between the edge and them.

FastAPI asks every route in turn whether a path is its own, and opens two stacks of clean-up for each request; ours has
almost two hundred routes, none of which needs such a stack unless FastAPI itself fills its parameters (uploads). What
is not found here, or is not to be called straight, goes FastAPI's way, and is answered there as ever.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.convertors import StringConvertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tracepass.api.call import Call
from tracepass.api.failures import failure_answer
from tracepass.api.routing import ApiRoute

_DEPTH = 4
"""The segments a route is known by: ``/api/v1/passports`` has four, the first of them empty."""

_ANY = re.compile("")

Beginning = tuple[str, ...]
Answerer = Callable[[Scope, Receive, Send], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Way:
    """One route, and how it is answered straight; None if it cannot be."""

    beginning: Beginning
    pattern: re.Pattern[str]
    methods: frozenset[str]
    members: Mapping[str, Any]
    answerer: Answerer | None

    @classmethod
    def to(cls, route: BaseRoute) -> _Way:
        """Return the way to a route; one that is no path goes before none after it."""
        if not isinstance(route, Route):
            return cls((), _ANY, frozenset(), {}, None)
        members: dict[str, Any] = {"endpoint": route.endpoint}
        if isinstance(route, ApiRoute):
            members["route"] = route
        return cls(_beginning(route.path), route.path_regex, frozenset(route.methods or ()), members, _answerer(route))


class Dispatch:
    """ASGI middleware in front of an application's routes, of which there are no more to come."""

    def __init__(self, app: ASGIApp, *, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._ways = _by_beginning([_Way.to(route) for route in routes])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        answerer = self._find(scope) if scope["type"] == "http" and not scope.get("root_path") else None
        if answerer is None:
            await self._app(scope, receive, send)
            return
        try:
            response = await answerer(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - what has no answer of its own is raised again there
            response = failure_answer(error)
        await response(scope, receive, send)

    def _find(self, scope: Scope) -> Answerer | None:
        """Return how the first route that takes method and path answers; the scope learns what the path holds."""
        path, method = scope["path"], scope["method"]
        for way in self._candidates(path):
            match = way.pattern.match(path)
            if match is not None and (method in way.methods or way.pattern is _ANY):
                if way.answerer is not None:
                    scope.update(way.members)
                    scope["path_params"] = match.groupdict()
                return way.answerer
        return None

    def _candidates(self, path: str) -> tuple[_Way, ...]:
        parts = tuple(path.split("/", _DEPTH)[:_DEPTH])
        for length in range(len(parts), -1, -1):
            found = self._ways.get(parts[:length])
            if found is not None:
                return found
        return ()


def _by_beginning(ways: list[_Way]) -> Mapping[Beginning, tuple[_Way, ...]]:
    """Return, for each beginning of a path, what it may lead to, in the order in which it is asked."""
    return {
        beginning: tuple(way for way in ways if way.beginning == beginning[: len(way.beginning)])
        for beginning in {way.beginning for way in ways}
    }


def _beginning(path: str) -> Beginning:
    """Return the first segments of a route's path, up to one that varies."""
    parts = path.split("/", _DEPTH)[:_DEPTH]
    fixed = next((index for index, part in enumerate(parts) if "{" in part), len(parts))
    return tuple(parts[:fixed])


def _answerer(route: Route) -> Answerer | None:
    """Return what answers for a route without FastAPI, or None if that has to fill its parameters or convert them."""
    if not all(isinstance(one, StringConvertor) for one in route.param_convertors.values()):
        return None
    if isinstance(route, ApiRoute):
        return None if route.straight is None else _calling(route.straight)
    return _requesting(route.endpoint) if inspect.iscoroutinefunction(route.endpoint) else None


def _calling(serve: Callable[[Call], Awaitable[Response]]) -> Answerer:
    async def answer(scope: Scope, receive: Receive, send: Send) -> Response:
        return await serve(Call(scope, receive, send))

    return answer


def _requesting(endpoint: Callable[[Request], Awaitable[Response]]) -> Answerer:
    async def answer(scope: Scope, receive: Receive, send: Send) -> Response:
        return await endpoint(Request(scope, receive, send))

    return answer
