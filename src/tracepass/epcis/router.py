"""The routes of EPCIS: GS1's REST binding 2.0 under our prefix."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, cast
from urllib.parse import quote, urlencode

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, path_id
from tracepass.api.call import decode_segment
from tracepass.api.policy import JSON_LIMIT
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id
from tracepass.epcis.answers import VERSION, event_document, query_document
from tracepass.epcis.captures import Behaviour
from tracepass.epcis.models import (
    BEHAVIOUR_HEADER,
    CAPTURE_LIMIT,
    EXTENSIONS_HEADER,
    CaptureListQuery,
    CaptureQuery,
    EpcisBody,
)
from tracepass.epcis.paging import list_token, read_list_token
from tracepass.epcis.service import NAMES, Captures, EventQueries

PREFIX = "/api/v1/epcis"
READ, WRITE = "epcis:read", "epcis:write"
ABOUT = {"GS1-EPCIS-Version": VERSION, "GS1-CBV-Version": VERSION}
LIMITS = {"GS1-EPCIS-Capture-Limit": str(CAPTURE_LIMIT), "GS1-EPCIS-Capture-File-Size-Limit": str(JSON_LIMIT)}
XML = frozenset({"application/xml", "text/xml"})
router = Router(prefix=PREFIX)


def _behaviour(call: Call) -> Behaviour:
    asked = call.headers.get(BEHAVIOUR_HEADER, "rollback")
    if asked not in {"rollback", "proceed"}:
        raise Invalid({"GS1-Capture-Error-Behaviour": ["must be rollback or proceed"]})
    return cast("Behaviour", asked)


def _extensions(call: Call) -> dict[str, str]:
    """Return the prefixes that a caller declares: ``GS1-Extensions: ex=http://ns.example.com/, ...``."""
    declared = {}
    for part in ",".join(call.headers.getlist(EXTENSIONS_HEADER)).split(","):
        prefix, equals, namespace = part.strip().partition("=")
        if prefix and not (equals and namespace):
            raise Invalid({"GS1-Extensions": ["must be prefix=namespace, with commas between"]})
        if prefix:
            declared[prefix] = namespace
    return declared


def _next(call: Call, token: str | None) -> Mapping[str, str]:
    """Return the link to the page that follows (RFC 8288)."""
    if token is None:
        return {}
    query = [(name, value) for name, value in call.query_params.multi_items() if name != "nextPageToken"]
    return {"Link": f'<{call.url.path}?{urlencode([*query, ("nextPageToken", token)])}>; rel="next"'}


@router.operation("POST", "/capture", scope=WRITE, budget=Budget.WRITES, also_media=XML)
async def capture_events(call: Call, body: EpcisBody, query: Annotated[CaptureQuery, Query()]) -> Response:
    """Capture a document, an event or an array of events."""
    confirmed = query.confirm_overage == "true"
    job = await call.service(Captures).capture(call.caller, body.root, behaviour=_behaviour(call), confirmed=confirmed)
    location = {"Location": f"{PREFIX}/capture/{job['captureJobId']}"}
    return answer(job, 202, headers={**ABOUT, **LIMITS, **location})


@router.operation("GET", "/capture", scope=READ, budget=Budget.READS)
async def list_captures(call: Call, query: Annotated[CaptureListQuery, Query()]) -> Response:
    """List capture jobs, newest first."""
    after = read_list_token(query.next_page_token)
    jobs = await call.service(Captures).list_(call.caller, after=after, limit=query.per_page + 1)
    shown = jobs[: query.per_page]
    token = list_token(Id(shown[-1]["captureID"])) if len(jobs) > len(shown) else None
    return answer(shown, headers={**ABOUT, **_next(call, token)})


@router.operation("GET", "/capture/{id}", scope=READ, budget=Budget.READS)
async def get_capture(call: Call) -> Response:
    """Read a capture job."""
    return answer(await call.service(Captures).get(call.caller, path_id(call, "id")), headers=ABOUT)


@router.operation("GET", "/events", scope=READ, budget=Budget.READS, also_query=NAMES, any_query=True)
async def query_events(call: Call) -> Response:
    """Ask for events with the parameters of the standard."""
    parameters: dict[str, list[str]] = {}
    for name, value in call.query_params.multi_items():
        parameters.setdefault(name, []).append(value)
    page = await call.service(EventQueries).ask(call.caller, parameters, extensions=_extensions(call))
    return answer(query_document(page), headers={**ABOUT, **_next(call, page.token)})


@router.operation("POST", "/events", scope=WRITE, budget=Budget.WRITES)
async def capture_event(call: Call, body: EpcisBody) -> Response:
    """Capture one event, now."""
    event = event_document(await call.service(Captures).capture_one(call.caller, body.root))
    location = f"{PREFIX}/events/{quote(event['eventID'], safe='')}"
    return answer(event, 201, headers={**ABOUT, "Location": location})


@router.operation("GET", "/events/{eventId}", scope=READ, budget=Budget.READS)
async def get_event(call: Call) -> Response:
    """Read an event, with what declares it wrong."""
    try:
        event_id = decode_segment(call.path_params["eventId"])
    except ValueError as error:
        raise Invalid({"eventId": [str(error)]}) from None
    page = await call.service(EventQueries).get(call.caller, event_id)
    return answer(query_document(page), headers=ABOUT)
