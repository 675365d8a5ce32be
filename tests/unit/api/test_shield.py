"""What every answer carries, how long a request may stand still, and which pages may read the API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response

from tracepass.api.crossorigin import CrossOrigin
from tracepass.api.edge import Edge

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


def _client(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="https://api.example.test")


def _answering(**headers: str) -> Any:
    return Response(b"{}", headers={name.replace("_", "-"): value for name, value in headers.items()})


class TestHeaders:
    async def test_an_answer_carries_the_whole_shield(self) -> None:
        answer = await _client(Edge(_answering())).get("/")
        assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
        assert "strict-transport-security" not in answer.headers

    async def test_what_a_route_says_itself_stays(self) -> None:
        own = {"cache_control": "public", "content_security_policy": "default-src 'self'"}
        answer = await _client(Edge(_answering(**own))).get("/")
        assert answer.headers.get_list("cache-control") == ["public"]
        assert answer.headers.get_list("content-security-policy") == ["default-src 'self'"]
        assert answer.headers["x-frame-options"] == "DENY"

    async def test_what_has_a_tag_is_kept_by_its_reader_and_asked_for_again(self) -> None:
        answer = await _client(Edge(_answering(etag='"1"'))).get("/")
        assert answer.headers["cache-control"] == "private, no-cache"

    async def test_over_https_browsers_are_told_to_come_back_by_no_other_way(self) -> None:
        answer = await _client(Edge(_answering(), https=True)).get("/")
        assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def _reading(scope: Any, receive: Any, send: Any) -> None:
    body = await Request(scope, receive).body()
    await Response(body)(scope, receive, send)


async def _never(scope: Any, receive: Any, send: Any) -> None:
    await Request(scope, receive).body()
    await asyncio.Event().wait()
    await Response()(scope, receive, send)


class TestPatience:
    async def test_a_body_that_stops_coming_is_answered_408(self) -> None:
        async def halting() -> AsyncIterator[bytes]:
            yield b"half "
            await asyncio.Event().wait()

        answer = await _client(Edge(_reading, seconds=0.02)).post("/", content=halting())
        assert (answer.status_code, answer.json()["error"]) == (408, "request_timeout")
        assert answer.headers["connection"] == "close"

    async def test_a_handler_that_takes_too_long_is_answered_503(self) -> None:
        answer = await _client(Edge(_never, seconds=0.02)).get("/")
        assert (answer.status_code, answer.json()["error"]) == (503, "service_unavailable")
        assert answer.headers["retry-after"] == "1"

    async def test_a_time_out_of_the_handler_s_own_is_a_fault_like_any_other(self) -> None:
        async def impatient(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - the shape of ASGI
            raise TimeoutError

        answer = await _client(Edge(impatient)).get("/")
        assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")

    async def test_an_answer_that_has_begun_takes_as_long_as_it_needs(self) -> None:
        async def slow(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - the shape of ASGI
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await asyncio.sleep(0.05)
            await send({"type": "http.response.body", "body": b"done"})

        assert (await _client(Edge(slow, seconds=0.02)).get("/")).content == b"done"

    async def test_a_body_that_keeps_coming_is_waited_for(self) -> None:
        async def slow() -> AsyncIterator[bytes]:
            for _ in range(6):
                await asyncio.sleep(0.02)
                yield b"x"

        answer = await _client(Edge(_reading, seconds=0.08)).post("/", content=slow())
        assert answer.content == b"xxxxxx"


class TestCrossOrigin:
    SHOP = "https://shop.example"

    @pytest.fixture
    def client(self) -> httpx2.AsyncClient:
        return _client(CrossOrigin(_answering(), origins=[self.SHOP]))

    async def test_a_page_of_a_named_origin_may_read_the_api(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/api/v1/me", headers={"Origin": self.SHOP})
        assert answer.headers["access-control-allow-origin"] == self.SHOP
        assert "ETag" in answer.headers["access-control-expose-headers"]
        assert "access-control-allow-credentials" not in answer.headers

    async def test_its_browser_may_ask_first(self, client: httpx2.AsyncClient) -> None:
        asking = {"Origin": self.SHOP, "Access-Control-Request-Method": "PATCH"}
        headers = {**asking, "Access-Control-Request-Headers": "authorization, idempotency-key"}
        answer = await client.options("/api/v1/passports", headers=headers)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, self.SHOP)
        assert "PATCH" in answer.headers["access-control-allow-methods"]
        assert "idempotency-key" in answer.headers["access-control-allow-headers"]

    @pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example.evil.example", "null"])
    async def test_another_origin_may_not(self, client: httpx2.AsyncClient, origin: str) -> None:
        answer = await client.get("/api/v1/me", headers={"Origin": origin})
        assert "access-control-allow-origin" not in answer.headers

    async def test_what_is_public_speaks_for_itself(self, client: httpx2.AsyncClient) -> None:
        answer = await client.get("/p/01/04012345000016", headers={"Origin": self.SHOP})
        assert "access-control-allow-origin" not in answer.headers
