"""The routes of service events and ownership transfers, two lists of one kind."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, entity_answer, list_answer, path_id
from tracepass.core.completion import answering
from tracepass.core.mongo import Document
from tracepass.passports.addresses import locator, on_passport
from tracepass.passports.life.models import EntryPatch, EntryQuery, EntryType, ServiceCreate, TransferCreate
from tracepass.passports.life.service import PassportLives
from tracepass.passports.router import PREFIX, READ, WRITE

life_router = Router(prefix=PREFIX)
Tail = Literal["service-events", "ownership-transfers"]
SERVICES: Tail = "service-events"
TRANSFERS: Tail = "ownership-transfers"


def _created(call: Call, tail: Tail, entry: Document) -> Response:
    headers = {"Location": f"{PREFIX}/{entry['passportId']}/{tail}/{entry['_id']}"}
    return entity_answer(call, entry, etag=str(entry["version"]), status=201, headers=headers)


async def _list(call: Call, kind: EntryType, query: EntryQuery) -> Response:
    lives = call.service(PassportLives)
    page = await lives.list_(call.caller, locator(call), kind, page=query.page, limit=query.limit)
    return list_answer(page.items, total=page.total, page=query.page, limit=query.limit)


async def _get(call: Call, kind: EntryType, name: str) -> Response:
    entry = await call.service(PassportLives).get(call.caller, locator(call), kind, path_id(call, name))
    return entity_answer(call, entry, etag=str(entry["version"]))


async def _change(call: Call, kind: EntryType, name: str, patch: EntryPatch) -> Response:
    render = answering(lambda entry: entity_answer(call, entry, etag=str(entry["version"])))
    lives, entry_id = call.service(PassportLives), path_id(call, name)
    expected = call.expected_versions
    return render(await lives.change(call.caller, locator(call), kind, entry_id, patch, expected=expected))


@on_passport(life_router, "POST", "/service-events", scope=WRITE, budget=Budget.WRITES)
async def create_service_event(call: Call, body: ServiceCreate) -> Response:
    """Write down a service."""
    render = answering(lambda entry: _created(call, SERVICES, entry))
    return render(await call.service(PassportLives).create(call.caller, locator(call), "service", body))


@on_passport(life_router, "GET", "/service-events", scope=READ, budget=Budget.READS)
async def list_service_events(call: Call, query: Annotated[EntryQuery, Query()]) -> Response:
    """List services, the latest first."""
    return await _list(call, "service", query)


@on_passport(life_router, "GET", "/service-events/{serviceEventId}", scope=READ, budget=Budget.READS)
async def get_service_event(call: Call) -> Response:
    """Read a service event."""
    return await _get(call, "service", "serviceEventId")


@on_passport(life_router, "PATCH", "/service-events/{serviceEventId}", scope=WRITE, budget=Budget.WRITES)
async def update_service_event(call: Call, body: EntryPatch) -> Response:
    """Show or hide a service event, or declare it wrong."""
    return await _change(call, "service", "serviceEventId", body)


@on_passport(life_router, "POST", "/ownership-transfers", scope=WRITE, budget=Budget.WRITES)
async def create_ownership_transfer(call: Call, body: TransferCreate) -> Response:
    """Write down a change of the owner."""
    render = answering(lambda entry: _created(call, TRANSFERS, entry))
    return render(await call.service(PassportLives).create(call.caller, locator(call), "transfer", body))


@on_passport(life_router, "GET", "/ownership-transfers", scope=READ, budget=Budget.READS)
async def list_ownership_transfers(call: Call, query: Annotated[EntryQuery, Query()]) -> Response:
    """List changes of the owner, the latest first."""
    return await _list(call, "transfer", query)


@on_passport(life_router, "GET", "/ownership-transfers/{transferId}", scope=READ, budget=Budget.READS)
async def get_ownership_transfer(call: Call) -> Response:
    """Read a change of the owner."""
    return await _get(call, "transfer", "transferId")


@on_passport(life_router, "PATCH", "/ownership-transfers/{transferId}", scope=WRITE, budget=Budget.WRITES)
async def update_ownership_transfer(call: Call, body: EntryPatch) -> Response:
    """Show or hide a change of the owner, or declare it wrong."""
    return await _change(call, "transfer", "transferId", body)
