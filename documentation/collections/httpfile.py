"""Writes a collection as a file of HTTP requests, as editors send them.

Editors agree on all but two things: how a request takes a value from the answer of another, and how random digits are
asked for. JetBrains' client and httpYac run a script after the answer; REST Client names the request that was answered.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

from documentation.collections.model import UNIQUE, UUID, Body, Collection, Request, member, spelt

Dialect = Literal["scripts", "names"]
TOKENS: Mapping[Dialect, Mapping[str, str]] = {
    "scripts": {UNIQUE: "{{$timestamp}}{{$random.integer(100000, 999999)}}", UUID: "{{$random.uuid}}"},
    "names": {UNIQUE: "{{$timestamp}}{{$randomInt 100000 999999}}", UUID: "{{$guid}}"},
}
HEADS: Mapping[Dialect, str] = {
    "scripts": "# For the HTTP client of JetBrains' IDEs and for httpYac.",
    "names": "# For REST Client in Visual Studio Code.",
}
HOW = "Fill in the key, then send the requests of the quickstart from above."
UNFILLED = "fill_in"
BOUNDARY = "tracepass-boundary"
TYPES = {"png": "image/png", "csv": "text/csv"}
_TOKEN = re.compile(r"\{\{(\w+)\}\}")


def http_file(collection: Collection, dialect: Dialect) -> str:
    """Return the file in one of the two dialects."""
    variables = [f"@{name} = {value or UNFILLED}" for name, value in collection.variables.items()]
    parts = [f"{HEADS[dialect]}\n# {HOW}\n\n" + "\n".join(variables) + "\n"]
    writer = _Writer(dialect)
    for folder in collection.folders:
        parts += [writer.written(folder.name, request) for request in folder.walk()]
    return "\n".join(parts)


@dataclass(slots=True)
class _Writer:
    """Writes requests in their order; ``sources`` say where the newest value of each variable is."""

    dialect: Dialect
    sources: dict[str, str] = field(default_factory=dict)
    names: Counter[str] = field(default_factory=Counter)

    def written(self, folder: str, request: Request) -> str:
        """Return one request; what it saves is known to those after it."""
        lines = [f"### {folder}: {request.title}", *self._remarks(request)]
        self.names[request.operation] += 1
        name = f"{request.operation}{self.names[request.operation]}"
        lines += [f"# @name {name}"] if self.dialect == "names" else []
        lines += [self._told(line) for line in _message(request)]
        if self.dialect == "scripts":
            lines += _script(request.saves)
        else:
            self.sources |= {one: f"{name}.response.body.$.{member(path)}" for one, path in request.saves.items()}
        return "\n".join(lines) + "\n"

    def _remarks(self, request: Request) -> Iterator[str]:
        for line in request.description.splitlines():
            yield f"# {line}".rstrip()
        ticked = [one.name for one in (*request.query, *request.headers) if not one.sent]
        if ticked:
            yield f"# Also takes: {', '.join(ticked)}"
        if not request.follows:
            yield "# @no-redirect"
        if request.waits_for and self.dialect == "scripts":
            yield "# @disabled"

    def _told(self, line: str) -> str:
        """Return a line with what this editor understands in it."""
        own = spelt(line, TOKENS[self.dialect])
        return _TOKEN.sub(lambda found: f"{{{{{self.sources.get(found[1], found[1])}}}}}", own)


def _message(request: Request) -> Iterator[str]:
    """Give the lines of the request itself."""
    yield f"{request.method} {{{{baseUrl}}}}{_address(request)}"
    if request.keyed:
        yield "Authorization: Bearer {{apiKey}}"
    if request.body:
        yield f"Content-Type: {request.body.media}{_parameter(request.body)}"
    yield from (f"{one.name}: {one.value}" for one in request.headers if one.sent)
    if request.body:
        yield ""
        yield from _body(request.body)


def _address(request: Request) -> str:
    values = {one.name: _quoted(one.value) for one in request.places}
    return request.address(values.__getitem__, _quoted)


def _quoted(value: str) -> str:
    return quote(value, safe=":{}")


def _parameter(body: Body) -> str:
    return f"; boundary={BOUNDARY}" if body.kind == "file" else ""


def _body(body: Body) -> list[str]:
    if body.kind == "form":
        return ["&".join(f"{name}={_quoted(value)}" for name, value in body.fields)]
    if body.kind != "file":
        return body.text.splitlines()
    return [
        f"--{BOUNDARY}",
        f'Content-Disposition: form-data; name="file"; filename="{body.text}"',
        f"Content-Type: {TYPES[body.text.rpartition('.')[2]]}",
        "",
        f"< ./{body.text}",
        f"--{BOUNDARY}--",
    ]


def _script(saves: Mapping[str, str]) -> Iterable[str]:
    if not saves:
        return []
    lines = [f'client.global.set("{name}", response.body.{member(path)});' for name, path in saves.items()]
    return ["", "> {%", *lines, "%}"]
