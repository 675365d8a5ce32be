"""One route class and one router class: a route declares its policy or is not made."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, ParamSpec, Protocol, cast

from fastapi import APIRouter
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from tracepass.api.arguments import Arguments, parameters_of
from tracepass.api.call import Call
from tracepass.api.policy import FORM, JSON, JSON_LIMIT, Budget, Policy
from tracepass.core.errors import Invalid

Params = ParamSpec("Params")
Endpoint = Callable[Params, Awaitable[Response]]
Proceed = Callable[[], Awaitable[Response]]


class Gate(Protocol):
    """A step between validation and handler, such as idempotency or quota; it may answer by itself."""

    async def __call__(self, call: Call, body: Any, proceed: Proceed) -> Response:
        """Let the call proceed, or answer in its place."""
        ...


class ApiRoute(APIRoute):
    """A route behind the pipeline.

    ``straight`` is its handler with the pipeline, for whoever calls it without FastAPI; None if FastAPI fills its
    parameters.
    """

    straight: Callable[[Call], Awaitable[Response]] | None

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put authentication, scope, limits and strictness before validation."""
        arguments = Arguments.of(self.endpoint)
        run = super().get_route_handler() if arguments is None else functools.partial(arguments.call, self.endpoint)
        policy = cast("Policy", vars(self.endpoint)["policy"])
        known = query_names(self.dependant) | policy.also_query
        takes_body = self.body_field is not None or policy.media_type == FORM or policy.spooled

        async def serve(call: Call) -> Response:
            call.policy = policy
            if not policy.public:
                await call.admit(policy.scope)
            _check_query(call, frozenset(call.query_params) if policy.any_query else known)
            if not takes_body:
                return await run(call)
            try:
                await call.load()
                return await run(call)
            finally:
                call.release()

        async def handle(request: Request) -> Response:
            return await serve(Call(request.scope, request.receive, request._send))  # noqa: SLF001 - Starlette offers no other way

        self.straight = None if arguments is None else serve
        return handle


def query_names(dependant: Dependant) -> frozenset[str]:
    """Return the query parameters a route knows; a model's members count one by one."""
    names: set[str] = set()
    for parameter in dependant.query_params:
        model = parameter.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names |= parameters_of(model)
        else:
            names.add(parameter.alias)
    return frozenset(names)


def _check_query(call: Call, known: frozenset[str]) -> None:
    """Refuse parameters that the operation does not know, and the one character that no text may hold.

    Raises:
        Invalid: there is such a parameter.
    """
    if not call.scope["query_string"]:
        return
    parameters = call.query_params.multi_items()
    faults = {name: ["is not a parameter of this operation"] for name, _ in parameters if name not in known}
    faults |= {name: ["must not contain the character U+0000"] for name, value in parameters if "\x00" in value}
    if faults:
        raise Invalid(faults)


def _guarded(endpoint: Endpoint[Params], policy: Policy) -> Endpoint[Params]:
    """Run the gates, in order, between validation and handler."""

    @functools.wraps(endpoint)
    async def run(*args: Params.args, **kwargs: Params.kwargs) -> Response:
        call = cast("Call", kwargs["call"])
        gates: tuple[Gate, ...] = call.app.state.gates
        proceed: Proceed = functools.partial(endpoint, *args, **kwargs)
        for gate in reversed(gates):
            proceed = functools.partial(gate, call, kwargs.get("body"), proceed)
        return await proceed()

    run.policy = policy  # type: ignore[attr-defined]
    return run


class Router(APIRouter):
    """A router whose decorators demand the policy, so nobody can forget it."""

    def __init__(self, *, prefix: str = "") -> None:
        super().__init__(prefix=prefix, route_class=ApiRoute, redirect_slashes=False, strict_content_type=False)

    def operation(  # noqa: PLR0913 - a policy has as many parts
        self,
        method: str,
        path: str,
        *,
        scope: str | None = None,
        public: bool = False,
        signed_in: bool = False,
        budget: Budget = Budget.NONE,
        media_type: str = JSON,
        max_body: int = JSON_LIMIT,
        cost: Callable[[Any], int] | None = None,
        also_query: frozenset[str] = frozenset(),
        any_query: bool = False,
        confidential: bool = False,
        also_media: frozenset[str] = frozenset(),
        spooled: bool = False,
        granted: bool = False,
    ) -> Callable[[Endpoint[Params]], Endpoint[Params]]:
        """Declare an operation.

        Raises:
            TypeError: it does not name exactly one of a scope, ``signed_in=True`` (any credential is good enough) and
                ``public=True``, or its handler takes no ``call``.
        """
        if [scope is not None, signed_in, public].count(True) != 1:
            message = f"{method} {path} must name a scope, or say that it is public or for anybody signed in"
            raise TypeError(message)
        ways = (also_query, signed_in, any_query, confidential, also_media, spooled, granted)
        policy = Policy(scope, budget, media_type, max_body, cost, *ways)

        def register(endpoint: Endpoint[Params]) -> Endpoint[Params]:
            if "call" not in inspect.signature(endpoint).parameters:
                message = f"the handler of {method} {path} must take the call"
                raise TypeError(message)
            methods = [method, "HEAD"] if public and method == "GET" else [method]
            self.add_api_route(path, _guarded(endpoint, policy), methods=methods, response_model=None)
            return endpoint

        return register
