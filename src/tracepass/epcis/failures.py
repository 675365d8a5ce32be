"""Failures as the REST binding tells them: exceptions of EPCIS (EPCIS 2.0, 8.2.6) in a problem of RFC 7807."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import orjson

from tracepass.api.rewriting import Failed, Rewritten
from tracepass.epcis.accepting import PROBLEM_XML, problem_type
from tracepass.epcis.discovery import limits_of
from tracepass.epcis.xmljobs import write_problem

PREFIX: Final = "/api/v1/epcis"
UNNAMED: Final = "about:blank"
"""For what the standard has no exception (RFC 7807, 4.2)."""
_TITLES: Final = {
    "CaptureLimitExceededException": "Capture is too large",
    "ImplementationException": "The server failed",
    "NoSuchNameException": "Resource not found",
    "NotAcceptableException": "Not available in the form asked for",
    "QueryParameterException": "A parameter is not valid",
    "QueryTooLargeException": "Query finds too much",
    "QueryValidationException": "Query is not valid",
    "ResourceAlreadyExistsException": "Resource exists already",
    "SecurityException": "Not allowed",
    "SubscriptionControlsException": "Subscription is not valid",
    "UnsupportedMediaTypeException": "Type of the body is not taken",
    "ValidationException": "Not valid",
}
_BY_STATUS: Final = {
    401: "SecurityException",
    403: "SecurityException",
    404: "NoSuchNameException",
    406: "NotAcceptableException",
    415: "UnsupportedMediaTypeException",
    500: "ImplementationException",
    501: "ImplementationException",
    503: "ImplementationException",
}
_THERE_ALREADY: Final = frozenset({"event_id_taken", "duplicate_query"})
"""Codes of 409 that say so of what was to be made."""


def rewrite(failed: Failed) -> Rewritten | None:
    """Return a failure as its caller wants to read it; None where that is our envelope."""
    media, place = problem_type(failed.accept), failed.path.removeprefix(PREFIX)
    is_large = failed.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and failed.method == "POST"
    limits = limits_of(place) if is_large else {}
    if media is None:
        return Rewritten(failed.envelope, "application/json", limits) if limits else None
    problem = problem_of(failed.method, place, failed.status, orjson.loads(failed.envelope))
    body = write_problem(problem) if media == PROBLEM_XML else orjson.dumps(problem)
    return Rewritten(body, media, limits)


def problem_of(method: str, place: str, status: int, envelope: dict[str, Any]) -> dict[str, Any]:
    """Return the problem that an envelope tells of; its code and details stay beside what the standard has."""
    name = _exception(method, place, status, envelope["error"])
    return {
        "type": UNNAMED if name is None else f"epcisException:{name}",
        "title": HTTPStatus(status).phrase if name is None else _TITLES[name],
        "status": status,
        "detail": envelope["message"],
        **{member: envelope[member] for member in ("error", "details") if member in envelope},
    }


def _exception(method: str, place: str, status: int, code: str) -> str | None:
    if status == HTTPStatus.BAD_REQUEST:
        return _of_validation(method, place)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        if code == "query_too_large":
            return "QueryTooLargeException"
        return "CaptureLimitExceededException" if limits_of(place) else None
    if status == HTTPStatus.CONFLICT:
        return "ResourceAlreadyExistsException" if code in _THERE_ALREADY else None
    return _BY_STATUS.get(status)


def _of_validation(method: str, place: str) -> str:
    if method == "GET" and not place.startswith("/capture"):
        return "QueryParameterException"
    if method == "POST" and place.startswith("/queries"):
        return "SubscriptionControlsException" if place.endswith("/subscriptions") else "QueryValidationException"
    return "ValidationException"
