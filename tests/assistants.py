"""Assistants as the MCP SDK's own client makes them: the ways in, and a story that uses all that is listed."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, TextResourceContents
from tests.conftest import new_gtin

NODE = shutil.which("node")
BRIDGE = Path(__file__).parents[1] / "integrations" / "tracepass-mcp"
PROGRAMS = [
    pytest.param([sys.executable, "-m", "tracepass", "mcp"], id="tracepass mcp"),
    pytest.param(
        [str(NODE), str(BRIDGE / "bin" / "tracepass-mcp.js")],
        id="npm package",
        marks=pytest.mark.skipif(NODE is None, reason="there is no node"),
    ),
]

Json = dict[str, Any]


@asynccontextmanager
async def connected(
    origin: str, key: str | None = None, *, mode: str = "auto", header: str = "Authorization"
) -> AsyncIterator[Client]:
    """The SDK's client at ``/mcp``, with a key or without."""
    headers = {} if key is None else {header: key if header == "X-API-Key" else f"Bearer {key}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30, follow_redirects=False) as http,
        Client(streamable_http_client(f"{origin}/mcp", http_client=http), mode=mode) as client,
    ):
        yield client


def spawned(command: list[str], origin: str, key: str | None, mode: str = "auto") -> Client:
    """The SDK's client of a program on stdin and stdout."""
    env = {"TRACEPASS_BASE_URL": origin} | ({} if key is None else {"TRACEPASS_API_KEY": key})
    parameters = StdioServerParameters(command=command[0], args=command[1:], env=env)
    return Client(stdio_client(parameters), mode=mode, read_timeout_seconds=60)


class Assistant:
    """Calls tools, and reads what comes back."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.used: set[tuple[str, str]] = set()

    async def ask(self, tool: str, action: str, /, **args: Any) -> CallToolResult:
        self.used.add((f"tracepass_{tool}", action))
        found = await self.client.call_tool(f"tracepass_{tool}", {"action": action, "args": args})
        assert isinstance(found, CallToolResult)
        return found

    async def do(self, tool: str, action: str, /, **args: Any) -> Any:
        found = await self.ask(tool, action, **args)
        assert not found.is_error, (tool, action, found.structured_content)
        return found.structured_content["data"]

    async def refused(self, tool: str, action: str, /, **args: Any) -> Json:
        found = await self.ask(tool, action, **args)
        assert found.is_error
        assert json.loads(found.content[0].text) == found.structured_content  # type: ignore[union-attr]
        return dict(found.structured_content)

    async def read(self, uri: str) -> Any:
        (found,) = (await self.client.read_resource(uri)).contents
        assert isinstance(found, TextResourceContents)
        return json.loads(found.text)


def event(passport: Json) -> Json:
    """A document with one event of a passport's thing."""
    gs1 = passport["gs1"]
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-06-01T12:00:00.000Z",
        "epcisBody": {
            "eventList": [
                {
                    "type": "ObjectEvent",
                    "eventTime": "2026-06-01T12:00:00.000Z",
                    "eventTimeZoneOffset": "+00:00",
                    "action": "OBSERVE",
                    "bizStep": "shipping",
                    "epcList": [f"https://id.gs1.org/01/{gs1['gtin']}/21/{gs1['serialNumber'].replace('/', '%2F')}"],
                }
            ]
        },
    }


async def use_everything(assistant: Assistant) -> None:
    """Use each action of each tool, read each resource and get each prompt, of those that the server lists."""
    do, name = assistant.do, uuid4().hex[:8]
    product = await do("products", "create", name="48 V pack", model=f"BP-{name}", category="battery")
    two = await do("products", "create_batch", products=[{"name": "Two", "model": f"T-{name}", "category": "battery"}])
    renamed = await do("products", "update", id=product["_id"], name="48 V battery pack")
    assert renamed["name"] == (await do("products", "get", id=product["_id"]))["name"] == "48 V battery pack"
    listed = await do("products", "list", search=f"BP-{name}")
    assert [item["_id"] for item in listed["items"]] == [product["_id"]]
    gs1 = {"gtin": new_gtin(), "serialNumber": f"SN/{name}"}
    passport = await do("passports", "create", productId=product["_id"], gs1=gs1)
    other = {"productId": product["_id"], "gs1": {"gtin": gs1["gtin"], "serialNumber": f"SN-{name}"}}
    batch = await do("passports", "create_batch", passports=[other, other])
    assert (batch["summary"]["created"], batch["summary"]["failed"]) == (1, 1)
    assert batch["results"][0]["data"]["status"] == "draft"
    assert "fields" not in (await do("passports", "list", productId=product["_id"]))["items"][0]
    whole = await do("passports", "get_by_serial", serial=gs1["serialNumber"])
    assert whole["_id"] == passport["_id"] == (await do("passports", "get", id=passport["_id"]))["_id"]
    await _use_fields(assistant, passport["_id"])
    await _use_states(assistant, passport["_id"])
    await _use_events(assistant, passport)
    await _use_plain_tools(assistant, gs1["gtin"], name)
    await do("products", "archive", id=two["results"][0]["data"]["_id"])
    tools = (await assistant.client.list_tools()).tools
    there = {(tool.name, action) for tool in tools for action in tool.input_schema["properties"]["action"]["enum"]}
    assert assistant.used == there
    await _read_everything(assistant, product["_id"], passport["_id"])
    await _get_every_prompt(assistant.client, product["_id"], gs1["serialNumber"])


