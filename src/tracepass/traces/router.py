"""The routes of traces: tracezilla's surface, on which whatever does not fit is 406."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, entity_answer
from tracepass.api.arguments import parameters_of
from tracepass.api.routing import ApiRoute
from tracepass.core.completion import answering
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.mongo import Document
from tracepass.core.validation import invalid
from tracepass.traces.listing import TracePage, framed
from tracepass.traces.models import TraceCreate, TracePatch, TraceQuery
from tracepass.traces.refusals import NotAcceptable
from tracepass.traces.service import Traces
from tracepass.traces.uuids import find_uuid

READ, WRITE = "traces:read", "traces:write"
PREFIX = "/api/v1/traces"

Query = TypeVar("Query", bound=BaseModel)
Served = TypeVar("Served", bound=Request)


def _acceptable(serve: Callable[[Served], Awaitable[Response]]) -> Callable[[Served], Coroutine[Any, Any, Response]]:
    """Let a request be served, and turn it down with 406 where others have 400."""

    async def run(request: Served) -> Response:
        try:
            return await serve(request)
        except Refusal as refusal:
            if refusal.status == HTTPStatus.BAD_REQUEST:
                raise NotAcceptable.of(refusal) from refusal
            raise

    return run


class TraceRoute(ApiRoute):
    """A route whose faults of body and query are 406."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Put the turning of 400 into 406 around the whole pipeline."""
        handle = super().get_route_handler()
        self.straight = None if self.straight is None else _acceptable(self.straight)
        return _acceptable(handle)


router = Router(prefix=PREFIX)
router.route_class = TraceRoute


def read_query(call: Call, model: type[Query]) -> Query:
    """Return the query of a list; ``[in]`` may come again, other parameters once.

    Raises:
        Invalid: it does not fit its model.
    """
    given: dict[str, list[str]] = {}
    for name, value in call.query_params.multi_items():
        given.setdefault(name, []).append(value)
    again = [name for name, values in given.items() if len(values) > 1 and not name.endswith("[in]")]
    if again:
        raise Invalid({name: ["is given more than once"] for name in again})
    try:
        return model.model_validate({name: values[0] if len(values) == 1 else values for name, values in given.items()})
    except ValidationError as error:
        raise invalid(error.errors(), skip=0) from None


def uuid_in(call: Call, what: str) -> str:
    """Return the UUID that the path names.

    Raises:
        NotFound: it is no UUID, so nothing of ours has it.
    """
    found = find_uuid(call.path_params["id"])
    if found is None:
        raise NotFound(what)
    return found


def page_answer(call: Call, page: TracePage) -> Response:
    """Answer one page of traces, with links that keep the query."""
    path = call.origins.api + call.scope["path"]
    return answer(framed(page, path, call.query_params.multi_items()))


def _entity(call: Call, made: tuple[Document, int], status: int = 200) -> Response:
    trace, version = made
    headers = {"Location": f"{PREFIX}/{trace['id']}"} if status == HTTPStatus.CREATED else None
    return entity_answer(call, {"data": trace}, etag=str(version), status=status, headers=headers)


@router.operation("POST", "", scope=WRITE, budget=Budget.WRITES)
async def create_trace(call: Call, body: TraceCreate) -> Response:
    """Add a trace."""
    render = answering(lambda made: _entity(call, made, 201))
    return render(await call.service(Traces).create(call.caller, body))


@router.operation("GET", "", scope=READ, budget=Budget.READS, also_query=parameters_of(TraceQuery))
async def list_traces(call: Call) -> Response:
    """List traces."""
    return page_answer(call, await call.service(Traces).list_(call.caller, read_query(call, TraceQuery)))


@router.operation("GET", "/{id}", scope=READ, budget=Budget.READS)
async def get_trace(call: Call) -> Response:
    """Read one trace."""
    return _entity(call, await call.service(Traces).get(call.caller, uuid_in(call, "trace")))


@router.operation("PATCH", "/{id}", scope=WRITE, budget=Budget.WRITES)
async def patch_trace(call: Call, body: TracePatch) -> Response:
    """Change what the body names."""
    traces, trace_id = call.service(Traces), uuid_in(call, "trace")
    return _entity(call, await traces.patch(call.caller, trace_id, body, expected=call.expected_versions))


@router.operation("DELETE", "/{id}", scope=WRITE, budget=Budget.WRITES)
async def delete_trace(call: Call) -> Response:
    """Delete a trace."""
    traces, trace_id = call.service(Traces), uuid_in(call, "trace")
    trace = await traces.delete(call.caller, trace_id, expected=call.expected_versions)
    return answer({"message": f"The trace {trace['key']!r} was deleted."})
