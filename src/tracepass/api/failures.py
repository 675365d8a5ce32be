"""Every way a request can fail, turned into the one envelope."""

from __future__ import annotations

from http import HTTPStatus
from typing import cast

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from tracepass.api.answers import answer
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.mongo import PyMongoError, is_unavailable
from tracepass.core.validation import invalid

_log = structlog.get_logger()
_UNEXPECTED = "Something went wrong on our side. Tell the operator the request id."


def install_failures(app: FastAPI) -> None:
    """Teach an application to answer every failure in the envelope."""
    app.add_exception_handler(Refusal, _refusal)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(PyMongoError, _database)


def refusal_answer(refusal: Refusal) -> Response:
    """Answer a refusal."""
    return answer(refusal.envelope, refusal.status, headers=refusal.headers)


def failure_answer(error: Exception) -> Response:
    """Answer a failure of a handler that was called straight.

    Raises:
        Exception: it is none that we foresee.
    """
    if isinstance(error, Refusal):
        return refusal_answer(error)
    if isinstance(error, PyMongoError):
        return _database_answer(error)
    raise error


def unexpected_answer(request_id: str) -> Response:
    """Answer a fault of ours: never what it was, always the request id to find it by."""
    return refusal_answer(Refusal("internal_error", _UNEXPECTED, details={"requestId": request_id}))


def late_answer(*, whole_body: bool) -> Response:
    """Answer a request that stood still too long: by its sender's fault, or, once its body was there, by ours."""
    if whole_body:
        return refusal_answer(
            Refusal("service_unavailable", "This took too long; try again.", headers={"Retry-After": "1"})
        )
    return refusal_answer(
        Refusal("request_timeout", "The body did not arrive in time.", headers={"Connection": "close"})
    )


async def _refusal(_: Request, error: Exception) -> Response:
    return refusal_answer(cast("Refusal", error))


async def _validation(_: Request, error: Exception) -> Response:
    return refusal_answer(invalid(cast("RequestValidationError", error).errors()))


async def _http(request: Request, error: Exception) -> Response:
    failure = cast("HTTPException", error)
    headers = failure.headers
    if failure.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal = Refusal("method_not_allowed", f"This address does not take {request.method}.")
        headers = {"Allow": ", ".join(sorted(_allowed(request)))}
    elif failure.status_code == HTTPStatus.NOT_FOUND:
        refusal = Refusal("not_found", "There is no such address.")
    elif failure.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        refusal = Refusal("payload_too_large", "The body is larger than this address takes.")
    else:
        refusal = Invalid(form_errors=[str(failure.detail)])
    refusal.headers = headers
    return refusal_answer(refusal)


def _allowed(request: Request) -> set[str]:
    """Return the methods of all routes at an address: each knows but its own (RFC 9110 15.5.6)."""
    methods: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        route = context.original_route
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            methods |= route.methods or set()
    return methods


async def _database(_: Request, error: Exception) -> Response:
    return _database_answer(error)


def _database_answer(error: Exception) -> Response:
    if not is_unavailable(error):
        raise error
    _log.warning("database unavailable", error=type(error).__name__)
    return refusal_answer(
        Refusal("service_unavailable", "The database does not answer. Try again.", headers={"Retry-After": "1"})
    )
