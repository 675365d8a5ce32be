"""The gate of repetitions: under an ``Idempotency-Key`` a request takes effect once and has one answer for 24 hours."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.responses import Response

from tracepass.api.call import Call
from tracepass.api.failures import refusal_answer
from tracepass.api.routing import Proceed
from tracepass.core.completion import completing
from tracepass.core.errors import Refusal
from tracepass.idempotency.models import HEADER, Answer, Request, read_key
from tracepass.idempotency.service import Claim, Claims

METHODS = frozenset({"POST", "PATCH", "PUT", "DELETE"})
SURFACE = "/api/v1/"
REPLAYED = {"Idempotent-Replayed": "true"}
KEPT_REFUSALS = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.GONE})
NOT_KEPT = frozenset({"content-length", "ratelimit", "ratelimit-policy", "set-cookie", "x-request-id"})


async def repetition(call: Call, body: Any, proceed: Proceed) -> Response:  # noqa: ARG001 - the shape of a gate
    """Let the first request under a key proceed, and answer its repetitions as it was answered.

    Raises:
        Invalid: the key is ill-formed.
        KeyReuse, InFlight, AnswerLost: there is no answer to repeat.
    """
    key = read_key(call.headers.getlist(HEADER)) if _is_repeatable(call) else None
    if key is None:
        return await proceed()
    claims, caller = call.service(Claims), call.caller
    request = Request(caller.tenancy, call.method, call.scope["path"], _owned(call, key), await call.digest())
    claim = await claims.begin(request, encode=None if call.policy.confidential else _encoded)
    if isinstance(claim, Answer):
        return _replayed(claim)
    try:
        return await _first(call, claims, claim, proceed)
    except BaseException:
        await claims.free(claim)
        raise


def _owned(call: Call, key: str) -> str:
    """Return a key as it is kept: where a call is about whoever makes it, each person has keys of their own."""
    person = call.caller.credential.user_id
    return f"{person}/{key}" if call.policy.signed_in and person is not None else key


def _is_repeatable(call: Call) -> bool:
    """Tell whether a call is a write of the API by somebody known; elsewhere a key means nothing."""
    return call.method in METHODS and not call.policy.public and call.scope["path"].startswith(SURFACE)


async def _first(call: Call, claims: Claims, claim: Claim, proceed: Proceed) -> Response:
    """Run the request and keep its answer, or give its key back."""
    with completing(claim):
        try:
            response = await proceed()
        except Refusal as refusal:
            response = refusal_answer(refusal)
    if _is_kept(response.status_code):
        encode = partial(_encoded, response)
        await claims.keep(claim, response.status_code, encode, confidential=call.policy.confidential)
    else:
        await claims.free(claim)
    return response


def _encoded(response: Response) -> Answer:
    """Return what is kept of an answer."""
    headers = [(name, value) for name, value in response.headers.items() if name not in NOT_KEPT]
    return Answer(response.status_code, headers, bytes(response.body))


def _is_kept(status: int) -> bool:
    return status < HTTPStatus.MULTIPLE_CHOICES or status in KEPT_REFUSALS


def _replayed(answer: Answer) -> Response:
    response = Response(answer.body, answer.status)
    for name, value in (*answer.headers, *REPLAYED.items()):
        response.headers[name] = value
    return response
