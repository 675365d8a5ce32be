"""Assistants: the MCP SDK's own client uses every tool, and what is no protocol at all never does harm."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult
from tests.assistants import Assistant, Json, connected, use_everything
from tests.conftest import Make, Office, client_of, new_gtin
from tests.contract.checker import Checker
from tests.own_origin import at_own_origin

from tracepass.mcp.catalogue import TOOLS, Action
from tracepass.mcp.prompts import PROMPTS
from tracepass.mcp.schemas import ContractReader
from tracepass.settings import Settings

ACCEPT = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}


@pytest.fixture(scope="module")
async def origin(settings: Settings, app: FastAPI) -> AsyncIterator[str]:
    """Where the same database is served on loopback."""
    del app  # has made the indexes
    async with at_own_origin(settings) as (served, _):
        yield served


@pytest.fixture
async def key(office: Office) -> str:
    """A key with all rights in a new workspace."""
    return await office.key(await office.workspace())


@pytest.fixture
async def assistant(origin: str, key: str) -> AsyncIterator[Assistant]:
    """An assistant with such a key; its client begins and ends in one task, as task groups must."""
    found, over = asyncio.get_running_loop().create_future(), asyncio.Event()

    async def hold() -> None:
        async with connected(origin, key) as client:
            found.set_result(Assistant(client))
            await over.wait()

    task = asyncio.create_task(hold())
    yield await found
    over.set()
    await task


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_what_there_is_is_told_without_a_key(origin: str, mode: str) -> None:
    async with connected(origin, mode=mode) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == list(TOOLS)
        assert all(tool.annotations is not None and tool.annotations.open_world_hint is False for tool in tools)
        assert [one.name for one in (await client.list_prompts()).prompts] == list(PROMPTS)
        assert [one.uri for one in (await client.list_resources()).resources] == [
            "tracepass://products",
            "tracepass://templates",
        ]
        assert len((await client.list_resource_templates()).resource_templates) == 5
        prompt = await client.get_prompt("explain_dpp_requirements", {"category": "battery"})
        assert "category battery" in prompt.messages[0].content.text  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize("header", ["Authorization", "X-API-Key"])
async def test_a_key_opens_tools_in_either_header(origin: str, key: str, mode: str, header: str) -> None:
    async with connected(origin, key, mode=mode, header=header) as client:
        found = await Assistant(client).do("products", "list")
        assert found["items"] == []


async def test_everything_that_is_listed_is_used(assistant: Assistant) -> None:
    await use_everything(assistant)


async def test_resources_that_are_not_there_are_refused(assistant: Assistant) -> None:
    for uri in ("tracepass://nothing", f"tracepass://passport/{'0' * 24}", "tracepass://product/../me"):
        with pytest.raises(MCPError):
            await assistant.client.read_resource(uri)


def expected(document: Json, action: Action) -> set[str]:
    """The names of the parameters and of the members of the body, as the contract has them."""

    def whole(node: Json) -> Json:
        return node if "$ref" not in node else whole(reach(document, node["$ref"]))

    item = document["paths"][action.path]
    operation = item[action.method.lower()]
    parameters = [whole(one) for one in (*item.get("parameters", ()), *operation.get("parameters", ()))]
    names = {one["name"].replace("[", "_").rstrip("]") for one in parameters if one["in"] != "header"}
    body = whole(
        operation.get("requestBody", {"content": {"application/json": {"schema": {}}}})["content"]["application/json"][
            "schema"
        ]
    )
    shapes = [whole(one) for one in body.get("anyOf", [body])]
    return names | {name for shape in shapes for name in shape.get("properties", {})}


def reach(document: Json, reference: str) -> Json:
    found: Any = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return dict(found)


@pytest.mark.parametrize(("tool", "action"), [(name, key) for name, plan in TOOLS.items() for key in plan.actions])
def test_arguments_are_those_of_the_contract(contract: Checker, tool: str, action: str) -> None:
    document = dict(contract.document)
    plan = TOOLS[tool].actions[action]
    found = ContractReader(document).arguments(plan)
    branches = found.schema.get("anyOf", [found.schema])
    named = {name for branch in branches for name in branch["properties"]}
    assert named - {"ifMatch", "idempotencyKey", "errorBehaviour", "document"} == expected(document, plan)
    assert all(branch["additionalProperties"] is False for branch in branches)
    whole = {**found.schema, "$defs": found.definitions}
    for name in re.findall(r'"#/\$defs/([^"]+)"', json.dumps(whole)):
        assert without_examples(document["components"]["schemas"][name]) == found.definitions[name]
    example = document["paths"][plan.path][plan.method.lower()].get("requestBody")
    assert example is None or found.bodies


def without_examples(node: Any, *, names: bool = False) -> Any:
    if isinstance(node, list):
        return [without_examples(part) for part in node]
    if not isinstance(node, dict):
        return str(node).replace("#/components/schemas/", "#/$defs/") if isinstance(node, str) else node
    kept = {
        key: part for key, part in node.items() if names or (key not in {"example", "examples"} and key[:2] != "x-")
    }
    return {key: without_examples(part, names=key in {"properties", "patternProperties"}) for key, part in kept.items()}


class TestRefusals:
    async def test_arguments_that_do_not_fit_are_told_and_cost_nothing(self, assistant: Assistant) -> None:
        for args in ({}, {"id": "x"}, {"id": "0" * 24, "more": 1}):
            found = await assistant.refused("products", "get", **args)
            assert (found["status"], found["error"]) == (0, "invalid_arguments")
        unknown = await assistant.client.call_tool("tracepass_products", {"action": "destroy"})
        assert isinstance(unknown, CallToolResult)
        assert unknown.structured_content["error"] == "unknown_action"
        strange = await assistant.client.call_tool("tracepass_products", {"action": "list", "extra": 1})
        assert isinstance(strange, CallToolResult)
        assert strange.is_error
        nobody = await assistant.client.call_tool("tracepass_nothing", {"action": "list"})
        assert isinstance(nobody, CallToolResult)
        assert nobody.structured_content["error"] == "unknown_tool"

    async def test_args_may_be_left_out(self, assistant: Assistant) -> None:
        found = await assistant.client.call_tool("tracepass_templates", {"action": "list"})
        assert isinstance(found, CallToolResult)
        assert not found.is_error

    async def test_a_key_without_the_scope_is_told_which_it_lacks(self, origin: str, office: Office) -> None:
        key = await office.key(await office.workspace(), scopes=frozenset({"products:read"}))
        async with connected(origin, key) as client:
            found = await Assistant(client).refused("products", "create", name="A", model="B", category="battery")
            assert (found["status"], found["error"]) == (403, "insufficient_scope")
            assert found["details"] == {"scope": "products:write"}

    async def test_a_used_up_plan_asks_for_agreement(self, origin: str, office: Office) -> None:
        key = await office.key(await office.workspace(plan="free"))
        async with connected(origin, key) as client:
            assistant = Assistant(client)
            product = await assistant.do("products", "create", name="A", model="B", category="battery")
            gtin = new_gtin()
            gs1 = [{"gtin": gtin, "serialNumber": str(number)} for number in range(4)]
            for one in gs1[:3]:
                await assistant.do("passports", "create", productId=product["_id"], gs1=one)
            found = await assistant.refused("passports", "create", productId=product["_id"], gs1=gs1[3])
            assert (found["status"], found["error"]) == (402, "overage_required")
            assert "confirmOverage" in found["advice"]

    async def test_a_repetition_takes_effect_once(self, assistant: Assistant) -> None:
        told = {"name": "A", "model": "B", "category": "battery", "idempotencyKey": "once"}
        first, again = [await assistant.do("products", "create", **told) for _ in range(2)]
        assert first["_id"] == again["_id"]
        other = await assistant.refused("products", "create", **told | {"name": "C"})
        assert other["error"] == "idempotency_key_reuse"

    async def test_an_old_version_is_not_overwritten(self, assistant: Assistant) -> None:
        made = await assistant.do("products", "create", name="A", model="B", category="battery")
        found = await assistant.refused("products", "update", id=made["_id"], name="C", ifMatch='"99"')
        assert found["status"] == 412

    async def test_another_workspace_is_out_of_reach(
        self, assistant: Assistant, make_product: Make, client: Any
    ) -> None:
        theirs = await make_product(client)
        assert (await assistant.refused("products", "get", id=theirs["_id"]))["status"] == 404


def message(method: str, **params: Any) -> Json:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


CALL = message("tools/call", name="tracepass_templates", arguments={"action": "list"})


@pytest.fixture
def raw(app: FastAPI, contract: Checker) -> httpx2.AsyncClient:
    """A client that says what it wants, held against the contract."""
    client = client_of(app, contract)
    client.headers.update(ACCEPT)
    return client


class TestDoor:
    async def test_a_call_without_a_key_is_told_where_to_get_a_token(self, raw: httpx2.AsyncClient) -> None:
        for headers in ({}, {"Authorization": "Bearer tp_live_none"}, {"Cookie": "tp_session=tps_x"}):
            answer = await raw.post("/mcp", json=CALL, headers=headers)
            assert answer.status_code == 401
            told = answer.headers["www-authenticate"]
            assert '/.well-known/oauth-protected-resource/mcp"' in told
        assert (await raw.get("/.well-known/oauth-protected-resource/mcp")).json()["resource"].endswith("/mcp")

    async def test_a_signed_in_browser_opens_nothing_here(self, office: Office, workspace: Any) -> None:
        person = await office.person(workspace)
        assert (await person.post("/mcp", json=CALL, headers=ACCEPT)).status_code == 401

    async def test_pages_of_other_sites_are_refused(self, raw: httpx2.AsyncClient, settings: Settings) -> None:
        body = message("tools/list")
        for origin in ("https://evil.example", "null", "http://localhost:1"):
            assert (await raw.post("/mcp", json=body, headers={"Origin": origin})).status_code == 403
        assert (await raw.post("/mcp", json=body, headers={"Origin": settings.api_origin})).status_code == 200

    async def test_it_answers_without_a_redirect_and_with_the_shield(self, raw: httpx2.AsyncClient) -> None:
        answer = await raw.post("/mcp", json=message("tools/list"))
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "mcp-session-id" not in answer.headers
        assert (await raw.get("/metrics")).text.count('route="mcp"') > 0

    async def test_notifications_are_taken(self, raw: httpx2.AsyncClient) -> None:
        body = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await raw.post("/mcp", json=body)).status_code == 202

    async def test_nothing_but_post_is_taken(self, raw: httpx2.AsyncClient) -> None:
        for method in ("GET", "DELETE", "PUT"):
            answer = await raw.request(method, "/mcp")
            assert (answer.status_code, answer.headers["allow"]) == (405, "POST")

    async def test_what_is_too_long_or_no_json_is_refused(self, raw: httpx2.AsyncClient) -> None:
        assert (await raw.post("/mcp", content=b" " * (4 * 1024 * 1024 + 1))).status_code == 413
        plain = {"Content-Type": "text/plain"}
        assert (await raw.post("/mcp", content=b"{}", headers=plain)).status_code == 415
        assert (await raw.post("/mcp", json=CALL, headers={"Accept": "text/html"})).status_code == 406
        for body in (
            b"",
            b"{",
            b"[]",
            b"1",
            b"[" * 100_000,
            b'{"a":' * 50 + b"1" + b"}" * 50,
            b'{"method": 1}',
            b"\xff",
        ):
            answer = await raw.post("/mcp", content=body)
            assert answer.status_code == 400, body[:20]
            assert answer.json()["error"]["code"] in {-32700, -32600}

    async def test_an_unknown_method_of_a_new_version_is_not_found(self, raw: httpx2.AsyncClient) -> None:
        meta = {
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        }
        headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "nothing/at-all"}
        answer = await raw.post("/mcp", json=message("nothing/at-all", _meta=meta), headers=headers)
        assert answer.status_code == 404

    async def test_a_hundred_at_once(self, raw: httpx2.AsyncClient, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        body = message("tools/call", name="tracepass_products", arguments={"action": "list"})
        answers = await asyncio.gather(*(raw.post("/mcp", json={**body, "id": n}, headers=headers) for n in range(100)))
        assert [answer.json()["id"] for answer in answers] == list(range(100))
        assert not any(answer.json()["result"].get("isError") for answer in answers)


METHODS = (
    "initialize", "ping", "tools/list", "tools/call", "resources/read", "resources/list", "prompts/get",
    "server/discover", "subscriptions/listen", "notifications/cancelled", "logging/setLevel", "completion/complete",
    "", "x",
)  # fmt: skip
VERSIONS = ("2025-03-26", "2025-11-25", "2026-07-28", "1999-01-01", "x", None)
SCALARS = (
    None,
    True,
    0,
    -1,
    2**63,
    1e300,
    0.5,
    "",
    "2.0",
    "list",
    "\ud800",
    "\x00",
    "x" * 2000,
    "../me",
    "tracepass_products",
)


def value(dice: Random, depth: int = 0) -> Any:
    """Anything that JSON can say."""
    kind = dice.random() if depth < 4 else 0
    if kind < 0.5:
        return dice.choice(SCALARS)
    if kind < 0.7:
        return [value(dice, depth + 1) for _ in range(dice.randrange(3))]
    return {
        str(dice.choice(("action", "args", "id", "name", "_meta", "uri", "", "q"))): value(dice, depth + 1)
        for _ in range(3)
    }


def hostile(dice: Random) -> Json:
    """Something that looks like a message."""
    arguments = (
        value(dice) if dice.random() < 0.3 else {"action": dice.choice(("list", "get", "qr", 7)), "args": value(dice)}
    )
    params = {"name": dice.choice((*TOOLS, "none", 3)), "arguments": arguments, "uri": "tracepass://products"}
    body: Json = {"jsonrpc": "2.0", "id": value(dice, 3), "method": dice.choice(METHODS), "params": value(dice)}
    if dice.random() < 0.5:
        body |= {"id": 1, "method": "tools/call", "params": params}
    return {name: part for name, part in body.items() if dice.random() < 0.95} | {"more": value(dice)}


@pytest.mark.parametrize("seed", range(4))
async def test_hostile_messages_never_hurt(raw: httpx2.AsyncClient, key: str, seed: int) -> None:
    dice = Random(seed)  # noqa: S311 - the same dice each time
    for _ in range(100):
        version, body = dice.choice(VERSIONS), hostile(dice)
        headers = {"Authorization": f"Bearer {key}"} | ({} if version is None else {"MCP-Protocol-Version": version})
        answer = await raw.post("/mcp", content=json.dumps(body).encode(), headers=headers)
        assert answer.status_code < 500, (body, answer.text)
