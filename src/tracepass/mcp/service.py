"""The server of the Model Context Protocol, for every transport alike."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    GetPromptRequestParams,
    GetPromptResult,
    ListPromptsResult,
    ListResourcesResult,
    ListResourceTemplatesResult,
    ListToolsResult,
    PaginatedRequestParams,
    ReadResourceRequestParams,
    ReadResourceResult,
)

from tracepass.mcp import prompts, resources
from tracepass.mcp.calls import Api
from tracepass.mcp.tools import Toolbox

INSTRUCTIONS: Final = (
    "TracePass keeps digital product passports: the record of a product that European law asks for, behind the "
    "code on it. "
    "A product holds what its passports share; a passport has fields (their keys are in the template of its category), "
    "parties and events. Each tool takes `action` and `args`. Read before you write; invent no values; ask the "
    "person before "
    "you publish, suspend, archive or accept costs. Refusals say what to do in `advice`."
)

Context = ServerRequestContext[Any]


def build_server(contract: Mapping[str, Any], api: Api) -> Server[Any]:
    """Return the server over a bundled contract and a way to the API; lists need no caller, calls and reads do."""
    handlers = _Handlers(Toolbox(contract, api), api)
    return Server(
        "tracepass",
        version=version("tracepass"),
        title="TracePass",
        instructions=INSTRUCTIONS,
        get_tool_input_schema=handlers.toolbox.schema,
        on_list_tools=handlers.list_tools,
        on_call_tool=handlers.call_tool,
        on_list_resources=handlers.list_resources,
        on_list_resource_templates=handlers.list_templates,
        on_read_resource=handlers.read_resource,
        on_list_prompts=handlers.list_prompts,
        on_get_prompt=handlers.get_prompt,
    )


class _Handlers:
    """One method for each request of the protocol."""

    def __init__(self, toolbox: Toolbox, api: Api) -> None:
        self.toolbox = toolbox
        self._api = api

    async def list_tools(self, _: Context, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=self.toolbox.listed)

    async def call_tool(self, context: Context, asked: CallToolRequestParams) -> CallToolResult:
        return await self.toolbox.call(asked.name, asked.arguments or {}, context.request)

    async def list_resources(self, _: Context, __: PaginatedRequestParams | None) -> ListResourcesResult:
        return ListResourcesResult(resources=resources.RESOURCES)

    async def list_templates(self, _: Context, __: PaginatedRequestParams | None) -> ListResourceTemplatesResult:
        return ListResourceTemplatesResult(resource_templates=resources.TEMPLATES)

    async def read_resource(self, context: Context, asked: ReadResourceRequestParams) -> ReadResourceResult:
        return await resources.read(asked.uri, self._api, context.request)

    async def list_prompts(self, _: Context, __: PaginatedRequestParams | None) -> ListPromptsResult:
        return ListPromptsResult(prompts=prompts.LISTED)

    async def get_prompt(self, _: Context, asked: GetPromptRequestParams) -> GetPromptResult:
        return prompts.get(asked.name, asked.arguments or {})
