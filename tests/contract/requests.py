"""Builds a sample request for any operation, from the samples of the contract itself."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2
from PIL import Image
from tests.contract.checker import Checker, Operation

FORM = "application/x-www-form-urlencoded"


def png() -> bytes:
    """Return a small picture."""
    output = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(output, "PNG")
    return output.getvalue()


# Parameters that the sample body needs, though others do not.
_ALSO: Mapping[str, frozenset[str]] = {"createImport": frozenset({"category"})}


@dataclass(frozen=True)
class Requests:
    """Sends operations with their sample parameters and bodies, unless told otherwise."""

    contract: Checker
    places: Mapping[str, str] = field(default_factory=dict)

    def at(self, **places: str) -> Requests:
        """Return the same with other values of path parameters, by their names."""
        return Requests(self.contract, {**self.places, **places})

    async def send(self, client: httpx2.AsyncClient, operation: Operation, **options: Any) -> httpx2.Response:
        """Send the operation; ``options`` replace those of the client's ``request``."""
        sample = {**self.query(operation), **self.body(operation)}
        return await client.request(operation.method, self.path(operation), **{**sample, **options})

    def path(self, operation: Operation) -> str:
        """Return the path with its parameters filled in and encoded."""
        path = operation.path
        for parameter in operation.parameters:
            if parameter["in"] == "path":
                value = self.places.get(parameter["name"], str(parameter["example"]))
                path = path.replace(f"{{{parameter['name']}}}", quote(value, safe=""))
        return path

    def query(self, operation: Operation) -> dict[str, Any]:
        """Return the sample query as options of the client's ``request``: what must be there, and no more."""
        also = _ALSO.get(operation.id, frozenset())
        queries = [one for one in operation.parameters if one["in"] == "query"]
        needed = [one for one in queries if one.get("required") or one["name"] in also]
        return {"params": {one["name"]: one["example"] for one in needed}} if needed else {}

    def body(self, operation: Operation) -> dict[str, Any]:
        """Return the sample body as options of the client's ``request``."""
        content = operation.definition.get("requestBody", {}).get("content", {})
        if "multipart/form-data" in content:
            return {"files": {"file": ("picture.png", png(), "image/png")}}
        if FORM in content:
            return {"data": self.contract.resolve(content[FORM]["schema"])["examples"][0]}
        if "application/json" in content:
            return {"json": self.contract.resolve(content["application/json"]["schema"])["examples"][0]}
        if "text/csv" in content:
            return {"content": content["text/csv"]["example"].encode()}
        return {}
