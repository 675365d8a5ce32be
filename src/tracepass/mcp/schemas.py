"""What an action takes, read from the contract: names and schemas are the contract's own, so the two cannot part."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import jsonschema_rs

from tracepass.mcp.catalogue import Action

Json = dict[str, Any]

DOCUMENT: Final = "document"
"""The argument for a body that is no object of known members, such as an EPCIS document."""
HEADERS: Final = {
    "If-Match": "ifMatch",
    "Idempotency-Key": "idempotencyKey",
    "GS1-Capture-Error-Behaviour": "errorBehaviour",
}
"""The headers that an assistant has a use for; the others choose formats, and we read one."""
_SCHEMAS: Final = "#/components/schemas/"
_NOT_SHOWN: Final = frozenset({"example", "examples", "xml", "externalDocs"})
_BRACKETS: Final = re.compile(r"\[(\w+)\]")


def argument_name(parameter: str) -> str:
    """Return the name of a parameter as models of every maker may spell it: ``key[eq]`` is ``key_eq``."""
    return _BRACKETS.sub(r"_\1", parameter)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of the contract, and the argument that fills it."""

    argument: str
    name: str
    place: str
    schema: Json
    required: bool


@dataclass(frozen=True)
class Arguments:
    """What one action takes: parameters, and members of the body, or the body as one ``document``."""

    summary: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[Json, ...]
    whole_body: bool
    needs_body: bool
    definitions: Mapping[str, Json]

    @cached_property
    def schema(self) -> Json:
        """Return the JSON Schema of ``args``; definitions are referred to by ``#/$defs``."""
        branches = [self._branch(body) for body in self.bodies] or [self._branch({})]
        described = {"description": self.summary}
        return described | branches[0] if len(branches) == 1 else described | {"type": "object", "anyOf": branches}

    @cached_property
    def validator(self) -> jsonschema_rs.Draft202012Validator:
        """Return what checks arguments."""
        return jsonschema_rs.Draft202012Validator({**self.schema, "$defs": dict(self.definitions)})

    def _branch(self, body: Json) -> Json:
        taken = {one.argument: one.schema for one in self.parameters}
        required = [one.argument for one in self.parameters if one.required]
        members = {DOCUMENT: body} if self.whole_body else body.get("properties", {})
        needed = [DOCUMENT] if self.whole_body else body.get("required", ())
        # A member that is called like a parameter of the path yields: what the path says, the body cannot change.
        properties = {**{name: schema for name, schema in members.items() if name not in taken}, **taken}
        branch = {"type": "object", "properties": properties, "additionalProperties": False}
        names = [*required, *(name for name in needed if name not in taken)]
        return branch | ({"required": names} if names else {})


class ContractReader:
    """Reads operations of a bundled OpenAPI 3.1 document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def arguments(self, action: Action) -> Arguments:
        """Return what an action takes.

        Raises:
            KeyError: the contract has no such operation.
        """
        item = self._document["paths"][action.path]
        operation = item[action.method.lower()]
        parameters = tuple(self._parameters([*item.get("parameters", ()), *operation.get("parameters", ())], operation))
        bodies, whole = self._bodies(operation)
        schemas = [*(one.schema for one in parameters), *bodies]
        return Arguments(
            summary=str(operation["summary"]),
            parameters=parameters,
            bodies=tuple(bodies),
            whole_body=whole,
            needs_body=bool(operation.get("requestBody", {}).get("required")),
            definitions=self._definitions(schemas),
        )

    def _parameters(self, listed: list[Json], operation: Mapping[str, Any]) -> Iterator[Parameter]:
        for reference in listed:
            found = self._resolve(reference)
            name, place = found["name"], found["in"]
            if place == "header" and (name not in HEADERS or operation.get("x-budget") == "tools"):
                continue
            argument = HEADERS[name] if place == "header" else argument_name(name)
            schema = _shown({"description": found.get("description", ""), **found["schema"]})
            yield Parameter(argument, name, place, schema, bool(found.get("required")))

    def _bodies(self, operation: Mapping[str, Any]) -> tuple[list[Json], bool]:
        """Return the shapes a body may have, and whether it has to be taken as a whole."""
        media = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if media is None:
            return [], False
        found = self._resolve(media["schema"])
        shapes = [self._resolve(one) for one in found.get("anyOf", [found])]
        whole = not all(shape.get("additionalProperties") is False for shape in shapes)
        return [_shown(shape) for shape in shapes], whole

    def _resolve(self, node: Mapping[str, Any]) -> Json:
        found: Any = node
        while "$ref" in found:
            pointer, found = found["$ref"].removeprefix("#/"), self._document
            for step in pointer.split("/"):
                found = found[step]
        return dict(found)

    def _definitions(self, schemas: list[Json]) -> dict[str, Json]:
        """Return every schema that these refer to, and those that they refer to in turn."""
        found: dict[str, Json] = {}
        waiting = [name for schema in schemas for name in _references(schema)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = _shown(self._document["components"]["schemas"][name])
                waiting.extend(_references(found[name]))
        return dict(sorted(found.items()))


def _shown(node: Any, *, names: bool = False) -> Any:
    """Return a schema without its examples, its references leading into ``$defs``; ``names`` of members stay."""
    if isinstance(node, list):
        return [_shown(part) for part in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        reference = str(node["$ref"]).replace(_SCHEMAS, "#/$defs/")
        return {**{key: value for key, value in node.items() if key == "description" and value}, "$ref": reference}
    kept = {key: value for key, value in node.items() if names or not (key in _NOT_SHOWN or key.startswith("x-"))}
    return {key: _shown(value, names=key in {"properties", "patternProperties"}) for key, value in kept.items()}


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for part in node:
            yield from _references(part)
    elif isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference.removeprefix("#/$defs/")
        for part in node.values():
            yield from _references(part)
