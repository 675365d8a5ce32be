"""Holds answers against the contract: an undocumented status or a body that does not fit is a failure.

Every answer that the suite's HTTP client gets passes through here, so that the contract and the program cannot part.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx2
import jsonschema_rs

METHODS = ("get", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{[^}]+\}")
_JSON = re.compile(r"^application/(?:[\w.-]+\+)?json$")
_UNDESCRIBED = re.compile(r"^/static/|^/(?:test/[^/]+/)?(?:p/)?[0-9]{2,4}/")
"""What a contract cannot describe: Digital Links with any number of segments, beside those it does describe."""
_NARROW = {"{primaryKey}": "[0-9]{2,4}", "{compressed}": "[A-Za-z0-9_-]{10,}"}
"""Parameters that are told apart from other addresses by what they look like."""
Pair = tuple[str, str]


class ContractBroken(AssertionError):
    """An answer that the contract does not foresee."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the contract says of one status of one operation; ``codes`` are the error codes it may carry."""

    status: str
    headers: Mapping[str, jsonschema_rs.Draft202012Validator]
    required_headers: frozenset[str]
    bodies: Mapping[str, jsonschema_rs.Draft202012Validator | None]
    codes: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract."""

    id: str
    method: str
    path: str
    scopes: frozenset[str]
    public: bool
    definition: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]
    answers: Mapping[str, Answer]


@dataclass(slots=True)
class Checker:
    """The compiled contract, and the (operation, status) pairs that were seen."""

    document: Mapping[str, Any]
    seen: set[Pair] = field(default_factory=set)
    operations: list[Operation] = field(init=False)
    _paths: list[tuple[re.Pattern[str], dict[str, Operation]]] = field(init=False)
    _compiled: dict[str, jsonschema_rs.Draft202012Validator] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.operations = list(self._compile())
        self._paths = [
            (_pattern(path), {operation.method: operation for operation in self.operations if operation.path == path})
            for path in sorted(self.document["paths"], key=_precedence)
        ]

    async def hook(self, response: httpx2.Response) -> None:
        """Check one answer; a response hook of httpx2's AsyncClient."""
        await response.aread()
        path = response.request.url.raw_path.split(b"?", 1)[0].decode("ascii")
        self.check(response.request.method, path, response.status_code, headers=response.headers, body=response.content)

    def check(self, method: str, path: str, status: int, *, headers: Mapping[str, str], body: bytes) -> None:
        """Hold one answer against the contract and remember that it was seen.

        Raises:
            ContractBroken: the status is not documented, a header is missing, or the body does not fit.
        """
        operation = self.find(method, path)
        if operation is None:
            self._check_outside(method, path, status, headers, body)
            return
        answer = operation.answers.get(str(status))
        if answer is None:
            raise ContractBroken(f"{operation.id} answers {status}, which is not documented: {body[:400]!r}")
        where = f"{operation.id} {status}"
        _check_headers(where, answer, headers)
        if method.upper() != "HEAD":
            _check_body(where, answer, headers.get("content-type", ""), body)
            self.seen.add((operation.id, str(status)))

    def find(self, method: str, path: str) -> Operation | None:
        """Return the operation behind a raw path; HEAD is answered by GET."""
        wanted = "get" if method.upper() == "HEAD" else method.lower()
        for pattern, operations in self._paths:
            if wanted in operations and pattern.fullmatch(path):
                return operations[wanted]
        return None

    def pairs(self) -> set[Pair]:
        """Return every documented (operation, status)."""
        return {(operation.id, status) for operation in self.operations for status in operation.answers}

    def missing(self) -> list[Pair]:
        """Return what is documented and was not seen."""
        return sorted(self.pairs() - self.seen)

    def resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the node behind a reference."""
        found: Any = node
        while "$ref" in found:
            pointer, found = found["$ref"].removeprefix("#/"), self.document
            for step in pointer.split("/"):
                found = found[step]
        return dict(found)

    def validator(self, schema: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
        """Compile a schema of the contract, once."""
        key = json.dumps(schema, sort_keys=True)
        if key not in self._compiled:
            whole = {**schema, "components": self.document["components"]}
            self._compiled[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
        return self._compiled[key]

    def _check_outside(self, method: str, path: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Check an answer to what is no operation: preflights, static files, and refusals in the envelope."""
        if method.upper() == "OPTIONS" or _UNDESCRIBED.match(path):
            return
        known = any(pattern.fullmatch(path) for pattern, _ in self._paths)
        expected = HTTPStatus.METHOD_NOT_ALLOWED if known else HTTPStatus.NOT_FOUND
        if status != expected:
            raise ContractBroken(f"{method} {path} is no operation and answers {status} instead of {int(expected)}")
        if method.upper() != "HEAD":
            name = "Problem" if headers.get("content-type") == "application/problem+json" else "Error"
            envelope = self.validator({"$ref": f"#/components/schemas/{name}"})
            _check_json(f"{method} {path}", envelope, headers.get("content-type", ""), body)

    def _compile(self) -> Iterator[Operation]:
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if method in item:
                    yield self._operation(path, method, item)

    def _operation(self, path: str, method: str, item: Mapping[str, Any]) -> Operation:
        definition = item[method]
        requirements = definition.get("security", self.document["security"])
        parameters = (*item.get("parameters", ()), *definition.get("parameters", ()))
        return Operation(
            id=definition["operationId"],
            method=method,
            path=path,
            scopes=frozenset(scope for needs in requirements for scopes in needs.values() for scope in scopes),
            public=not requirements or {} in requirements,
            definition=definition,
            parameters=tuple(self.resolve(parameter) for parameter in parameters),
            answers={status: self._answer(status, found) for status, found in definition["responses"].items()},
        )

    def _answer(self, status: str, reference: Mapping[str, Any]) -> Answer:
        response = self.resolve(reference)
        headers = {name.lower(): self.resolve(header) for name, header in response.get("headers", {}).items()}
        content = response.get("content", {})
        return Answer(
            status=status,
            headers={name: self.validator(header["schema"]) for name, header in headers.items()},
            required_headers=frozenset(name for name, header in headers.items() if header.get("required")),
            bodies={
                kind: self.validator(media["schema"]) if "schema" in media else None for kind, media in content.items()
            },
            codes={kind: frozenset(media.get("examples", ())) for kind, media in content.items()},
        )


