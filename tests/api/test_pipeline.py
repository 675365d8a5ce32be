"""What every request goes through, whatever it asks for: keys, limits, bodies, paths, failures."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from tests.conftest import ORIGIN, Office, client_of, running
from tests.contract.checker import Checker

from tracepass.api import Call, Router, answer
from tracepass.app import create_app
from tracepass.core.clock import timestamp
from tracepass.identity.models import Workspace
from tracepass.identity.service import ApiKeys, Authenticator
from tracepass.settings import Settings

PRODUCTS = "/api/v1/products"
PASSPORTS = "/api/v1/passports"
JSON = {"Content-Type": "application/json"}
BODY = {"name": "Pack", "model": "M", "category": "battery"}
UNKNOWN = "0123456789abcdef01234567"
MEGABYTE = 1024 * 1024


def refused(response: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    """Hold an answer to be this refusal in the one envelope; return its body."""
    assert response.headers["content-type"] == "application/json", response.text
    body: dict[str, Any] = response.json()
    assert (response.status_code, body["error"]) == (status, code), response.text
    assert set(body) <= {"error", "message", "details"}
    assert body["message"].endswith((".", "`.")) or ": " in body["message"]
    assert response.headers["x-request-id"]
    return body


class TestKeys:
    @pytest.mark.parametrize(
        "headers",
        [
            lambda key: {"Authorization": f"Bearer {key}"},
            lambda key: {"Authorization": f"bearer   {key} "},
            lambda key: {"X-API-Key": key},
            lambda key: {"Authorization": "Basic dTpw", "X-API-Key": key},
        ],
    )
    async def test_a_key_is_taken_from_either_header(
        self,
        anonymous: httpx2.AsyncClient,
        office: Office,
        workspace: Workspace,
        headers: Callable[[str], dict[str, str]],
    ) -> None:
        key = await office.key(workspace)
        assert (await anonymous.get(PRODUCTS, headers=headers(key))).status_code == 200

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"Authorization": "Bearer"},
            {"Authorization": "Bearer "},
            {"Authorization": "Basic dTpw"},
            {"Authorization": "tp_live_x"},
            {"Authorization": "Bearer tp_live_unknown"},
            {"X-API-Key": ""},
            {"X-API-Key": "tp_live_unknown"},
            {"X-API-Key": "x" * 10_000},
            {"X-API-Key": "clé".encode("latin-1")},
        ],
    )
    async def test_without_a_key_that_opens_something_nobody_enters(
        self, anonymous: httpx2.AsyncClient, headers: dict[str, str]
    ) -> None:
        response = await anonymous.get(PRODUCTS, headers=headers)
        refused(response, 401, "unauthorized")
        named = response.headers["www-authenticate"]
        assert named.startswith('Bearer realm="tracepass", ')
        assert named.endswith(f'resource_metadata="{ORIGIN}/.well-known/oauth-protected-resource"')

    async def test_the_door_is_before_everything_else(self, anonymous: httpx2.AsyncClient) -> None:
        for request in (
            {"content": b"{", "headers": JSON},
            {"content": b"x", "headers": {"Content-Type": "text/plain"}},
            {"params": {"surprise": "1"}},
            {"headers": {"Content-Length": "99999999999"}},
        ):
            refused(await anonymous.post(PRODUCTS, **request), 401, "unauthorized")

    async def test_an_expired_key_is_refused_from_that_moment_on(
        self, anonymous: httpx2.AsyncClient, office: Office, workspace: Workspace, clock: Any
    ) -> None:
        key = await office.key(workspace, expires_at=timestamp(datetime.now(UTC) + timedelta(hours=1)))
        headers = {"X-API-Key": key}
        assert (await anonymous.get(PRODUCTS, headers=headers)).status_code == 200
        clock.move(hours=1, seconds=1)
        refused(await anonymous.get(PRODUCTS, headers=headers), 401, "unauthorized")

    async def test_a_revoked_key_is_refused_by_a_process_that_does_not_know_it_yet(
        self, anonymous: httpx2.AsyncClient, office: Office, workspace: Workspace, clock: Any
    ) -> None:
        keys = ApiKeys(office.database, clock=clock)
        made = await keys.create(workspace, "short-lived")
        await keys.revoke(workspace, str(made.id))
        refused(await anonymous.get(PRODUCTS, headers={"X-API-Key": made.secret}), 401, "unauthorized")

    async def test_the_last_use_of_a_key_is_written_down(
        self, client: httpx2.AsyncClient, office: Office, workspace: Workspace, clock: Any
    ) -> None:
        keys = ApiKeys(office.database, clock=clock)
        await client.get(PRODUCTS)
        await office.app.state.services[Authenticator].flush()
        (key,) = await keys.list_(workspace)
        assert key["lastUsedAt"] >= key["createdAt"]
        assert "hash" not in key

    async def test_a_key_without_the_scope_is_told_which_it_lacks(self, office: Office, workspace: Workspace) -> None:
        reader = await office.client(workspace, scopes=frozenset({"products:read", "passports:read"}))
        assert (await reader.get(PRODUCTS)).status_code == 200
        response = await reader.post(PRODUCTS, json=BODY)
        assert refused(response, 403, "insufficient_scope")["details"] == {"scope": "products:write"}
        assert 'error="insufficient_scope", scope="products:write"' in response.headers["www-authenticate"]

    async def test_a_test_key_and_a_live_key_do_not_see_each_other(
        self, client: httpx2.AsyncClient, office: Office, workspace: Workspace, make_passport: Any, gtin: str
    ) -> None:
        test = await office.client(workspace, environment="test")
        gs1 = {"gtin": gtin, "serialNumber": "S-1"}
        made = {name: await make_passport(each, gs1=gs1) for name, each in (("live", client), ("test", test))}
        for mine, own, other in ((client, made["live"], made["test"]), (test, made["test"], made["live"])):
            assert [item["_id"] for item in (await mine.get(PASSPORTS)).json()["data"]["items"]] == [own["_id"]]
            refused(await mine.get(f"{PASSPORTS}/{other['_id']}"), 404, "not_found")
            refused(await mine.get(f"{PRODUCTS}/{other['productId']}"), 404, "not_found")
            assert (await mine.get(f"{PASSPORTS}/by-serial/S-1")).json()["_id"] == own["_id"]
            foreign = {"productId": other["productId"], "gs1": {"gtin": gtin}}
            refused(await mine.post(PASSPORTS, json=foreign), 400, "validation_error")


class TestAddresses:
    @pytest.mark.parametrize(
        "path", ["/", "/nowhere", "/api/v1", "/api/v1/", "/api/v2/products", "/api/v1/products/", "/API/V1/PRODUCTS",
                 "//api/v1/products", f"/api/v1/products/{UNKNOWN}/nothing", "/media/", "/%00", "/%ZZ", "/é"]
    )  # fmt: skip
    async def test_an_unknown_address_is_not_found_in_the_envelope(self, client: httpx2.AsyncClient, path: str) -> None:
        refused(await client.get(path), 404, "not_found")

    @pytest.mark.parametrize(
        ("method", "path", "allowed"),
        [
            ("PUT", PRODUCTS, {"GET", "POST"}),
            ("DELETE", PRODUCTS, {"GET", "POST"}),
            ("POST", f"{PRODUCTS}/{UNKNOWN}", {"GET", "PATCH", "DELETE"}),
            ("GET", f"{PRODUCTS}/{UNKNOWN}/archive", {"POST"}),
            ("POST", "/healthz", {"GET", "HEAD"}),
            ("TRACE", PRODUCTS, {"GET", "POST"}),
        ],
    )
    async def test_a_method_that_is_not_taken_is_told_which_are(
        self, client: httpx2.AsyncClient, method: str, path: str, allowed: set[str]
    ) -> None:
        response = await client.request(method, path)
        refused(response, 405, "method_not_allowed")
        assert set(re.findall(r"[A-Z]+", response.headers["allow"])) == allowed

    @pytest.mark.parametrize(
        "serial", ["a/b", "..", "../../x", "%", "100%25", "a?b#c", "é ü", "日本", "a+b", ";,:@&=$", "."]
    )
    async def test_a_segment_is_decoded_once_and_only_there(
        self, client: httpx2.AsyncClient, make_passport: Any, gtin: str, serial: str
    ) -> None:
        passport = await make_passport(client, gs1={"gtin": gtin, "serialNumber": serial})
        escaped = "".join(f"%{byte:02x}" for byte in serial.encode())
        for path in (f"{PASSPORTS}/by-serial/{escaped}", f"{PASSPORTS}/by-serial/{escaped.upper()}/history"):
            response = await client.get(path)
            assert response.status_code == 200, response.text
        assert (await client.get(f"{PASSPORTS}/by-serial/{escaped}")).json()["_id"] == passport["_id"]

    @pytest.mark.parametrize("segment", ["%ZZ", "%", "%4", "a%", "%FF", "%C3", "%ED%A0%80", "a%00b"])
    async def test_a_segment_that_is_no_text_is_refused(self, client: httpx2.AsyncClient, segment: str) -> None:
        raw = httpx2.URL(ORIGIN).copy_with(raw_path=f"{PASSPORTS}/by-serial/{segment}".encode())
        body = refused(await client.get(raw), 400, "validation_error")
        assert list(body["details"]["fieldErrors"]) == ["serial"]

    async def test_an_unknown_parameter_is_refused_by_its_name(self, client: httpx2.AsyncClient) -> None:
        body = refused(
            await client.get(PRODUCTS, params={"limit": "1", "serach": "x", "$where": "1"}), 400, "validation_error"
        )
        assert sorted(body["details"]["fieldErrors"]) == ["$where", "serach"]


class TestRequestId:
    @pytest.mark.parametrize("sent", ["abc", "0af7651916cd43dd8448eb211c80319c", "a/b:c=d", "x" * 128])
    async def test_a_sane_id_is_given_back(self, client: httpx2.AsyncClient, sent: str) -> None:
        for path in (PRODUCTS, "/nowhere"):
            assert (await client.get(path, headers={"X-Request-Id": sent})).headers["x-request-id"] == sent

    @pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "é", "\x01", "a\tb"])
    async def test_any_other_is_replaced_by_ours(self, client: httpx2.AsyncClient, sent: str) -> None:
        response = await client.get(PRODUCTS, headers={b"X-Request-Id": sent.encode("latin-1")})
        assert re.fullmatch(r"[0-9a-f]{24}", response.headers["x-request-id"])

    async def test_every_answer_has_its_own(self, client: httpx2.AsyncClient) -> None:
        seen = [(await client.get(PRODUCTS)).headers["x-request-id"] for _ in range(3)]
        assert len(set(seen)) == 3


class TestBodies:
    @pytest.mark.parametrize("media_type", ["application/json", "application/json; charset=utf-8", "Application/JSON",
                                            "application/merge-patch+json", "application/vnd.x+json;v=1"])  # fmt: skip
    async def test_json_goes_by_its_names(self, client: httpx2.AsyncClient, media_type: str) -> None:
        response = await client.post(PRODUCTS, content=orjson.dumps(BODY), headers={"Content-Type": media_type})
        assert response.status_code == 201

    @pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "",
                                            "multipart/form-data; boundary=x", "text/json", "json"])  # fmt: skip
    async def test_another_media_type_is_refused(self, client: httpx2.AsyncClient, media_type: str) -> None:
        response = await client.post(PRODUCTS, content=orjson.dumps(BODY), headers={"Content-Type": media_type})
        assert refused(response, 415, "unsupported_media_type")["details"] == {"expected": "application/json"}

    @pytest.mark.parametrize(
        ("raw", "line", "column"),
        [
            (b'{"name": }', 1, 10),
            (b'{\n  "name": "x",\n  "model" "y"\n}', 3, 11),
            (b'{"name": "x"', 1, None),
            (b"{'name': 'x'}", 1, 2),
            (b'{"name": NaN}', 1, None),
            (b'{"name": Infinity}', 1, None),
            (b'{"name": -Infinity}', 1, None),
            (b'{"name": 01}', 1, None),
            (b'{"name": "\\ud800"}', 1, None),
            (b'{"name": "\\udc00\\ud800"}', 1, None),
            (b'{"name": "\xed\xa0\x80"}', 1, None),
            (b'{"name": "\xff"}', 1, None),
            (b'{"\\ud800": 1}', 1, None),
            (b'{"name": "\x01"}', 1, None),
            (b"{} {}", 1, None),
            (b"\xef\xbb\xbf{}", 1, None),
            (b"[" * 5000, 1, None),
            (b"// c\n{}", 1, None),
            (b"   ", None, None),
        ],
    )
    async def test_what_is_no_json_is_refused_with_its_place(
        self, client: httpx2.AsyncClient, raw: bytes, line: int | None, column: int | None
    ) -> None:
        body = refused(await client.post(PRODUCTS, content=raw, headers=JSON), 400, "malformed_json")
        assert set(body["details"]) == {"line", "column", "position"}
        assert line in {None, body["details"]["line"]}
        assert column in {None, body["details"]["column"]}

    async def test_a_body_is_an_object(self, client: httpx2.AsyncClient) -> None:
        for raw in (b"null", b"[]", b'"x"', b"1", b"true"):
            body = refused(await client.post(PRODUCTS, content=raw, headers=JSON), 400, "validation_error")
            assert body["details"]["formErrors"]

    async def test_an_empty_body_is_an_empty_object_where_nothing_is_required(
        self, client: httpx2.AsyncClient, make_product: Any
    ) -> None:
        product = await make_product(client)
        for headers in ({}, JSON, {"Content-Type": "text/plain"}):
            response = await client.patch(f"{PRODUCTS}/{product['_id']}", headers=headers)
            assert (response.status_code, response.json()) == (200, product)

    async def test_a_body_may_nest_32_levels_and_no_more(self, client: httpx2.AsyncClient) -> None:
        def nested(depth: int) -> bytes:
            return b'{"defaultFieldValues": ' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"

        taken = refused(await client.post(PRODUCTS, content=nested(32), headers=JSON), 400, "validation_error")
        assert "defaultFieldValues" in taken["details"]["fieldErrors"]
        for depth in (33, 500, 1000):
            body = refused(await client.post(PRODUCTS, content=nested(depth), headers=JSON), 400, "validation_error")
            assert body["details"]["formErrors"] == ["The body nests deeper than 32 levels."]

    @pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
    async def test_10_mb_of_nesting_harm_nobody(self, client: httpx2.AsyncClient, opening: bytes) -> None:
        raw = (opening * (10 * MEGABYTE // len(opening)))[: 10 * MEGABYTE]
        refused(await client.post(PRODUCTS, content=raw, headers=JSON), 400, "malformed_json")
        assert (await client.get(PRODUCTS)).status_code == 200

    @pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 2**64, 10**40, -(10**300)])
    async def test_an_integer_beyond_64_bits_is_refused(self, client: httpx2.AsyncClient, number: int) -> None:
        raw = b'{"defaultFieldValues": {"battery_mass": %d}}' % number
        body = refused(await client.post(PRODUCTS, content=raw, headers=JSON), 400, "validation_error")
        assert body["details"]["formErrors"] == ["The body holds an integer beyond 64 bits."]

    @pytest.mark.parametrize("number", ["9223372036854775807", "-9223372036854775808", "1e308", "1e400", "1.7e+308"])
    async def test_a_number_that_no_field_takes_is_refused_by_its_path(
        self, client: httpx2.AsyncClient, number: str
    ) -> None:
        raw = orjson.dumps(BODY)[:-1] + b', "defaultFieldValues": {"battery_mass": %s}}' % number.encode()
        response = await client.post(PRODUCTS, content=raw, headers=JSON)
        assert response.status_code == 400, response.text
        if response.json()["error"] != "malformed_json":
            assert list(response.json()["details"]["fieldErrors"]) == ["defaultFieldValues.battery_mass"]

    async def test_digits_in_a_text_are_no_number(self, client: httpx2.AsyncClient) -> None:
        response = await client.post(PRODUCTS, json=BODY | {"name": "9" * 40})
        assert (response.status_code, response.json()["name"]) == (201, "9" * 40)

    @pytest.mark.parametrize(
        ("members", "path"),
        [
            ({"name": "a\x00b"}, "name"),
            ({"defaultFieldValues": {"product_name": "\x00"}}, "defaultFieldValues.product_name"),
            ({"imageUrls": ["https://x.test/", "https://x.test/\x00"]}, "imageUrls[1]"),
        ],
    )
    async def test_a_nul_in_a_text_is_refused_by_its_path(
        self, client: httpx2.AsyncClient, members: dict[str, Any], path: str
    ) -> None:
        body = refused(await client.post(PRODUCTS, json=BODY | members), 400, "validation_error")
        assert body["details"]["fieldErrors"] == {path: ["must not contain the character U+0000"]}

    async def test_a_nul_in_a_key_or_as_the_body_is_refused(self, client: httpx2.AsyncClient) -> None:
        for value in ({"a\x00": 1}, {"defaultFieldValues": {"\x00": 1}}, "\x00"):
            refused(await client.post(PRODUCTS, json=value), 400, "validation_error")

    @pytest.mark.parametrize("key", ["$set", "$where", "product_name.value", "a.b", ".", "", "__proto__", "é"])
    async def test_a_key_that_looks_like_an_operator_or_path_is_an_unknown_key(
        self, client: httpx2.AsyncClient, make_product: Any, make_passport: Any, key: str
    ) -> None:
        for body in (BODY | {key: 1}, BODY | {"defaultFieldValues": {key: 1}}):
            refused(await client.post(PRODUCTS, json=body), 400, "validation_error")
        product, passport = await make_product(client), await make_passport(client)
        refused(await client.patch(f"{PRODUCTS}/{product['_id']}", json={key: 1}), 400, "validation_error")
        response = await client.patch(f"{PASSPORTS}/{passport['_id']}/fields", json={"fields": {key: {"value": 1}}})
        refused(response, 400, "unknown_field")

    async def test_a_text_in_a_value_is_data_whatever_it_looks_like(
        self, client: httpx2.AsyncClient, make_passport: Any
    ) -> None:
        path = f"{PASSPORTS}/{(await make_passport(client))['_id']}/fields"
        for text in ("$where", "$fields.x", "{$ne: 1}", "a.b.c", "a\u2028b", "\U0001f600", "'; --"):
            written = await client.patch(f"{path}/product_name", json={"value": text, "sourceLocale": "en"})
            assert (written.status_code, written.json().get("value")) == (200, text), written.text
        passport = (await client.get(path.removesuffix("/fields"))).json()
        assert passport["fields"]["product_name"]["value"] == "'; --"


class TestLimits:
    async def test_a_declared_length_beyond_the_limit_is_refused_before_anything_is_read(
        self, client: httpx2.AsyncClient
    ) -> None:
        async def body() -> AsyncIterator[bytes]:
            pytest.fail("the body was read")
            yield b""

        headers = JSON | {"Content-Length": str(10 * MEGABYTE + 1)}
        response = await client.post(PRODUCTS, content=body(), headers=headers)
        assert refused(response, 413, "payload_too_large")["details"] == {"limit": 10 * MEGABYTE}

    async def test_a_body_without_a_length_is_read_up_to_the_limit(self, client: httpx2.AsyncClient) -> None:
        sent = 0

        async def body() -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += MEGABYTE
                yield b" " * MEGABYTE

        refused(await client.post(PRODUCTS, content=body(), headers=JSON), 413, "payload_too_large")
        assert sent <= 12 * MEGABYTE

    async def test_a_body_in_pieces_without_a_length_is_taken(self, client: httpx2.AsyncClient) -> None:
        async def body() -> AsyncIterator[bytes]:
            for byte in orjson.dumps(BODY):
                yield bytes([byte])

        assert (await client.post(PRODUCTS, content=body(), headers=JSON)).status_code == 201

    @pytest.mark.parametrize("length", ["x", "-1", "", "1" * 5000, b"\xb2"])
    async def test_a_length_that_is_none_breaks_nothing(self, client: httpx2.AsyncClient, length: str) -> None:
        response = await client.post(PRODUCTS, content=orjson.dumps(BODY), headers=JSON | {"Content-Length": length})
        assert response.status_code == 201

    async def test_a_json_body_of_10_mb_is_read(self, client: httpx2.AsyncClient) -> None:
        raw = orjson.dumps(BODY | {"description": "x" * 2001}).ljust(10 * MEGABYTE)
        body = refused(await client.post(PRODUCTS, content=raw, headers=JSON), 400, "validation_error")
        assert list(body["details"]["fieldErrors"]) == ["description"]


class TestFailures:
    @pytest.fixture
    async def broken(self, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
        """A client of an application with a route that fails."""
        router = Router()

        @router.operation("GET", "/broken", public=True)
        async def fail(call: Call) -> Any:
            raise RuntimeError(f"secret of {call.method}")

        @router.operation("GET", "/open", public=True)
        async def ask(call: Call) -> Any:
            return answer({"caller": str(call.caller)})

        app = create_app(settings)
        app.include_router(router)
        async with running(app):
            transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
            async with httpx2.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                yield client

    @pytest.mark.parametrize("path", ["/broken", "/open"])
    async def test_a_fault_of_ours_gives_the_request_id_and_nothing_else(
        self, broken: httpx2.AsyncClient, path: str
    ) -> None:
        response = await broken.get(path, headers={"X-Request-Id": "tell-me"})
        body = refused(response, 500, "internal_error")
        assert body["details"] == {"requestId": "tell-me"}
        assert response.headers["x-request-id"] == "tell-me"
        assert "secret" not in response.text
        assert "Traceback" not in response.text

    @pytest.fixture
    async def away(self, settings: Settings, contract: Checker) -> AsyncIterator[httpx2.AsyncClient]:
        """A client of an application whose database is away."""
        uri = "mongodb://127.0.0.1:9/?directConnection=true&serverSelectionTimeoutMS=50"
        app = create_app(settings.model_copy(update={"mongodb_uri": SecretStr(uri)}))
        async with running(app):
            yield client_of(app, contract, key="tp_live_any")

    async def test_without_a_database_the_process_lives_and_is_not_ready(self, away: httpx2.AsyncClient) -> None:
        assert (await away.get("/healthz")).json() == {"status": "ok"}
        for path in ("/readyz", PRODUCTS, f"/media/{UNKNOWN}"):
            response = await away.get(path)
            refused(response, 503, "service_unavailable")
            assert response.headers["retry-after"] == "1"

    async def test_a_client_that_leaves_in_the_middle_is_no_fault(self, app: FastAPI, office: Office) -> None:
        key = await office.key(await office.workspace())
        messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.sleep(0)
            return messages.pop(0)

        async def send(message: Any) -> None:
            await asyncio.sleep(0)
            sent.append(message)

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
            "path": PRODUCTS, "raw_path": PRODUCTS.encode(), "query_string": b"", "root_path": "",
            "headers": [(b"x-api-key", key.encode()), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1), "server": ("test", 80),
        }  # fmt: skip
        await app(scope, receive, send)
        assert sent == []


class TestService:
    async def test_health_and_readiness(self, anonymous: httpx2.AsyncClient) -> None:
        assert (await anonymous.get("/healthz")).json() == {"status": "ok"}
        assert (await anonymous.get("/readyz")).json() == {"status": "ready"}

    async def test_metrics_count_requests_by_route_and_never_by_address(
        self, client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient
    ) -> None:
        await client.get(f"{PRODUCTS}/{UNKNOWN}")
        await client.get("/no/such/address")
        text = (await anonymous.get("/metrics")).text
        line = 'tracepass_http_requests_total{method="GET",route="/api/v1/products/{id}",status="404"}'
        assert line in text
        assert 'route="unmatched",status="404"' in text
        assert UNKNOWN not in text
        assert "no/such" not in text
