"""Bundles the hand-written files of the contract into one OpenAPI 3.1 document.

People edit many small files; code generators and API clients want one. References between files become references
inside the document (OpenAPI Specification 3.1.1, 4.6), path items are put in place.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from tracepass.contract.pipeline import with_pipeline

Document = dict[str, Any]

_PACKAGED = Path(__file__).parent / "openapi"
_CHECKOUT = Path(__file__).parents[3] / "openapi"
_SCANNED = ("/p/", "/test/", "/01/", "/{", "/.well-known/gs1resolver")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """libyaml's loader where it is there: it is ten times as fast."""


class _Dumper(yaml.SafeDumper):
    """Writes repeated parts out; generators do not read YAML anchors."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        """Say that nothing is to be abbreviated."""
        return True


def folder() -> Path:
    """Return where the files are: inside an installed package, or at the root of a checkout.

    Raises FileNotFoundError if the package was built without them.
    """
    for place in (_PACKAGED, _CHECKOUT):
        if (place / "openapi.yaml").is_file():
            return place
    message = f"openapi.yaml is neither in {_PACKAGED} nor in {_CHECKOUT}"
    raise FileNotFoundError(message)


@cache
def load(root: Path | None = None) -> Mapping[str, Any]:
    """Return the bundled document as it was written, with relative servers; read once, not to be changed.

    Raises FileNotFoundError if the files are missing and ValueError if two schemas have one name.
    """
    return _Bundle(root or folder()).document()


def document(public_url: str, resolver_url: str | None = None) -> Document:
    """Return the document for a server at ``public_url``; codes may lead to another one, ``resolver_url``."""
    found: Document = dict(load())
    found["servers"] = [{"url": public_url.rstrip("/"), "description": "This server."}]
    resolver = (resolver_url or public_url).rstrip("/")
    if resolver != public_url.rstrip("/"):
        found["paths"] = {path: _at(item, resolver, path) for path, item in found["paths"].items()}
    return found


def as_json(contract: Mapping[str, Any]) -> bytes:
    """Return the document as UTF-8 JSON."""
    return json.dumps(contract, ensure_ascii=False, separators=(",", ":")).encode()


def as_yaml(contract: Mapping[str, Any]) -> bytes:
    """Return the document as UTF-8 YAML, without anchors."""
    text: str = yaml.dump(contract, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    return text.encode()


def _at(item: Mapping[str, Any], resolver: str, path: str) -> Mapping[str, Any]:
    return {"servers": [{"url": resolver}], **item} if path.startswith(_SCANNED) else item


class _Bundle:
    """One pass over the files."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._files: dict[str, Document] = {}

    def document(self) -> Document:
        main = self._file("openapi.yaml")
        whole: Document = self._place(main, "openapi.yaml")
        whole["components"] = {**whole["components"], "schemas": self._schemas()}
        return with_pipeline(whole, self._place(self._file("pipeline.yaml"), "pipeline.yaml"))

    def _file(self, name: str) -> Document:
        if name not in self._files:
            with (self._root / name).open(encoding="utf-8") as stream:
                self._files[name] = yaml.load(stream, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader
        return self._files[name]

    def _schemas(self) -> Document:
        found: Document = {}
        for file in sorted((self._root / "schemas").glob("*.yaml")):
            name = f"schemas/{file.name}"
            for schema, body in self._file(name).items():
                if schema in found:
                    message = f"{name} defines {schema} a second time"
                    raise ValueError(message)
                found[schema] = self._place(body, name)
        return dict(sorted(found.items()))

    def _place(self, node: Any, file: str) -> Any:
        if isinstance(node, list):
            return [self._place(part, file) for part in node]
        if not isinstance(node, dict):
            return node
        if isinstance(node.get("$ref"), str):
            return self._reference(node, file)
        return {key: self._place(part, file) for key, part in node.items()}

    def _reference(self, node: Document, file: str) -> Any:
        target, _, pointer = node["$ref"].partition("#/")
        name = _sibling(file, target) if target else file
        if name.startswith("paths/"):
            return self._place(self._file(name)[pointer], name)
        inside = f"#/components/schemas/{pointer}" if name.startswith("schemas/") else f"#/{pointer}"
        return {**{key: self._place(part, file) for key, part in node.items()}, "$ref": inside}


def _sibling(file: str, target: str) -> str:
    """Return the name, from the root, of what ``file`` calls ``target``."""
    parts = file.split("/")[:-1]
    for step in target.split("/"):
        if step == "..":
            parts.pop()
        else:
            parts.append(step)
    return "/".join(parts)
