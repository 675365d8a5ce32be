"""Which route a path leads to, straight or by FastAPI."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from tracepass.api import Call, Router
from tracepass.api.dispatch import Dispatch

router = Router(prefix="/api/v1/things")


@router.operation("GET", "/{id}", public=True)
async def one(call: Call) -> Response:
    """Answer the id."""
    return Response(f"one {call.path_params['id']}")


@router.operation("POST", "/batch", public=True)
async def batch(call: Call) -> Response:  # noqa: ARG001 - a handler takes the call
    """Answer."""
    return Response("batch")


@router.operation("PUT", "/{id}/parts/{part}", public=True)
async def part(call: Call) -> Response:
    """Answer both parameters."""
    return Response(f"{call.path_params['id']} {call.path_params['part']}")


async def plain(request: Request) -> Response:
    """Answer what is left of the path."""
    return Response(f"plain {request.path_params['rest']}")


ROUTES: list[BaseRoute] = [*router.routes, Route("/p/{rest}", plain), Route("/{rest}/{more}", plain)]


async def answered(method: str, path: str, **more: Any) -> str:
    """What is answered to a request; ``fastapi`` if it was left to that."""
    sent: list[Any] = []

    async def fastapi(_: Scope, __: Receive, ___: Send) -> None:
        sent.append({"body": b"fastapi"})

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    app = SimpleNamespace(state=SimpleNamespace(gates=()))
    scope = {"type": "http", "app": app, "method": method, "path": path, "query_string": b"", "headers": [], **more}
    await Dispatch(fastapi, routes=ROUTES)(scope, receive, send)
    return b"".join(message.get("body", b"") for message in sent).decode()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/api/v1/things/5", "one 5"),
        ("HEAD", "/api/v1/things/5", "one 5"),
        ("POST", "/api/v1/things/batch", "batch"),
        ("PUT", "/api/v1/things/5/parts/a", "5 a"),
        ("GET", "/p/a", "plain a"),
        ("GET", "/q/a", "plain q"),
    ],
)
async def test_the_first_route_that_takes_path_and_method_answers(method: str, path: str, body: str) -> None:
    assert await answered(method, path) == body


@pytest.mark.parametrize(
    ("method", "path"), [("DELETE", "/api/v1/things/5"), ("GET", "/api/v1/others/5/6"), ("GET", "/"), ("POST", "/p/a")]
)
async def test_what_no_route_takes_is_left_to_fastapi(method: str, path: str) -> None:
    assert await answered(method, path) == "fastapi"


async def test_what_is_mounted_elsewhere_is_left_to_fastapi() -> None:
    assert await answered("GET", "/api/v1/things/5", root_path="/below") == "fastapi"
