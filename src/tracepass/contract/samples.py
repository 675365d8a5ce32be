"""Samples for the reference page: bodies of requests and answers, and the curl line of an operation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup, escape

from tracepass.contract.schemas import SchemaReader
from tracepass.contract.wording import sample

_FORM = "application/x-www-form-urlencoded"
_KEY = '  -H "Authorization: Bearer $TRACEPASS_API_KEY"'


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample body: what it is called, its media type, the text with its marks; empty text for raw bytes."""

    title: str
    kind: str
    text: Markup


def request_samples(reader: SchemaReader, media: Mapping[str, Any]) -> tuple[Sample, ...]:
    """Return the samples of a request's body."""
    return tuple(found for kind, content in media.items() for found in _of_media(reader, kind, content))


def response_samples(reader: SchemaReader, media: Mapping[str, Any]) -> tuple[Sample, ...]:
    """Return the samples of an answer, JSON first."""
    order = sorted(media.items(), key=lambda entry: "json" not in entry[0])
    return tuple(found for kind, content in order for found in _of_media(reader, kind, content))


def curl(reader: SchemaReader, operation: Mapping[str, Any], *, method: str, url: str, keyed: bool) -> str:
    """Return a line for a shell that calls the operation with the sample parameters and body of the contract."""
    parameters = operation["parameters"]
    place = url
    for parameter in parameters:
        if parameter["in"] == "path":
            place = place.replace(f"{{{parameter['name']}}}", quote(str(parameter["example"]), safe=""))
    lines = [f"curl -sS{'' if method == 'get' else f' -X {method.upper()}'} '{place}{_query(parameters)}'"]
    lines += [_KEY] if keyed else []
    lines += _body(reader, operation.get("requestBody", {}).get("content", {}))
    return " \\\n".join(lines)


def _query(parameters: Sequence[Mapping[str, Any]]) -> str:
    """Return the required query parameters: a sample shows the plain call."""
    needed = {
        parameter["name"]: parameter["example"]
        for parameter in parameters
        if parameter["in"] == "query" and parameter.get("required")
    }
    return f"?{urlencode(needed)}" if needed else ""


def _of_media(reader: SchemaReader, kind: str, content: Mapping[str, Any]) -> list[Sample]:
    if "examples" in content:
        named = {name: reader.resolve(example) for name, example in content["examples"].items()}
        return [Sample(name, kind, _text(kind, example["value"])) for name, example in named.items()]
    if "example" in content:
        return [Sample(kind, kind, _text(kind, content["example"]))]
    found = _of_schema(reader, content.get("schema", {}))
    return [Sample(kind, kind, _text(kind, found) if found is not None else Markup(""))]


def _of_schema(reader: SchemaReader, schema: Mapping[str, Any]) -> Any:
    whole = reader.resolve(schema)
    if whole.get("examples"):
        return whole["examples"][0]
    return next((_of_schema(reader, part) for part in whole.get("anyOf", ())), None)


def _text(kind: str, value: Any) -> Markup:
    return sample(value) if "json" in kind or not isinstance(value, str) else escape(value)


def _body(reader: SchemaReader, media: Mapping[str, Any]) -> list[str]:
    """Return the arguments that send the sample body; an apostrophe ends and resumes the quoted word (POSIX 2.2.2)."""
    if "multipart/form-data" in media:
        return ["  -F 'file=@picture.png'"]
    if _FORM in media:
        fields = _of_schema(reader, media[_FORM].get("schema", {})) or {}
        return [f"  --data-urlencode '{name}={_quoted(value)}'" for name, value in fields.items()]
    value = _of_schema(reader, media.get("application/json", {}).get("schema", {}))
    if not value:
        return []
    text = _quoted(json.dumps(value, indent=2, ensure_ascii=False))
    return ["  -H 'Content-Type: application/json'", f"  -d '{text}'"]


def _quoted(text: str) -> str:
    """Return a text as it stands between apostrophes in a shell."""
    return text.replace("'", "'\\''")
