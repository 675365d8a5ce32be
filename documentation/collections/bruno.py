"""Writes a collection as a folder of Bruno's own files, one a request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from documentation.collections.model import Body, Collection, Folder, Request, Value, member, spelt

Files = Iterator[tuple[str, str]]
KEPT_BESIDE = "apiKey"
"""The variable whose value Bruno keeps beside the collection, not in it."""
_BLOCKS = {"json": "json", "text": "text", "form": "form-urlencoded", "file": "multipart-form"}
_BODIES = {"json": "json", "text": "text", "form": "formUrlEncoded", "file": "multipartForm"}
_UNFIT = re.compile(r'[\\/:*?"<>|]')
_PLAIN = re.compile(r"[\w$.-]+")


def bruno(collection: Collection) -> Files:
    """Give the path and the text of every file."""
    about = {"version": "1", "name": collection.name, "type": "collection", "ignore": ["node_modules", ".git"]}
    yield "bruno.json", json.dumps(about, indent=2) + "\n"
    yield "collection.bru", _document(_collection(collection))
    yield "environments/Local.bru", _document(_environment(collection.variables))
    for at, folder in enumerate(collection.folders, 1):
        yield from _folder(folder, "", at)


def _collection(collection: Collection) -> Iterator[str]:
    yield _block("auth", ["mode: bearer"])
    yield _block("auth:bearer", [f"token: {{{{{KEPT_BESIDE}}}}}"])
    yield _block("docs", collection.description.splitlines())


def _environment(variables: Mapping[str, str]) -> Iterator[str]:
    yield _block("vars", [f"{name}: {value}".rstrip() for name, value in variables.items() if name != KEPT_BESIDE])
    yield f"vars:secret [\n  {KEPT_BESIDE}\n]\n"


def _folder(folder: Folder, above: str, number: int) -> Files:
    here = f"{above}{_file_name(folder.name)}/"
    about = [
        _block("meta", [f"name: {folder.name}", f"seq: {number}"]),
        _block("auth", ["mode: inherit"]),
        _block("docs", folder.description.splitlines()),
    ]
    yield f"{here}folder.bru", _document(about)
    for at, request in enumerate(folder.requests, 1):
        yield f"{here}{_file_name(request.title)}.bru", _document(_request(request, at))
    for at, inner in enumerate(folder.folders, len(folder.requests) + 1):
        yield from _folder(inner, here, at)


def _request(request: Request, number: int) -> Iterator[str]:
    yield _block("meta", [f"name: {request.title}", "type: http", f"seq: {number}"])
    yield _block(request.method.lower(), _address(request))
    yield from _values("params:query", request.query)
    yield from _values("params:path", request.places)
    yield from _values("headers", _headers(request))
    if request.body:
        yield _block(f"body:{_BLOCKS[request.body.kind]}", _body(request.body))
    if request.saves:
        yield _block("vars:post-response", [f"{name}: res.body.{member(path)}" for name, path in request.saves.items()])
    yield _block("assert", [f"res.status: in {', '.join(map(str, request.statuses))}"])
    if request.waits_for:
        skip = f'if (!bru.getEnvVar("{request.waits_for}")) bru.runner.skipRequest();'
        yield _block("script:pre-request", [skip])
    yield _block("settings", ["encodeUrl: true", *([] if request.follows else ["followRedirects: false"])])
    yield _block("docs", request.description.splitlines())


def _address(request: Request) -> list[str]:
    body = _BODIES[request.body.kind] if request.body else "none"
    return [
        "url: {{baseUrl}}" + request.address(lambda name: f":{name}"),
        f"body: {body}",
        f"auth: {'inherit' if request.keyed else 'none'}",
    ]


def _headers(request: Request) -> tuple[Value, ...]:
    """Return the headers, with the type of a body that Bruno would send as plain text."""
    typed = request.body is not None and request.body.kind == "text"
    return (*((Value("Content-Type", request.body.media, ""),) if typed and request.body else ()), *request.headers)


def _values(block: str, values: Iterable[Value]) -> Iterator[str]:
    lines = [f"{'' if one.sent else '~'}{_key(one.name)}: {spelt(one.value)}".rstrip() for one in values]
    if lines:
        yield _block(block, lines)


def _key(name: str) -> str:
    return name if _PLAIN.fullmatch(name) else f'"{name}"'


def _body(body: Body) -> list[str]:
    if body.kind == "file":
        return [f"file: @file({body.text})"]
    if body.kind == "form":
        return [f"{name}: {value}" for name, value in body.fields]
    return spelt(body.text).splitlines()


def _block(name: str, lines: Iterable[str]) -> str:
    return "\n".join([f"{name} {{", *(f"  {line}".rstrip() for line in lines), "}\n"])


def _document(blocks: Iterable[str]) -> str:
    return "\n".join(blocks)


def _file_name(title: str) -> str:
    return _UNFIT.sub("-", title)
