"""Writes a collection in Postman's format 2.1, which others read as well."""

from __future__ import annotations

import json
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from documentation.collections.model import Body, Collection, Folder, Request, Value, member, spelt

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
Json = dict[str, Any]


def postman(collection: Collection) -> str:
    """Return the collection as one JSON document."""
    document = {
        "info": {
            "_postman_id": str(uuid5(NAMESPACE_URL, f"urn:tracepass:{collection.name}")),
            "name": collection.name,
            "description": collection.description,
            "schema": SCHEMA,
        },
        "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "{{apiKey}}", "type": "string"}]},
        "variable": [{"key": name, "value": value, "type": "string"} for name, value in collection.variables.items()],
        "item": [_folder(folder) for folder in collection.folders],
    }
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def _folder(folder: Folder) -> Json:
    items = [_item(request) for request in folder.requests] + [_folder(inner) for inner in folder.folders]
    return {"name": folder.name, "description": folder.description, "item": items}


def _item(request: Request) -> Json:
    item: Json = {"name": request.title, "event": _events(request), "request": _request(request)}
    return item if request.follows else {**item, "protocolProfileBehavior": {"followRedirects": False}}


def _request(request: Request) -> Json:
    found: Json = {
        "method": request.method,
        "header": [_value(header) for header in _headers(request)],
        "url": _url(request),
        "description": request.description,
    }
    if not request.keyed:
        found["auth"] = {"type": "noauth"}
    return found if request.body is None else {**found, "body": _body(request.body)}


def _headers(request: Request) -> tuple[Value, ...]:
    """Return the headers, with the type of the body where Postman does not set it by itself."""
    typed = request.body is not None and request.body.kind in {"json", "text"}
    return (*((Value("Content-Type", request.body.media, ""),) if typed and request.body else ()), *request.headers)


def _value(value: Value) -> Json:
    found: Json = {"key": value.name, "value": spelt(value.value)}
    found |= {"description": value.description} if value.description else {}
    return found if value.sent else {**found, "disabled": True}


def _url(request: Request) -> Json:
    address = request.address(lambda name: f":{name}")
    found: Json = {
        "raw": "{{baseUrl}}" + address,
        "host": ["{{baseUrl}}"],
        "path": address.partition("?")[0].removeprefix("/").split("/"),
    }
    found |= {"query": [_value(one) for one in request.query]} if request.query else {}
    return found | ({"variable": [_value(one) for one in request.places]} if request.places else {})


def _body(body: Body) -> Json:
    if body.kind == "file":
        return {"mode": "formdata", "formdata": [{"key": "file", "type": "file", "src": body.text}]}
    if body.kind == "form":
        return {"mode": "urlencoded", "urlencoded": [{"key": name, "value": value} for name, value in body.fields]}
    language = "json" if body.kind == "json" else "text"
    return {"mode": "raw", "raw": spelt(body.text), "options": {"raw": {"language": language}}}


def _events(request: Request) -> list[Json]:
    statuses = ", ".join(map(str, request.statuses))
    lines = [f'pm.test("The status is {statuses}", () => pm.expect(pm.response.code).to.be.oneOf([{statuses}]));']
    if request.saves:
        lines.append("if (pm.response.code < 300) {")
        lines += [
            f'  pm.collectionVariables.set("{name}", pm.response.json().{member(path)});'
            for name, path in request.saves.items()
        ]
        lines.append("}")
    events = [_script("test", *lines)]
    if request.waits_for:
        skip = f'if (!pm.variables.get("{request.waits_for}")) pm.execution.skipRequest();'
        events.insert(0, _script("prerequest", skip))
    return events


def _script(listen: str, *lines: str) -> Json:
    return {"listen": listen, "script": {"type": "text/javascript", "exec": list(lines)}}
