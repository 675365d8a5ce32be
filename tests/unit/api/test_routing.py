"""Routes and their policy, gates and their order, failures of every kind: on an application without a database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import FastAPI, HTTPException, Query
from pymongo.errors import AutoReconnect, OperationFailure
from starlette.responses import Response

from tracepass.api import Call, Router, answer
from tracepass.api.arguments import Arguments
from tracepass.api.bodies import MalformedJson, parse_json, read_json
from tracepass.api.edge import Edge
from tracepass.api.failures import install_failures
from tracepass.api.routing import Gate, Proceed
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.logging import configure_logging
from tracepass.core.schema import QueryModel, WireModel

FAILURES: dict[str, Exception] = {
    "away": AutoReconnect("gone"),
    "broken": OperationFailure("no such stage", 40324),
    "large": HTTPException(413),
    "teapot": HTTPException(418, "short and stout"),
    "refused": Refusal("gone", "It was here.", headers={"X-Was": "here"}),
    "own": ValueError("secret"),
}


class Thing(WireModel):
    name: str = "nobody"


class Asked(QueryModel):
    page_size: Annotated[int, Query(ge=1)]


def application(gates: Iterable[Gate] = ()) -> FastAPI:
    router = Router()

    @router.operation("POST", "/things", public=True)
    async def make(call: Call, body: Thing) -> Response:
        call.scope["order"].append("handler")
        return answer({"name": body.name})

    @router.operation("GET", "/things", public=True)
    async def ask(call: Call, query: Annotated[Asked, Query()]) -> Response:  # noqa: ARG001 - handlers take the call
        return answer({"pageSize": query.page_size})

    @router.operation("GET", "/fail/{how}", public=True)
    async def fail(call: Call) -> Response:
        raise FAILURES[call.path_params["how"]]

    app = FastAPI()
    app.state.gates = tuple(gates)
    install_failures(app)
    app.include_router(router)
    app.add_middleware(Edge)
    return app


def client_of(app: Any, order: list[str] | None = None) -> httpx2.AsyncClient:
    async def noted(scope: Any, receive: Any, send: Any) -> None:
        scope["order"] = [] if order is None else order
        await app(scope, receive, send)

    transport = httpx2.ASGITransport(noted, raise_app_exceptions=False)
    return httpx2.AsyncClient(transport=transport, base_url="http://test")


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    configure_logging("critical")
    async with client_of(application()) as opened:
        yield opened


class TestPolicy:
    def test_a_route_without_a_scope_must_say_that_it_is_public(self) -> None:
        with pytest.raises(TypeError, match="must name a scope, or say that it is public"):
            Router().operation("GET", "/x")
        with pytest.raises(TypeError, match="must name a scope"):
            Router().operation("GET", "/x", scope="a:b", public=True)

    def test_a_handler_must_take_the_call(self) -> None:
        async def handler() -> Response:
            return Response()

        with pytest.raises(TypeError, match="the handler of GET /x must take the call"):
            Router().operation("GET", "/x", public=True)(handler)

    def test_a_query_must_be_annotated_as_one(self) -> None:
        async def handler(call: Call, query: Annotated[Asked, "something"]) -> Response:
            raise NotImplementedError(call, query)

        with pytest.raises(TypeError, match="must be annotated"):
            Arguments.of(handler)


class TestGates:
    async def test_gates_stand_in_order_between_validation_and_handler(self) -> None:
        order: list[str] = []

        def gate(name: str) -> Gate:
            async def pass_(call: Call, body: Any, proceed: Proceed) -> Response:
                call.scope["order"].append(f"{name} before {body.name}")
                response = await proceed()
                call.scope["order"].append(f"{name} after")
                return response

            return pass_

        async with client_of(application([gate("one"), gate("two")]), order) as client:
            assert (await client.post("/things", json={"name": "x"})).json() == {"name": "x"}
            assert order == ["one before x", "two before x", "handler", "two after", "one after"]
            order.clear()
            assert (await client.post("/things", json={"nmae": "x"})).status_code == 400
            assert order == []

    async def test_a_gate_may_answer_by_itself(self) -> None:
        order: list[str] = []

        async def closed(call: Call, body: Any, proceed: Proceed) -> Response:  # noqa: ARG001 - the shape of a gate
            raise Refusal("locked", "Closed.")

        async with client_of(application([closed]), order) as client:
            assert (await client.post("/things")).status_code == 423
            assert order == []


class TestFailures:
    @pytest.mark.parametrize(
        ("how", "status", "code"),
        [
            ("away", 503, "service_unavailable"),
            ("broken", 500, "internal_error"),
            ("large", 413, "payload_too_large"),
            ("teapot", 400, "validation_error"),
            ("refused", 410, "gone"),
            ("own", 500, "internal_error"),
        ],
    )
    async def test_every_failure_has_the_envelope(
        self, client: httpx2.AsyncClient, how: str, status: int, code: str
    ) -> None:
        response = await client.get(f"/fail/{how}")
        assert (response.status_code, response.json()["error"]) == (status, code)
        assert response.headers["x-request-id"]
        assert "secret" not in response.text
        assert "no such stage" not in response.text

    async def test_a_refusal_keeps_its_headers(self, client: httpx2.AsyncClient) -> None:
        assert (await client.get("/fail/refused")).headers["x-was"] == "here"

    @pytest.mark.parametrize(
        ("query", "path"), [("", "pageSize"), ("?pageSize=0", "pageSize"), ("?pageSize=x", "pageSize")]
    )
    async def test_a_query_that_does_not_fit_names_its_member(
        self, client: httpx2.AsyncClient, query: str, path: str
    ) -> None:
        response = await client.get(f"/things{query}")
        assert (response.status_code, list(response.json()["details"]["fieldErrors"])) == (400, [path])
        assert (await client.get("/things?pageSize=3")).json() == {"pageSize": 3}


class TestEdge:
    async def test_what_is_no_request_is_passed_on(self) -> None:
        seen: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - the shape of ASGI
            seen.append(scope["type"])

        await Edge(app)({"type": "lifespan"}, None, None)  # type: ignore[arg-type]
        assert seen == ["lifespan"]

    async def test_a_fault_after_the_head_was_sent_ends_the_answer(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - the shape of ASGI
            await send({"type": "http.response.start", "status": 200, "headers": []})
            raise RuntimeError("half way")

        transport = httpx2.ASGITransport(Edge(app))
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            with pytest.raises(RuntimeError, match="half way"):
                await client.get("/")

    async def test_a_server_that_keeps_no_raw_path_is_served_too(self) -> None:
        seen: list[str] = []

        async def app(scope: Any, receive: Any, send: Any) -> None:
            seen.append(scope["path"])
            await Response()(scope, receive, send)

        async def send(message: Any) -> None:
            assert message["type"].startswith("http.response")

        for path, raw in (
            ("/a b", None),
            ("/a b", b"/a%20b"),
            ("/a", b"/%61"),
            ("/..", b"/%2e%2E"),
            ("/é", b"/%c3%A9?x"),
        ):
            scope: dict[str, Any] = {"type": "http", "method": "GET", "path": path, "raw_path": raw, "headers": []}
            await Edge(app)(scope, None, send)  # type: ignore[arg-type]
        assert seen == ["/a b", "/a%20b", "/a", "/%2e%2E", "/%c3%A9"]


class TestJson:
    async def test_a_large_body_is_read_like_a_small_one(self) -> None:
        assert await parse_json(b'{"a": 1}' + b" " * 300_000) == {"a": 1}
        assert await parse_json(b"") == {}
        with pytest.raises(MalformedJson):
            await parse_json(b"[" * 300_000)

    @pytest.mark.parametrize("depth", [33, 500, 1000, 1020])
    def test_deep_nesting_around_a_long_number_is_refused(self, depth: int) -> None:
        with pytest.raises(Invalid, match="nests deeper than 32 levels"):
            read_json(b"[" * depth + b"1234567890123456789" + b"]" * depth)

    def test_a_path_names_members_and_places(self) -> None:
        with pytest.raises(Invalid) as refused:
            read_json(b'{"a": [1, {"b": ["x", "y\\u0000"]}]}')
        assert list(refused.value.envelope["details"]["fieldErrors"]) == ["a[1].b[1]"]
