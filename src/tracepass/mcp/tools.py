"""Tools as clients see them, and what happens when one is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jsonschema_rs
from mcp_types import CallToolResult, Tool, ToolAnnotations

from tracepass.mcp.calls import Api, request_of
from tracepass.mcp.catalogue import TOOLS, ToolPlan
from tracepass.mcp.results import OUTPUT_SCHEMA, refusal, result_of
from tracepass.mcp.schemas import Arguments, ContractReader, Json

_LONGEST_REASON: Final = 400
_MOST_REASONS: Final = 8
_MEMBERS: Final = frozenset({"action", "args"})


@dataclass(frozen=True, slots=True)
class BoundTool:
    """A tool with the arguments that the contract says its actions take."""

    name: str
    plan: ToolPlan
    actions: Mapping[str, Arguments]

    @property
    def wire(self) -> Tool:
        """Return the tool as it is listed."""
        plan = self.plan
        told = "; ".join(f"`{name}`: {one.summary}" for name, one in self.actions.items())
        return Tool(
            name=self.name,
            title=plan.title,
            description=f"{plan.description} Actions: {told}.",
            input_schema=self.input_schema,
            output_schema=OUTPUT_SCHEMA,
            annotations=ToolAnnotations(
                title=plan.title,
                read_only_hint=plan.reads_only,
                destructive_hint=plan.destructive,
                idempotent_hint=plan.idempotent or plan.reads_only,
                open_world_hint=False,
            ),
        )

    @property
    def input_schema(self) -> Json:
        """Return the schema of ``{action, args}``: a chain of conditions gives each action its own ``args``.

        Conditions, because model makers refuse tools with ``oneOf``, ``anyOf`` or ``allOf`` at the top, and because
        actions with the same arguments would fit more than one branch.
        """
        definitions: dict[str, Json] = {}
        for name, arguments in self.actions.items():
            definitions |= {**arguments.definitions, f"args.{name}": arguments.schema}
        places = [{"$ref": f"#/$defs/args.{name}"} for name in self.actions]
        return {
            "type": "object",
            "properties": {
                "action": {"type": "string", "enum": list(self.actions), "description": "What to do."},
                "args": {
                    "type": "object",
                    "default": {},
                    "description": "What the action takes; see the definition that is named after it.",
                    "anyOf": places,
                },
            },
            "required": ["action"],
            "additionalProperties": False,
            **self._conditions(),
            "$defs": definitions,
        }

    def _conditions(self) -> Json:
        chain: Json = {}
        for name, arguments in reversed(list(self.actions.items())):
            then: Json = {"properties": {"args": {"$ref": f"#/$defs/args.{name}"}}}
            if not arguments.validator.is_valid({}):
                then["required"] = ["args"]
            link: Json = {"if": {"properties": {"action": {"const": name}}}, "then": then}
            chain = link | ({"else": chain} if chain else {})
        return chain


class Toolbox:
    """Every tool over one contract."""

    def __init__(self, contract: Mapping[str, Any], api: Api) -> None:
        reader = ContractReader(contract)
        self._api = api
        self._tools = {
            name: BoundTool(name, plan, {key: reader.arguments(action) for key, action in plan.actions.items()})
            for name, plan in TOOLS.items()
        }
        self.listed = [tool.wire for tool in self._tools.values()]
        self._schemas = {tool.name: tool.input_schema for tool in self.listed}

    def schema(self, name: str) -> Json | None:
        """Return the input schema of a tool, or None if there is no such tool."""
        return self._schemas.get(name)

    async def call(self, name: str, given: Mapping[str, Any], caller: Any) -> CallToolResult:
        """Do what is asked in the name of the caller; whatever is wrong with it is told in the result."""
        tool = self._tools.get(name)
        if tool is None:
            return refusal("unknown_tool", f"There is no tool of this name; there are {', '.join(self._tools)}.")
        action, args = given.get("action"), given.get("args", {})
        if not isinstance(action, str) or action not in tool.actions:
            return refusal("unknown_action", f"`action` must be one of {', '.join(tool.actions)}.")
        faults = _faults(tool.actions[action], given, args)
        if faults:
            return refusal(
                "invalid_arguments", f"These are no arguments for `{action}`.", details=faults, advice=_HOW_TO_CALL
            )
        plan = tool.plan.actions[action]
        answer = await self._api.send(request_of(plan, tool.actions[action], args), caller)
        return result_of(answer, plan.brief)


_HOW_TO_CALL: Final = "Mend them as `details` says; the tool's input schema has a definition for each action."


def _faults(arguments: Arguments, given: Mapping[str, Any], args: Any) -> list[Json]:
    strange = sorted(given.keys() - _MEMBERS)
    if strange:
        return [{"path": "", "reason": f"Only `action` and `args` are taken, not {', '.join(strange)[:200]}."}]
    if not isinstance(args, dict):
        return [{"path": "args", "reason": "`args` must be an object."}]
    errors = list(arguments.validator.iter_errors(args))
    return [_fault(error) for error in errors[:_MOST_REASONS]]


def _fault(error: jsonschema_rs.ValidationError) -> Json:
    where = ".".join(str(step) for step in ("args", *error.instance_path))
    return {"path": where, "reason": error.message[:_LONGEST_REASON]}
