"""The routes of EPCIS: GS1's REST binding 2.0 under our prefix."""

from __future__ import annotations

from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, path_id
from tracepass.api.call import decode_segment
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id
from tracepass.epcis.captures import Behaviour
from tracepass.epcis.contexts import EPCIS_CONTEXT_URL
from tracepass.epcis.discovery import LIMITS
from tracepass.epcis.models import BEHAVIOUR_HEADER, CAPTURE_BYTES, CaptureListQuery, CaptureQuery, EpcisBody
from tracepass.epcis.negotiation import COLLECTIONS, EVENTS, JOBS, PLAIN, XML_TYPES
from tracepass.epcis.paging import list_token, read_list_token
from tracepass.epcis.service import NAMES, Captures, EventQueries
from tracepass.epcis.standard_router import (
    add_discovery,
    event_answer,
    events_answer,
    extensions,
    job_answer,
    next_page,
    speaking,
    value_answer,
)

PREFIX = "/api/v1/epcis"
READ, WRITE = "epcis:read", "epcis:write"
TOP_LEVEL = (
    "capture",
    "events",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
    "queries",
)
router = Router(prefix=PREFIX)


def _behaviour(call: Call) -> Behaviour:
    asked = call.headers.get(BEHAVIOUR_HEADER, "rollback")
    if asked not in {"rollback", "proceed"}:
        raise Invalid({"GS1-Capture-Error-Behaviour": ["must be rollback or proceed"]})
    return cast("Behaviour", asked)


@router.operation("GET", "", scope=READ)
@router.operation("GET", "/", scope=READ)
@speaking(*COLLECTIONS)
async def list_resources(call: Call) -> Response:
    """List the top-level resources."""
    return value_answer(call, {"@context": EPCIS_CONTEXT_URL, "type": "Collection", "member": list(TOP_LEVEL)})


@router.operation("DELETE", "/nextPageToken/{token}", scope=READ)
@speaking(*PLAIN)
async def release_token(call: Call) -> Response:  # noqa: ARG001 - the shape of a handler
    """Say that nothing is held for a token, so that nothing can be released."""
    message = "A token holds nothing here; it expires by itself, when GS1-Next-Page-Token-Expires said."
    raise Refusal("not_implemented", message)


@router.operation(
    "POST",
    "/capture",
    scope=WRITE,
    budget=Budget.WRITES,
    max_body=CAPTURE_BYTES,
    also_media=XML_TYPES,
    spooled=True,
)
@speaking(*JOBS)
async def capture_events(call: Call, query: Annotated[CaptureQuery, Query()]) -> Response:
    """Capture a document, an event or an array of events."""
    job = await call.service(Captures).capture_body(
        call.caller,
        call.spool,
        is_xml=call.sends_other_media,
        behaviour=_behaviour(call),
        confirmed=query.confirm_overage == "true",
    )
    location = f"{PREFIX}/capture/{job['captureJobId']}"
    return job_answer(call, job, 202, headers={**LIMITS, "Location": location})


@router.operation("GET", "/capture", scope=READ, budget=Budget.READS)
@speaking(*PLAIN)
async def list_captures(call: Call, query: Annotated[CaptureListQuery, Query()]) -> Response:
    """List capture jobs, newest first."""
    after = read_list_token(query.next_page_token)
    jobs = await call.service(Captures).list_(call.caller, after=after, limit=query.per_page + 1)
    shown = jobs[: query.per_page]
    token = list_token(Id(shown[-1]["captureID"])) if len(jobs) > len(shown) else None
    return value_answer(call, shown, headers=next_page(call, token))


@router.operation("GET", "/capture/{id}", scope=READ, budget=Budget.READS)
@speaking(*JOBS)
async def get_capture(call: Call) -> Response:
    """Read a capture job."""
    return job_answer(call, await call.service(Captures).get(call.caller, path_id(call, "id")))


@router.operation("GET", "/events", scope=READ, budget=Budget.READS, also_query=NAMES, any_query=True)
@speaking(*EVENTS)
async def query_events(call: Call) -> Response:
    """Ask for events with the parameters of the standard."""
    parameters: dict[str, list[str]] = {}
    for name, value in call.query_params.multi_items():
        parameters.setdefault(name, []).append(value)
    page = await call.service(EventQueries).ask(call.caller, parameters, extensions=extensions(call))
    return await events_answer(call, page)


@router.operation("POST", "/events", scope=WRITE, budget=Budget.WRITES, also_media=XML_TYPES)
@speaking(*EVENTS)
async def capture_event(call: Call, body: EpcisBody) -> Response:
    """Capture one event, now."""
    stored = await call.service(Captures).capture_one(call.caller, body.root)
    location = f"{PREFIX}/events/{quote(stored['eventID'], safe='')}"
    return event_answer(call, stored, 201, headers={"Location": location})


@router.operation("GET", "/events/{eventId}", scope=READ, budget=Budget.READS)
@speaking(*EVENTS)
async def get_event(call: Call) -> Response:
    """Read an event, with what declares it wrong."""
    try:
        event_id = decode_segment(call.path_params["eventId"])
    except ValueError as error:
        raise Invalid({"eventId": [str(error)]}) from None
    return await events_answer(call, await call.service(EventQueries).get(call.caller, event_id))


add_discovery(router)
