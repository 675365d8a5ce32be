"""A client of EPCIS that knows GS1's OpenAPI file and nothing else.

Paths, parameters and their notation, headers, media types and schemas all come from there; of the server it knows the
address. Each answer is held against the file, except where the file contradicts itself (`UNSOUND`, `UNLISTED`).
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx2
import jsonschema_rs
from lxml import etree

Json = dict[str, Any]

UNSOUND: Mapping[str, tuple[Any, str]] = {
    "/components/schemas/Link/format": (None, "a value of Link is no URI: it has one in angle brackets"),
    "/components/schemas/GS1-Extensions/type": ("string", "the example is a text, not an object"),
    "/components/schemas/CaptureJob/allOf/1": (
        {"anyOf": [{"required": ["errors"]}, {"required": ["errorFile"]}, {}]},
        "oneOf has two schemas that require nothing, so that every job fits both",
    ),
    "/components/responses/409ResourceAlreadyExistsException/content/application~1problem+json/schema/allOf/0"
    "/properties/status/enum": ([409], "the status in the body of a 409 is said to be 406"),
    "/components/schemas/AbstractQuerySubscription/required": (
        ["dest"],
        "a member named secret is required that is described nowhere; the examples have signatureToken instead",
    ),
    "/paths/~1queries~1{queryName}/get/responses/200/content/application~1json/schema": (
        {"$ref": "#/components/schemas/QueryDefinition"},
        "one query is said to be a list; the text has one",
    ),
    "/paths/~1queries~1{queryName}~1subscriptions/post/responses/201/headers/Location/schema/format": (
        None,
        "everywhere else in the file, and in HTTP, a Location may be relative",
    ),
    "/components/schemas/GS1-Query-Stream/enum": (None, "a schedule is answered with stream false, or without it"),
    **{
        f"/components/schemas/GS1-Query-{field}/pattern": (None, "no dialect of regular expressions has this")
        for field in ("Second", "Minute", "Hour", "DayOfMonth", "Month", "DayOfWeek")
    },
}
"""Places in the file that cannot be meant as they are: what to read there instead (None: nothing), and why."""

UNLISTED: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("get", "/events"): {"400": "400QueryIssues", "413": "413QueryScopeOrSize"},
    ("post", "/queries"): {"400": "400QueryIssues"},
    ("post", "/queries/{queryName}/subscriptions"): {"400": "400SubscriptionIssues"},
}
"""Answers that the text foresees and the operation does not list."""


@dataclass(frozen=True)
class Standard:
    """GS1's file, mended where it must be."""

    document: Json

    @classmethod
    def of(cls, text: str) -> Standard:
        document = json.loads(text)
        for pointer, (instead, _) in UNSOUND.items():
            *way, last = (step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])
            place = document
            for step in way:
                place = place[int(step) if isinstance(place, list) else step]
            key = int(last) if isinstance(place, list) else last
            assert place[key] is not None, f"{pointer} is not there to be mended"
            if instead is None:
                del place[key]
            else:
                place[key] = instead
        return cls(document)

    def resolve(self, node: Json) -> Json:
        while "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/")]
            node = found
        return node

    def operations(self) -> Iterator[tuple[str, str]]:
        """Give methods and paths."""
        for path, item in self.document["paths"].items():
            for method in ("options", "get", "post", "delete"):
                if method in item:
                    yield method, path

    def operation(self, method: str, path: str) -> Json:
        return dict(self.document["paths"][path][method])

    def parameters(self, method: str, path: str) -> dict[str, Json]:
        """Return the parameters of an operation by their names."""
        item = self.document["paths"][path]
        found = map(self.resolve, [*item.get("parameters", ()), *item[method].get("parameters", ())])
        return {one["name"]: one for one in found}

    def body(self, method: str, path: str) -> tuple[str, Json]:
        """Return media type and definition of what an operation is sent."""
        content = self.resolve(self.operation(method, path)["requestBody"])["content"]
        ((media, definition),) = content.items()
        return media, definition

    def answers(self, method: str, path: str) -> dict[str, Json]:
        """Return what an operation answers, by status."""
        listed = {status: self.resolve(one) for status, one in self.operation(method, path)["responses"].items()}
        more = UNLISTED.get((method, path), {})
        return {**{status: self.document["components"]["responses"][name] for status, name in more.items()}, **listed}

    def faults(self, schema: Json, value: Any) -> list[str]:
        whole = {**copy.deepcopy(schema), "components": self.document["components"]}
        validator = jsonschema_rs.Draft7Validator(whole, validate_formats=True)
        return [f"{'/'.join(map(str, one.instance_path))}: {one.message}" for one in validator.iter_errors(value)]


