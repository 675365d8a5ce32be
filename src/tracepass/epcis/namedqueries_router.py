"""The routes of named queries and their subscriptions."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router, path_id
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id, find_id
from tracepass.epcis.models import CaptureListQuery
from tracepass.epcis.namedqueries import NamedQueries
from tracepass.epcis.negotiation import EVENTS, PLAIN
from tracepass.epcis.resources_router import path_text
from tracepass.epcis.standard_router import (
    add_discovery,
    events_answer,
    extensions,
    next_page,
    speaking,
    style,
    value_answer,
)
from tracepass.epcis.subscriptions import MANAGE, Subscriptions
from tracepass.epcis.subscriptionschedule import FIELDS
from tracepass.epcis.subscriptionsmodels import NamedQueryCreate, SubscriptionCreate
from tracepass.epcis.valuetokens import read_value_token, value_token

PREFIX = "/api/v1/epcis/queries"
READ, WRITE = "epcis:read", "epcis:write"
SOCKETS = frozenset({"stream", "reportIfEmpty", "initialRecordTime", *FIELDS})
"""Parameters with which the standard subscribes by WebSocket."""
queries_router = Router(prefix=PREFIX)


@queries_router.operation("POST", "", scope=WRITE, budget=Budget.WRITES)
@speaking(*PLAIN)
async def create_query(call: Call, body: NamedQueryCreate) -> Response:
    """Keep a query under a name."""
    queries = call.service(NamedQueries)
    named = await queries.create(call.caller, body.name, body.query, extensions=extensions(call))
    return value_answer(call, named, 201, headers={"Location": f"{PREFIX}/{quote(body.name, safe='')}"})


@queries_router.operation("GET", "", scope=READ, budget=Budget.READS)
@speaking(*PLAIN)
async def list_queries(call: Call, query: Annotated[CaptureListQuery, Query()]) -> Response:
    """List named queries."""
    after, limit = read_value_token(query.next_page_token), query.per_page
    found = await call.service(NamedQueries).list_(call.caller, after=after, limit=limit + 1)
    token = value_token(found[limit - 1]["name"]) if len(found) > limit else None
    return value_answer(call, found[:limit], headers=next_page(call, token))


@queries_router.operation("GET", "/{name}", scope=READ, budget=Budget.READS)
@speaking(*PLAIN)
async def get_query(call: Call) -> Response:
    """Read a named query."""
    return value_answer(call, await call.service(NamedQueries).get(call.caller, path_text(call, "name")))


@queries_router.operation("DELETE", "/{name}", scope=WRITE, budget=Budget.WRITES)
@speaking(*PLAIN)
async def delete_query(call: Call) -> Response:
    """Forget a named query, and end its subscriptions."""
    await call.service(NamedQueries).delete(call.caller, path_text(call, "name"))
    return Response(status_code=204)


@queries_router.operation("GET", "/{name}/events", scope=READ, budget=Budget.READS, also_query=SOCKETS)
@speaking(*EVENTS)
async def query_named_events(call: Call, query: Annotated[CaptureListQuery, Query()]) -> Response:
    """Ask for the events of a named query."""
    if "websocket" in call.headers.get("upgrade", "").lower() or SOCKETS & call.query_params.keys():
        message = "Subscriptions by WebSocket are not offered; POST one with the address that shall be called."
        raise Refusal("not_implemented", message)
    name = path_text(call, "name")
    queries = call.service(NamedQueries)
    page = await queries.events(call.caller, name, per_page=query.per_page, token=query.next_page_token)
    return await events_answer(call, page, name=name)


@queries_router.operation("POST", "/{name}/subscriptions", scope=MANAGE, budget=Budget.WRITES, confidential=True)
@speaking(*PLAIN)
async def subscribe(call: Call, body: SubscriptionCreate) -> Response:
    """Have the events of a query sent to an address."""
    name, subscriptions = path_text(call, "name"), call.service(Subscriptions)
    made = await subscriptions.create(call.caller, name, body, epc_format=style(call).epc)
    location = f"{PREFIX}/{quote(name, safe='')}/subscriptions/{made['subscriptionID']}"
    return value_answer(call, made, 201, headers={"Location": location})


@queries_router.operation("GET", "/{name}/subscriptions", scope=READ, budget=Budget.READS)
@speaking(*PLAIN)
async def list_subscriptions(call: Call, query: Annotated[CaptureListQuery, Query()]) -> Response:
    """List subscriptions to a query."""
    after, limit = _read_token(query.next_page_token), query.per_page
    name, subscriptions = path_text(call, "name"), call.service(Subscriptions)
    found = await subscriptions.list_(call.caller, name, after=after, limit=limit + 1)
    token = value_token(found[limit - 1]["subscriptionID"]) if len(found) > limit else None
    return value_answer(call, found[:limit], headers=next_page(call, token))


@queries_router.operation("GET", "/{name}/subscriptions/{subscriptionId}", scope=READ, budget=Budget.READS)
@speaking(*PLAIN)
async def get_subscription(call: Call) -> Response:
    """Read a subscription, and how it does."""
    name, which = path_text(call, "name"), path_id(call, "subscriptionId")
    return value_answer(call, await call.service(Subscriptions).get(call.caller, name, which))


@queries_router.operation("DELETE", "/{name}/subscriptions/{subscriptionId}", scope=MANAGE, budget=Budget.WRITES)
@speaking(*PLAIN)
async def unsubscribe(call: Call) -> Response:
    """End a subscription."""
    await call.service(Subscriptions).delete(call.caller, path_text(call, "name"), path_id(call, "subscriptionId"))
    return Response(status_code=204)


def _read_token(token: str | None) -> Id | None:
    text = read_value_token(token)
    found = None if text is None else find_id(text)
    if text is not None and found is None:
        raise Invalid({"nextPageToken": ["is not a token that a page gave"]})
    return found


add_discovery(queries_router)
