"""Renders the contract as a page for people: server-side, no script, nothing from elsewhere.

The page carries its style within, so ``PAGE_POLICY`` can forbid everything else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tracepass.contract.samples import Sample, curl, request_samples, response_samples
from tracepass.contract.schemas import Member, SchemaReader
from tracepass.contract.wording import prose, words

_PAGES = Path(__file__).parent / "pages"
_STYLE = (_PAGES / "reference.css").read_text(encoding="utf-8")
_METHODS = ("get", "post", "put", "patch", "delete")
_TWIN = "BySerial"

PAGE_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; img-src data:; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'"
)
"""The Content-Security-Policy that the page needs: its own style and no more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One documented response: the status, what it means, its headers and its samples."""

    status: str
    meaning: str
    body: Markup
    headers: tuple[str, ...]
    samples: tuple[Sample, ...]

    @property
    def good(self) -> bool:
        """Tell whether it is a success or a redirection."""
        return self.status < "400"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation, with its twin by serial number if there is one."""

    id: str
    method: str
    path: str
    twin: str | None
    summary: str
    description: str
    scopes: tuple[str, ...]
    public: bool
    parameters: Mapping[str, list[Member]]
    body: Markup
    members: list[Member]
    requests: tuple[Sample, ...]
    answers: list[Answer]
    curl: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """The operations of one tag."""

    name: str
    slug: str
    description: str
    operations: list[Operation]


def render_reference(contract: Mapping[str, Any], base_url: str) -> str:
    """Return the reference page for a bundled contract; samples call the server at ``base_url``."""
    environment = Environment(
        loader=FileSystemLoader(_PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"prose": prose, "words": words, "segments": _segments}
    reader = SchemaReader(contract)
    return environment.get_template("reference.html").render(
        info=contract["info"],
        base_url=base_url.rstrip("/"),
        style=Markup(_STYLE),  # noqa: S704 - our own file
        chapters=_chapters(reader, base_url.rstrip("/")),
        objects=reader.objects(),
    )


def _chapters(reader: SchemaReader, base_url: str) -> list[Chapter]:
    operations = list(_operations(reader, base_url))
    return [
        Chapter(
            name=tag["name"],
            slug=tag["name"].lower().replace(" ", "-"),
            description=tag["description"],
            operations=[operation for name, operation in operations if name == tag["name"]],
        )
        for tag in reader.contract["tags"]
    ]


def _operations(reader: SchemaReader, base_url: str) -> Iterator[tuple[str, Operation]]:
    twins = {
        operation["operationId"].removesuffix(_TWIN): path
        for path, _, operation in _each(reader.contract)
        if operation["operationId"].endswith(_TWIN)
    }
    for path, method, operation in _each(reader.contract):
        if not operation["operationId"].endswith(_TWIN):
            shared = reader.contract["paths"][path].get("parameters", [])
            whole = {**operation, "parameters": [*shared, *operation.get("parameters", [])]}
            twin = twins.get(operation["operationId"])
            yield operation["tags"][0], _operation(reader, whole, (base_url, method, path, twin))


def _each(contract: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in contract["paths"].items():
        for method in _METHODS:
            if method in item:
                yield path, method, item[method]


def _operation(
    reader: SchemaReader, operation: Mapping[str, Any], place: tuple[str, str, str, str | None]
) -> Operation:
    base_url, method, path, twin = place
    requirements = operation.get("security", reader.contract["security"])
    named = [scope for requirement in requirements for scopes in requirement.values() for scope in scopes]
    media = operation.get("requestBody", {}).get("content", {})
    content: Mapping[str, Any] = next(iter(media.values()), {})
    parameters = [reader.resolve(parameter) for parameter in operation["parameters"]]
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        twin=twin,
        summary=operation["summary"],
        description=operation["description"],
        scopes=tuple(dict.fromkeys(named)),
        public=not requirements or {} in requirements,
        parameters=_parameters(reader, parameters),
        body=reader.type(content["schema"]) if media else Markup(""),
        members=reader.members(content["schema"]) if media else [],
        requests=request_samples(reader, media),
        answers=[_answer(reader, status, found) for status, found in sorted(operation["responses"].items())],
        curl=curl(
            reader,
            {**operation, "parameters": parameters},
            method=method,
            url=base_url + path,
            keyed=bool(requirements),
        ),
    )


def _parameters(reader: SchemaReader, parameters: list[Any]) -> dict[str, list[Member]]:
    """Return the parameters by the place they stand in, in the order of the request line."""
    places = {"path": "Path parameters", "query": "Query parameters", "header": "Request headers"}
    found = {
        title: [reader.parameter(parameter) for parameter in parameters if parameter["in"] == place]
        for place, title in places.items()
    }
    return {title: members for title, members in found.items() if members}


def _answer(reader: SchemaReader, status: str, response: Mapping[str, Any]) -> Answer:
    whole = reader.resolve(response)
    content = whole.get("content", {})
    schema = content.get("application/json", {}).get("schema")
    return Answer(
        status=status,
        meaning=whole["description"],
        body=reader.type(schema) if schema else Markup(""),
        headers=tuple(name for name in whole.get("headers", {}) if name != "X-Request-Id"),
        samples=response_samples(reader, content),
    )


def _segments(path: str) -> Markup:
    """Return a path whose parameters stand out and which may break after each slash."""
    steps = [
        Markup("<var>{}</var>").format(step) if step.startswith("{") else Markup("{}").format(step)
        for step in path.split("/")
    ]
    return Markup("/<wbr>").join(steps)