def _pattern(path: str) -> re.Pattern[str]:
    parts = _PARAMETER.sub(lambda found: f"\0{_NARROW.get(found[0], '[^/]+')}\0", path).split("\0")
    return re.compile("".join(part if index % 2 else re.escape(part) for index, part in enumerate(parts)))


def _precedence(path: str) -> tuple[bool, ...]:
    """Put literal segments before parameters, from the left (OpenAPI 3.1.1, 4.8.8.2)."""
    return tuple("{" in segment for segment in path.split("/"))


def _check_headers(where: str, answer: Answer, headers: Mapping[str, str]) -> None:
    for name, schema in answer.headers.items():
        value = headers.get(name)
        if value is None and name in answer.required_headers:
            raise ContractBroken(f"{where} lacks the header {name}")
        if value is not None and not schema.is_valid(value):
            raise ContractBroken(f"{where} has the header {name}: {value}, which does not fit")


def _check_body(where: str, answer: Answer, content_type: str, body: bytes) -> None:
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if not answer.bodies:
        if body and answer.status == str(int(HTTPStatus.NOT_MODIFIED)):
            raise ContractBroken(f"{where} has a body")
        return
    if kind not in answer.bodies:
        raise ContractBroken(f"{where} is {kind or 'of no type'}, documented are {', '.join(answer.bodies)}")
    schema = answer.bodies[kind]
    if schema is not None and _JSON.match(kind):
        value = _check_json(where, schema, content_type, body)
        codes = answer.codes[kind]
        if int(answer.status) >= HTTPStatus.BAD_REQUEST and codes and value["error"] not in codes:
            raise ContractBroken(f"{where} has the code {value['error']}, documented are {', '.join(sorted(codes))}")


def _check_json(where: str, schema: jsonschema_rs.Draft202012Validator, content_type: str, body: bytes) -> Any:
    kind = content_type.split(";", maxsplit=1)[0].strip().lower()
    if not _JSON.match(kind):
        raise ContractBroken(f"{where} is {kind or 'of no type'} instead of JSON")
    value = json.loads(body)
    faults = [f"/{'/'.join(map(str, fault.instance_path))}: {fault.message}" for fault in schema.iter_errors(value)]
    if faults:
        raise ContractBroken(
            "\n".join([f"{where} does not fit the contract:", *faults[:8], body[:600].decode(errors="replace")])
        )
    return value
