"""What a handler is given: the call, and as models the query and the JSON body.

FastAPI finds out anew for each request how to fill a handler's parameters, which costs as much as a small answer. Ours
have only these three, so they are filled directly; a handler with others (an upload) is left to FastAPI.
"""

from __future__ import annotations

import inspect
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Self

from fastapi.params import Query
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from tracepass.api.call import Call
from tracepass.core.validation import invalid

_FILLED = frozenset({"call", "query", "body"})


@dataclass(frozen=True, slots=True)
class Arguments:
    """The parameters of one handler."""

    query: type[BaseModel] | None
    body: type[BaseModel] | None
    parameters: frozenset[str]
    unasked: BaseModel | None
    """The query of a request that has none."""

    @classmethod
    def of(cls, endpoint: Callable[..., Any]) -> Self | None:
        """Return the parameters of a handler, or None if it has others than these."""
        if not inspect.signature(endpoint).parameters.keys() <= _FILLED:
            return None
        hints = typing.get_type_hints(endpoint, include_extras=True)
        query, body = _query_model(hints.get("query")), hints.get("body")
        return cls(
            query=query,
            body=body,
            parameters=frozenset() if query is None else parameters_of(query),
            unasked=None if query is None or _is_demanding(query) else query.model_validate({}),
        )

    async def call(self, endpoint: Callable[..., Awaitable[Response]], call: Call) -> Response:
        """Run the handler.

        Raises:
            Invalid: query or body do not fit their model.
        """
        given: dict[str, Any] = {"call": call}
        if self.query is not None:
            given["query"] = self._asked(self.query, call)
        if self.body is not None:
            given["body"] = _read(self.body, await call.json())
        return await endpoint(**given)

    def _asked(self, model: type[BaseModel], call: Call) -> BaseModel:
        if not call.scope["query_string"] and self.unasked is not None:
            return self.unasked
        return _read(model, {name: value for name, value in call.query_params.items() if name in self.parameters})


def parameters_of(model: type[BaseModel]) -> frozenset[str]:
    """Return the names that a query's members have in a link."""
    return frozenset(field.alias or name for name, field in model.model_fields.items())


def _query_model(hint: Any) -> type[BaseModel] | None:
    """Return the model of ``Annotated[Model, Query()]``."""
    if hint is None:
        return None
    model, *extras = typing.get_args(hint)
    if not any(isinstance(extra, Query) for extra in extras):
        message = "a handler's query must be annotated as Annotated[Model, Query()]"
        raise TypeError(message)
    return typing.cast("type[BaseModel]", model)


def _is_demanding(model: type[BaseModel]) -> bool:
    return any(field.is_required() for field in model.model_fields.values())


def _read(model: type[BaseModel], value: Any) -> BaseModel:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise invalid(error.errors(), skip=0) from None
