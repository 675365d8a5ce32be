"""How every route of GS1's REST binding answers: as the caller wants it, with the headers that tell of it.

A route is put under ``speaking``, which agrees with the caller before anything is done, and answers by one of the
functions here. ``add_discovery`` lets each of its paths answer OPTIONS.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ParamSpec, cast
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import Route

from tracepass.api import Call, Router, answer
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Document
from tracepass.epcis.accepting import JSON
from tracepass.epcis.answers import (
    About,
    EventPage,
    event_document,
    history_document,
    query_document,
    single_document,
)
from tracepass.epcis.discovery import discovery_headers
from tracepass.epcis.negotiation import NotAcceptable, Style, style_of
from tracepass.epcis.problems import EpcisInvalid
from tracepass.epcis.xml import write_xml
from tracepass.epcis.xmljobs import write_job

Params = ParamSpec("Params")
Endpoint = Callable[Params, Awaitable[Response]]
Written = tuple[bytes, Mapping[str, str]]
IN_THREAD_FROM = 100
"""Events that are written to XML where they hold up no other call."""


def speaking(*media: str) -> Callable[[Endpoint[Params]], Endpoint[Params]]:
    """Agree with the caller on the form of the answer, which is one of some media types, before a handler runs.

    Raises:
        Invalid: a header of the standard has a value that is none.
        NotAcceptable: the caller accepts nothing of what there is.
    """

    def decorate(endpoint: Endpoint[Params]) -> Endpoint[Params]:
        @functools.wraps(endpoint)
        async def run(*args: Params.args, **kwargs: Params.kwargs) -> Response:
            call = cast("Call", kwargs["call"])
            call.state.style = style = style_of(call.headers, media)
            response = await endpoint(*args, **kwargs)
            for name, value in style.headers.items():
                response.headers.setdefault(name, value)
            return response

        return run

    return decorate


def style(call: Call) -> Style:
    """Return what was agreed upon with the caller of a route under `speaking`."""
    return cast("Style", call.state.style)


def extensions(call: Call) -> Mapping[str, str]:
    """Return the prefixes that the caller declares in ``GS1-Extensions``."""
    return style(call).extensions or {}


async def events_answer(
    call: Call, page: EventPage, *, name: str = "SimpleEventQuery", subscription: str | None = None
) -> Response:
    """Answer a page of events as an EPCISQueryDocument, in the form agreed upon, with the link to the next page.

    Raises:
        NotAcceptable: something in it has no form in XML, which is what was asked for.
    """
    return await _page_answer(call, page, functools.partial(query_document, name=name, subscription=subscription))


async def history_answer(call: Call, page: EventPage) -> Response:
    """Answer a page of events as an EPCISDocument, else as `events_answer`.

    Raises:
        NotAcceptable: something in it has no form in XML, which is what was asked for.
    """
    return await _page_answer(call, page, history_document)


async def _page_answer(call: Call, page: EventPage, make: Callable[..., tuple[dict[str, Any], About]]) -> Response:
    agreed = style(call)

    def write() -> Written:
        return _written(agreed, *make(page, style=agreed))

    body, about = await (
        asyncio.to_thread(write) if agreed.is_xml and len(page.events) >= IN_THREAD_FROM else _now(write)
    )
    return Response(body, 200, {**about, **next_page(call, page.token, page.expires)}, media_type=agreed.media)


def event_answer(
    call: Call, stored: Mapping[str, Any], status: int = 200, *, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer one event: by itself in JSON, as an EPCISDocument in XML, which has no event that stands alone.

    Raises:
        NotAcceptable: something in it has no form in XML, which is what was asked for.
    """
    agreed = style(call)
    make = single_document if agreed.is_xml else event_document
    body, about = _written(agreed, *make(stored, style=agreed))
    return Response(body, status, {**about, **(headers or {})}, media_type=agreed.media)


def job_answer(call: Call, job: Document, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a capture job, in JSON or as an EPCISCaptureJob in XML."""
    agreed = style(call)
    if not agreed.is_xml:
        return answer(job, status, headers=headers)
    return Response(write_job(job), status, headers, media_type=agreed.media)


def value_answer(call: Call, value: Any, status: int = 200, *, headers: Mapping[str, str] | None = None) -> Response:
    """Answer a value of JSON, such as a collection, a query or a subscription, as plain JSON or as JSON-LD."""
    response = answer(value, status, headers=headers)
    if style(call).media != JSON:
        response.headers["content-type"] = style(call).media
    return response


def next_page(call: Call, token: str | None, expires: str | None = None) -> dict[str, str]:
    """Return the headers that lead to the page that follows (RFC 8288), and until when they do; none on the last."""
    if token is None:
        return {}
    query = [(name, value) for name, value in call.query_params.multi_items() if name != "nextPageToken"]
    link = f'<{call.url.path}?{urlencode([*query, ("nextPageToken", token)])}>; rel="next"'
    return {"Link": link} if expires is None else {"Link": link, "GS1-Next-Page-Token-Expires": expires}


def add_discovery(router: Router) -> None:
    """Let every path of a router answer OPTIONS with what can be done there; to be called when all are there."""
    methods: dict[str, set[str]] = {}
    for route in router.routes:
        if isinstance(route, Route):
            methods.setdefault(route.path.removeprefix(router.prefix), set()).update(route.methods or ())
    for path, found in methods.items():
        router.operation("OPTIONS", path, public=True, any_query=True)(_discovery(path, found))


def _discovery(path: str, methods: set[str]) -> Callable[..., Awaitable[Response]]:
    told = discovery_headers(path, methods)

    async def discover(call: Call) -> Response:
        """Tell what can be done here, and in which forms."""
        agreed = style_of(call.headers, (JSON,))
        return Response(status_code=204, headers={**agreed.headers, **told})

    return discover


async def _now(write: Callable[[], Written]) -> Written:
    return write()


def _written(agreed: Style, document: Mapping[str, Any], about: Mapping[str, str]) -> Written:
    if not agreed.is_xml:
        return bytes(answer(document).body), about
    try:
        return write_xml(document, agreed.version, cbv=agreed.cbv), about
    except EpcisInvalid as fault:
        raise _unwritable(fault) from None


def _unwritable(fault: EpcisInvalid) -> Refusal:
    problem = fault.problems[0]
    message = f"This cannot be written in XML: {problem.path}: {problem.message}. Ask for JSON."
    return NotAcceptable(message, offered=[JSON])
