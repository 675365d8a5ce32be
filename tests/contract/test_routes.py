"""The contract and the routes of the application are the same, seen from both sides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import SecretStr
from starlette.routing import Route
from tests.contract.checker import Checker, Operation

from tracepass.api.policy import FORM, Policy
from tracepass.api.routing import query_names
from tracepass.app import create_app
from tracepass.contract import load
from tracepass.settings import Settings

Key = tuple[str, str]
OPERATIONS = {(operation.method, operation.path): operation for operation in Checker(load()).operations}
STATIC = "/static/"
REST_OF_LINK = "{link}"
"""Stands for segments that the contract cannot count."""


@dataclass(frozen=True)
class Demands:
    """What a route behind the pipeline demands."""

    policy: Policy
    query: frozenset[str]
    takes_body: bool


def _routes() -> Iterator[tuple[Key, Demands | None]]:
    """Give every route, with its demands; routes outside the pipeline have none."""
    app = create_app(Settings(mongodb_uri=SecretStr("mongodb://nowhere"), secret_key=SecretStr("A" * 43 + "=")))
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        assert isinstance(route, Route)
        if not route.path.startswith(STATIC) and not route.path.endswith(REST_OF_LINK):
            for method in (route.methods or set()) - {"HEAD", "OPTIONS"}:
                yield (method.lower(), route.path), _demands(route)


def _demands(route: Route) -> Demands | None:
    if not isinstance(route, APIRoute):
        return None
    policy: Policy = vars(route.endpoint)["policy"]
    return Demands(
        policy,
        query_names(route.dependant) | policy.also_query,
        route.body_field is not None or policy.media_type == FORM or policy.spooled,
    )


ROUTES = dict(_routes())
PIPELINE = {key: demands for key, demands in ROUTES.items() if demands is not None and key in OPERATIONS}


def test_every_route_is_documented() -> None:
    assert sorted(ROUTES.keys() - OPERATIONS.keys()) == []


def test_every_operation_has_a_route() -> None:
    assert sorted(OPERATIONS.keys() - ROUTES.keys()) == []


@pytest.mark.parametrize("key", PIPELINE, ids=lambda key: f"{key[0]} {key[1]}")
class TestEveryRoute:
    def test_demands_the_documented_scope(self, key: Key) -> None:
        operation, policy = OPERATIONS[key], PIPELINE[key].policy
        assert operation.public == policy.public
        assert policy.public or operation.scopes == ({policy.scope} if policy.scope is not None else frozenset())

    def test_counts_as_documented(self, key: Key) -> None:
        assert OPERATIONS[key].definition.get("x-budget", "none") == PIPELINE[key].policy.budget.value

    def test_takes_the_key_of_a_repetition_where_documented(self, key: Key) -> None:
        named = any(parameter["name"] == "Idempotency-Key" for parameter in OPERATIONS[key].parameters)
        writes = key[0] in {"post", "patch", "put", "delete"} and key[1].startswith("/api/v1/")
        assert named == (writes and not PIPELINE[key].policy.public)

    def test_knows_the_documented_query_parameters(self, key: Key) -> None:
        assert PIPELINE[key].query == _query(OPERATIONS[key])

    def test_takes_the_documented_body(self, key: Key) -> None:
        body = OPERATIONS[key].definition.get("requestBody", {}).get("content", {})
        policy = PIPELINE[key].policy
        # An empty type stands for a body that says none.
        also = sorted(filter(None, policy.also_media))
        assert list(body) == ([policy.media_type, *also] if PIPELINE[key].takes_body else [])


def _query(operation: Operation) -> frozenset[str]:
    return frozenset(parameter["name"] for parameter in operation.parameters if parameter["in"] == "query")