async def _use_fields(assistant: Assistant, passport: str) -> None:
    do = assistant.do
    await do("passport_fields", "update", id=passport, key="rated_energy", value=5.12)
    await do("passport_fields", "update_many", id=passport, fields={"battery_chemistry": {"value": "li_ion_lfp"}})
    await do("passport_fields", "review", id=passport, key="rated_energy", action="flag", note="Look again")
    await do(
        "passport_parties", "set", id=passport, role="manufacturer", legalName="Voltwerk", legacyOperatorId="HRB 1"
    )
    assert (await do("passport_parties", "remove", id=passport, role="manufacturer"))["party"] is None


async def _use_states(assistant: Assistant, passport: str) -> None:
    do = assistant.do
    assert (await do("passports", "compliance", id=passport))["verdict"] == "incomplete"
    assert (await do("passports", "registry_readiness", id=passport))["ready"] is False
    await do("passport_fields", "review", id=passport, key="rated_energy", action="approve")
    assert (await do("passports", "submit", id=passport))["status"] == "in_review"
    blocked = await assistant.refused("passports", "publish", id=passport)
    assert (blocked["status"], blocked["error"]) == (409, "publish_blocked")
    assert "acknowledgeGaps" in blocked["advice"]
    published = await do("passports", "publish", id=passport, acknowledgeGaps=True)
    assert (published["status"], published["publishedIncomplete"]) == ("published", True)
    assert "fields" not in published
    assert "<svg" in (await do("passports", "qr", id=passport))["text"]
    picture = await assistant.ask("passports", "qr", id=passport, format="png")
    assert picture.content[0].type == "image"
    assert (await do("passports", "snapshots", id=passport))["total"] >= 1
    assert (await do("passports", "suspend", id=passport, reason="Recall"))["suspensionReason"] == "Recall"
    assert (await do("passports", "archive", id=passport))["status"] == "archived"


async def _use_events(assistant: Assistant, passport: Json) -> None:
    do = assistant.do
    job = await do("epcis", "capture", document=event(passport))
    assert (await do("epcis", "capture_job", id=job["captureID"]))["success"] is True
    assert "epcisBody" in await do("epcis", "export", id=passport["_id"])
    assert "findings" in json.dumps(await do("epcis", "analyze", document=event(passport)))
    assert "epcisBody" in await do("epcis", "query", EQ_bizStep="shipping", perPage=1)
    missing = await assistant.refused("epcis", "capture_job", id="0" * 24)
    assert missing["status"] == 404


async def _use_plain_tools(assistant: Assistant, gtin: str, name: str) -> None:
    do = assistant.do
    assert "battery" in json.dumps(await do("templates", "list"))
    template = await do("templates", "get", category="battery")
    assert all(field["dataType"] and "legal" not in field for field in template["fields"])
    encoded = await do("gs1", "encode", type="SGTIN", gtin=gtin, serial="1", companyPrefixLength=7)
    assert (await do("gs1", "decode", value=encoded["uri"]))["gtin"] == gtin
    await do("gs1", "barcode", data=f"01{gtin}21SN1")
    await do("gs1", "validate_serial", gtin=gtin, serial="SN-1", countryCode="AE")
    origin = {"origin_entity_id": "be3233c4-c0a2-4f47-a62a-303492c20ba6", "origin_model_name": "Lot"}
    trace = await do("traces", "create", key=f"A{name}", system="lot_number", **origin)
    assert (await do("traces", "get", id=trace["id"]))["key"] == f"A{name}"
    await do("traces", "update", id=trace["id"], key=f"B{name}")
    await do("traces", "list", key_eq=f"B{name}")
    await do("traces", "delete", id=trace["id"])


async def _read_everything(assistant: Assistant, product: str, passport: str) -> None:
    listed = (await assistant.client.list_resources()).resources
    templates = (await assistant.client.list_resource_templates()).resource_templates
    values = {"category": "battery", "product": product, "passport": passport}
    filled = [
        re.sub(r"(\w+)/\{(\w+)\}", lambda found: f"{found[1]}/{values.get(found[2], values.get(found[1]))}", uri)
        for uri in (one.uri_template for one in templates)
    ]
    assert (len(listed), len(filled)) == (2, 5)
    for uri in (*(one.uri for one in listed), *filled):
        assert await assistant.read(uri), uri


async def _get_every_prompt(client: Client, product: str, serial: str) -> None:
    values = {"category": "battery", "product": product, "passport": serial, "name": "Pack"}
    listed = (await client.list_prompts()).prompts
    assert len(listed) == 5
    for prompt in listed:
        given = {one.name: values[one.name] for one in prompt.arguments or ()}
        told = (await client.get_prompt(prompt.name, given)).messages[0].content.text  # type: ignore[union-attr]
        assert all(value in told for value in given.values()), told
