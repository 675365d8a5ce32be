"""Says at each operation what the pipeline does for all of its kind, which ``openapi/pipeline.yaml`` says once.

A write below ``/api/v1`` may be repeated under a key, and an operation with ``x-budget`` is counted: to write the same
header, parameter and answers at each of them by hand would hide what is special about them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = dict[str, Any]

_WRITES = ("post", "patch", "put", "delete")
_METHODS = ("get", *_WRITES)
_SURFACE = "/api/v1/"
_EPCIS = "/api/v1/epcis"


def with_pipeline(whole: Mapping[str, Any], traits: Mapping[str, Any]) -> Document:
    """Return the bundled document with the traits of its operations; neither argument is changed."""
    paths = {
        path: {key: _operation(whole, traits, path, key, part) for key, part in item.items()}
        for path, item in whole["paths"].items()
    }
    return {**whole, "paths": paths}


def _operation(whole: Mapping[str, Any], traits: Mapping[str, Any], path: str, method: str, operation: Any) -> Any:
    if method not in _METHODS:
        return operation
    requirements = operation.get("security", whole["security"])
    if method in _WRITES and path.startswith(_SURFACE) and requirements and {} not in requirements:
        operation = _with_trait(whole, traits["repeatable"], operation)
    if "x-budget" in operation:
        operation = _with_trait(whole, traits["metered"], operation)
    if operation.get("x-gs1"):
        operation = _with_trait(whole, traits["binding"], operation)
    return _with_problems(whole, traits["problems"], operation) if path.startswith(_EPCIS) else operation


def _with_problems(whole: Mapping[str, Any], problems: Mapping[str, Any], operation: Mapping[str, Any]) -> Document:
    """Return an operation whose failures have more forms."""
    answers: Document = {}
    for status, answer in operation["responses"].items():
        found = _resolved(whole, answer)
        is_failure = status >= "400" and "content" in found
        answers[status] = {**found, "content": {**found["content"], **problems}} if is_failure else answer
    return {**operation, "responses": answers}


def _with_trait(whole: Mapping[str, Any], trait: Mapping[str, Any], operation: Mapping[str, Any]) -> Document:
    answers: Document = dict(operation["responses"])
    for status, answer in answers.items():
        if status.startswith("2"):
            found = _resolved(whole, answer)
            answers[status] = {**found, "headers": {**found.get("headers", {}), **trait["headers"]}}
    for status, answer in trait["responses"].items():
        answers[status] = _joined(_resolved(whole, answers[status]), answer) if status in answers else answer
    parameters = [*operation.get("parameters", ()), *trait.get("parameters", ())]
    named = {"parameters": parameters} if parameters else {}
    return {**operation, **named, "responses": dict(sorted(answers.items()))}


def _resolved(whole: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the answer behind a reference into the components."""
    if "$ref" not in answer:
        return answer
    found: Mapping[str, Any] = whole["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    return found


def _joined(answer: Mapping[str, Any], more: Mapping[str, Any]) -> Document:
    """Return an answer that may also be of the other's codes."""
    media = {
        kind: {**found, "examples": {**found.get("examples", {}), **more["content"][kind]["examples"]}}
        if kind in more["content"]
        else found
        for kind, found in answer["content"].items()
    }
    return {**answer, "headers": {**more["headers"], **answer.get("headers", {})}, "content": media}