@dataclass
class StandardClient:
    """Calls a server as the file says, and holds what it answers against the file."""

    standard: Standard
    http: httpx2.AsyncClient
    root: str
    schemas: Path

    @cached_property
    def pages(self) -> list[tuple[re.Pattern[str], str]]:
        """What a link may lead to."""
        paths = sorted(self.standard.document["paths"], key=lambda path: path.count("{"))
        return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path)), path) for path in paths]

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        accept: str | None = None,
        **parameters: Any,
    ) -> httpx2.Response:
        """Call an operation; parameters by their names, with `_` for `-`."""
        known = self.standard.parameters(method, path)
        query, headers, address = {}, {"Accept": accept or self._accepted(method, path)}, path
        for name, value in parameters.items():
            definition = known.get(name) or known.get(name.replace("_", "-"))
            if definition is None:
                # The file does not list the parameters whose names are made up.
                query[name] = value
            elif definition["in"] == "path":
                address = address.replace(f"{{{name}}}", quote(value, safe=""))
            elif definition["in"] == "header":
                headers[definition["name"]] = str(value)
            else:
                query[name] = _written(definition, value)
        if body is not None:
            headers["Content-Type"], definition = self.standard.body(method, path)
            body = json.dumps(body)
        answer = await self.http.request(method, self.root + address, params=query, headers=headers, content=body)
        self.check(method, path, answer)
        return answer

    async def follow(self, answer: httpx2.Response) -> httpx2.Response | None:
        """Get the page that follows; None after the last."""
        link = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("link", ""))
        return await self.get(link[1], like=answer) if link else None

    async def get(self, location: str, *, like: httpx2.Response | None = None) -> httpx2.Response:
        """Get what a ``Link`` or ``Location`` leads to."""
        parts = urlsplit(location)
        path = next(path for form, path in self.pages if form.fullmatch(parts.path.removeprefix(self.root)))
        accept = self._accepted("get", path) if like is None else like.request.headers["accept"]
        found = await self.http.get(location, headers={"Accept": accept})
        self.check("get", path, found)
        return found

    def check(self, method: str, path: str, answer: httpx2.Response) -> None:
        """Hold an answer against the file."""
        where = f"{method} {path} {answer.status_code}"
        listed = self.standard.answers(method, path)
        assert str(answer.status_code) in listed, f"{where} is not listed: {answer.text}"
        definition = listed[str(answer.status_code)]
        for name, header in definition.get("headers", {}).items():
            self._check_header(where, name, self.standard.resolve(header), answer)
        if not definition.get("content"):
            return
        media = answer.headers["content-type"].partition(";")[0]
        assert media in definition["content"], f"{where} is {media}"
        schema = definition["content"][media]["schema"]
        if media.endswith("xml"):
            assert not (faults := xml_faults(self.schemas, answer.content)), f"{where}: {faults}"
            expected = self.standard.resolve(schema).get("xml")
            tag = etree.fromstring(answer.content).tag
            assert expected is None or tag == f"{{{expected['namespace']}}}{expected['name']}", where
        else:
            assert not (faults := self.standard.faults(schema, answer.json())), f"{where}: {faults}"

    def _check_header(self, where: str, name: str, header: Json, answer: httpx2.Response) -> None:
        text = answer.headers.get(name)
        if text is None:
            assert name in _SOMETIMES, f"{where} lacks {name}"
            return
        schema = header["schema"]
        kind = self.standard.resolve(schema).get("type")
        value = int(text) if kind == "integer" else text
        assert not (faults := self.standard.faults(schema, value)), f"{where}: {name}: {faults}"

    def _accepted(self, method: str, path: str) -> str:
        """Return what may come: the media types of all answers."""
        answers = self.standard.answers(method, path).values()
        return ", ".join(dict.fromkeys(media for one in answers for media in one.get("content", {}))) or "*/*"


_SOMETIMES = {
    "Link",
    "GS1-Next-Page-Token-Expires",
    "GS1-Extensions",
    "GS1-Query-Min-Record-Time",
    "GS1-CBV-XML-Format",
}
"""Headers that an answer has only where there is something to say."""


@cache
def _xml_schema(file: Path) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(file))


def xml_faults(folder: Path, text: bytes) -> list[str]:
    """Hold a document against GS1's schemas for XML, which the file refers to."""
    root = etree.fromstring(text)
    schema = _xml_schema(folder / _FILES[str(etree.QName(root).namespace)])
    return [] if schema.validate(root) else [str(fault) for fault in schema.error_log]


_FILES = {
    "urn:epcglobal:epcis:xsd:2": "EPCglobal-epcis-2_0.xsd",
    "urn:epcglobal:epcis-query:xsd:2": "EPCglobal-epcis-query-2_0.xsd",
}


def _written(definition: Json, value: Any) -> str:
    """Write a value of a query in the style of its parameter."""
    if isinstance(value, list):
        separator = {"pipeDelimited": "|", "form": ","}[definition.get("style", "form")]
        return separator.join(map(str, value))
    return json.dumps(value) if isinstance(value, bool) else str(value)
