"""The operations of the contract, as far as an example of each needs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracepass.contract.schemas import SchemaReader

METHODS = ("get", "post", "put", "patch", "delete")
LEADING = frozenset({"300", "303", "307"})
"""The statuses of answers that lead elsewhere."""
MEDIA = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data", "text/csv")
"""The types of bodies that examples are written in, the first that an operation takes."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, with its references replaced."""

    id: str
    method: str
    path: str
    definition: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]
    body: tuple[str, Any] | None
    schemes: frozenset[str]
    scopes: frozenset[str]

    @property
    def tag(self) -> str:
        """The folder it belongs to."""
        return str(self.definition["tags"][0])

    @property
    def successes(self) -> tuple[int, ...]:
        """The documented statuses of an answer that has what was asked for, or leads to it."""
        wanted = {"200", "201", "202", "204", "207", *LEADING}
        return tuple(sorted(int(status) for status in wanted & set(self.definition["responses"])))

    @property
    def redirects(self) -> bool:
        """Tell whether an answer may lead elsewhere."""
        return bool(LEADING & set(self.definition["responses"]))


@dataclass(frozen=True, slots=True)
class Contract:
    """The document, read."""

    document: Mapping[str, Any]

    def operations(self) -> Iterator[Operation]:
        """Give the operations in the order of the document."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item)

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        definition = item[method]
        needs: Sequence[Mapping[str, Any]] = definition.get("security", self.document["security"])
        return Operation(
            id=definition["operationId"],
            method=method.upper(),
            path=path,
            definition=definition,
            parameters=tuple(
                map(self.resolved, [*item.get("parameters", ()), *definition.get("parameters", ())]),
            ),
            body=self._body(definition),
            schemes=frozenset(name for need in needs for name in need),
            scopes=frozenset(scope for need in needs for scopes in need.values() for scope in scopes),
        )

    def _body(self, definition: Mapping[str, Any]) -> tuple[str, Any] | None:
        """Return the type of the example of a body, and the example; one that says something comes first."""
        content = self.resolved(definition.get("requestBody", {})).get("content", {})
        written = [(media, self._sample(content[media])) for media in MEDIA if media in content]
        return next((one for one in written if one[1]), next(iter(written), None))

    def _sample(self, content: Mapping[str, Any]) -> Any:
        """Return the example of one type of body; without one it is an empty object."""
        schema = self.resolved(content.get("schema", {}))
        return content.get("example", next(iter(schema.get("examples", ())), {}))

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the node behind a reference."""
        return SchemaReader(self.document).resolve(node)

    def example(self, parameter: Mapping[str, Any]) -> str:
        """Return the example of a parameter as it is sent; of a list its first."""
        schema = self.resolved(parameter["schema"])
        known = [parameter.get("example"), *schema.get("examples", ()), schema.get("default"), ""]
        found = next(one for one in known if one is not None)
        found = found[0] if isinstance(found, list) else found
        return str(found).lower() if isinstance(found, bool) else str(found)
