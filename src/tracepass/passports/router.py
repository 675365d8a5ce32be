"""The routes of passports as a whole."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, answer, entity_answer, list_answer, raw_answer
from tracepass.core.completion import answering
from tracepass.core.mongo import Document
from tracepass.core.schema import Nothing
from tracepass.passports.addresses import locator, on_passport
from tracepass.passports.attesting import PassportCredentials, wants_credential
from tracepass.passports.granted import GrantedPassports
from tracepass.passports.models import (
    CREDENTIAL_TYPE,
    PassportBatch,
    PassportCreate,
    PassportQuery,
    Publish,
    ReadQuery,
    Republish,
    Suspend,
)
from tracepass.passports.service import Passports
from tracepass.passports.states import PassportStates

READ, WRITE = "passports:read", "passports:write"
PREFIX = "/api/v1/passports"
GRANTED = "application/vnd.tracepass.granted+json"
"""What a holder of a grant is answered: less than a passport, so no client takes it for one."""
router = Router(prefix=PREFIX)


def _entity(call: Call, passport: Document, status: int = 200) -> Response:
    headers = {"Location": f"{PREFIX}/{passport['_id']}"} if status == 201 else None  # noqa: PLR2004 - Created
    return entity_answer(call, passport, etag=str(passport["version"]), status=status, headers=headers)


async def _credential(call: Call) -> Response:
    made = await call.service(PassportCredentials).get(call.caller, locator(call))
    headers = {"ETag": f'"{sha256(made.body).hexdigest()[:24]}"', "Vary": "Accept"}
    if call.has_fresh(headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return raw_answer(made.body, CREDENTIAL_TYPE, headers=headers)


def _moving(call: Call) -> Callable[[Document], Response]:
    """Return how a move of the state machine is answered."""
    passports = call.service(Passports)
    return answering(lambda stored: _entity(call, passports.show(stored)))


@router.operation("POST", "", scope=WRITE, budget=Budget.WRITES)
async def create_passport(call: Call, body: PassportCreate) -> Response:
    """Make a draft."""
    render = answering(lambda passport: _entity(call, passport, 201))
    return render(await call.service(Passports).create(call.caller, body, origins=call.origins))


@router.operation("GET", "", scope=READ, budget=Budget.READS)
async def list_passports(call: Call, query: Annotated[PassportQuery, Query()]) -> Response:
    """List passports."""
    page = await call.service(Passports).list_(call.caller, query)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit, next_cursor=page.next_cursor)


@router.operation("POST", "/batch", scope=WRITE, budget=Budget.WRITES, cost=lambda body: len(body.passports))
async def create_passports(call: Call, body: PassportBatch) -> Response:
    """Make up to 100 drafts; each stands alone."""
    outcome = await call.service(Passports).create_many(call.caller, body, origins=call.origins)
    return answer(outcome, 207)


@on_passport(router, "GET", scope=READ, budget=Budget.READS, granted=True)
async def get_passport(call: Call, query: Annotated[ReadQuery, Query()]) -> Response:
    """Read one passport, what the holder of an access grant may see of it, or what everybody may, as a credential."""
    if call.caller.grant is not None:
        shown = await call.service(GrantedPassports).entity(call.caller, locator(call), query)
        headers = {"ETag": f'"{shown["version"]}"', "Cache-Control": "private, no-store", "Vary": "Authorization"}
        return answer(shown, headers=headers, media_type=GRANTED)
    if query.format == "vc" or (query.format is None and wants_credential(call.headers.get("accept"))):
        return await _credential(call)
    passport = await call.service(Passports).get(call.caller, locator(call), query)
    lot = passport.get("lotId")
    return entity_answer(
        call, passport, etag=f"{passport['version']}" if lot is None else f"{passport['version']}-{lot}"
    )


@on_passport(router, "DELETE", scope=WRITE, budget=Budget.WRITES)
async def delete_passport(call: Call) -> Response:
    """Delete a passport that was never published."""
    summary = await call.service(Passports).delete(call.caller, locator(call), expected=call.expected_versions)
    return answer({"message": "The passport was deleted.", "summary": summary})


@on_passport(router, "POST", "/submit", scope=WRITE, budget=Budget.WRITES)
async def submit_passport(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Hand a draft in for review."""
    states, render = call.service(PassportStates), _moving(call)
    return render(await states.move(call.caller, locator(call), "submit", expected=call.expected_versions))


@on_passport(router, "POST", "/approve", scope=WRITE, budget=Budget.WRITES)
async def approve_passport(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Approve a passport in review."""
    states, render = call.service(PassportStates), _moving(call)
    return render(await states.move(call.caller, locator(call), "approve", expected=call.expected_versions))


@on_passport(router, "POST", "/reject", scope=WRITE, budget=Budget.WRITES)
async def reject_passport(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Send a passport in review back to its draft."""
    states, render = call.service(PassportStates), _moving(call)
    return render(await states.move(call.caller, locator(call), "reject", expected=call.expected_versions))


@on_passport(router, "POST", "/publish", scope=WRITE, budget=Budget.WRITES)
async def publish_passport(call: Call, body: Publish) -> Response:
    """Publish a passport."""
    render = _moving(call)
    stored = await call.service(PassportStates).publish(
        call.caller,
        locator(call),
        acknowledge_gaps=body.acknowledge_gaps,
        expires_at=body.expires_at,
        origins=call.origins,
        expected=call.expected_versions,
    )
    return render(stored)


@on_passport(router, "POST", "/suspend", scope=WRITE, budget=Budget.WRITES)
async def suspend_passport(call: Call, body: Suspend) -> Response:
    """Take a passport from its readers for a while."""
    states, render = call.service(PassportStates), _moving(call)
    return render(await states.suspend(call.caller, locator(call), body.reason, expected=call.expected_versions))


@on_passport(router, "POST", "/republish", scope=WRITE, budget=Budget.WRITES)
async def republish_passport(call: Call, body: Republish) -> Response:
    """Publish a suspended or expired passport again."""
    states, render = call.service(PassportStates), _moving(call)
    return render(
        await states.republish(call.caller, locator(call), expires_at=body.expires_at, expected=call.expected_versions)
    )


@on_passport(router, "POST", "/archive", scope=WRITE, budget=Budget.WRITES)
async def archive_passport(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - the empty body is checked
    """Close a passport for good."""
    states, render = call.service(PassportStates), _moving(call)
    return render(await states.archive(call.caller, locator(call), expected=call.expected_versions))
