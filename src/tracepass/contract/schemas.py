"""Reads JSON Schemas for people: the members of an object, their types in words, links to named objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from tracepass.contract.wording import bounds

_NAMED = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an object, or a parameter: its name, its type in words and what there is to know."""

    name: str
    type: Markup
    required: bool
    description: str
    bounds: tuple[str, ...]
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NamedObject:
    """An object of the contract that types link to."""

    name: str
    description: str
    members: list[Member]


class SchemaReader:
    """Reads the schemas of one bundled contract."""

    def __init__(self, contract: Mapping[str, Any]) -> None:
        self.contract = contract

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the node that a reference leads to; what stands beside the reference wins (JSON Schema 8.2.3)."""
        if "$ref" not in node:
            return node
        found: Any = self.contract
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**self.resolve(found), **beside}

    def objects(self) -> list[NamedObject]:
        """Return the named objects, in the order of their names."""
        named = self.contract["components"]["schemas"]
        return [
            NamedObject(name, schema.get("description", ""), self.members(schema))
            for name, schema in named.items()
            if schema.get("properties")
        ]

    def members(self, schema: Mapping[str, Any]) -> list[Member]:
        """Return the members of an object, required ones as the schema orders them."""
        whole = self.resolve(schema)
        required = whole.get("required", ())
        return [self._member(name, part, name in required) for name, part in whole.get("properties", {}).items()]

    def parameter(self, parameter: Mapping[str, Any]) -> Member:
        """Return a parameter of a request as if it were a member."""
        schema = {**parameter["schema"], "description": parameter.get("description", "")}
        return self._member(parameter["name"], schema, parameter.get("required", False))

    def type(self, schema: Mapping[str, Any]) -> Markup:
        """Return the type of a value in words, linked where it has a name."""
        name = schema.get("$ref", "").removeprefix(_NAMED)
        whole = self.resolve(schema)
        if name and "properties" in whole:
            return Markup('<a href="#{0}">{0}</a>').format(name)
        for either in ("anyOf", "oneOf"):
            if either in whole:
                return Markup(" or ").join(self.type(part) for part in whole[either])
        return self._plain(whole)

    def _plain(self, schema: Mapping[str, Any]) -> Markup:
        kinds = schema.get("type", "any value")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return Markup(" or ").join(self._kind(kind, schema) for kind in kinds)

    def _kind(self, kind: str, schema: Mapping[str, Any]) -> Markup:
        if kind == "array" and "items" in schema:
            return Markup("list of {}").format(self.type(schema["items"]))
        more = schema.get("additionalProperties")
        if kind == "object" and isinstance(more, Mapping):
            return Markup("map of {}").format(self.type(more))
        if kind == "string" and schema.get("format") in {"date-time", "date", "uri", "binary"}:
            return escape({"date-time": "timestamp", "date": "date", "uri": "URL", "binary": "file"}[schema["format"]])
        return escape(kind)

    def _member(self, name: str, schema: Mapping[str, Any], required: bool) -> Member:  # noqa: FBT001 - one private caller
        whole = self.resolve(schema)
        inner = self.resolve(whole["items"]) if "items" in whole else whole
        choices = inner.get("enum") or ([whole["const"]] if "const" in whole else [])
        return Member(
            name=name,
            type=self.type(schema),
            required=required,
            description=whole.get("description", ""),
            bounds=tuple(bounds(schema)),
            choices=tuple(choice if isinstance(choice, str) else json.dumps(choice) for choice in choices),
        )
