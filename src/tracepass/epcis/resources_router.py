"""The routes of the top-level resources: what there is, what can be done with one, and its events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from tracepass.api import Budget, Call, Router
from tracepass.api.call import decode_segment
from tracepass.core.errors import Invalid
from tracepass.epcis.contexts import context_for
from tracepass.epcis.epcformats import formatted_uri
from tracepass.epcis.models import CaptureListQuery
from tracepass.epcis.negotiation import COLLECTIONS, EVENTS
from tracepass.epcis.resources import RESOURCES, Resource, Resources
from tracepass.epcis.service import NAMES
from tracepass.epcis.standard_router import (
    add_discovery,
    events_answer,
    extensions,
    next_page,
    speaking,
    style,
    value_answer,
)
from tracepass.epcis.valuetokens import read_value_token, value_token

PREFIX = "/api/v1/epcis"
READ = "epcis:read"
resources_router = Router(prefix=PREFIX)


def path_text(call: Call, name: str) -> str:
    """Return what a segment of the path says, decoded.

    Raises:
        Invalid: it cannot be decoded.
    """
    try:
        return decode_segment(call.path_params[name])
    except ValueError as error:
        raise Invalid({name: [str(error)]}) from None


def parameters_of(call: Call) -> dict[str, list[str]]:
    """Return the parameters of the query by their names."""
    return {name: call.query_params.getlist(name) for name in call.query_params}


def collection(members: list[str], namespaces: Mapping[str, str]) -> dict[str, Any]:
    """Return a collection as the standard has it; members are written with the prefixes that a caller declares."""
    return {
        "@context": context_for(namespaces),
        "type": "Collection",
        "member": list(dict.fromkeys(_compact(member, namespaces) for member in members)),
    }


def _compact(uri: str, namespaces: Mapping[str, str]) -> str:
    for prefix, namespace in namespaces.items():
        if uri.startswith(namespace) and uri != namespace:
            return f"{prefix}:{uri.removeprefix(namespace)}"
    return uri


def _add_list(resource: Resource) -> None:
    @resources_router.operation("GET", f"/{resource.name}", scope=READ, budget=Budget.READS)
    @speaking(*COLLECTIONS)
    async def list_values(call: Call, query: Annotated[CaptureListQuery, Query()]) -> Response:
        """List the values that events have."""
        after = read_value_token(query.next_page_token)
        limit = query.per_page
        found = await call.service(Resources).values(call.caller, resource, after=after, limit=limit + 1)
        token = value_token(found[limit - 1]) if len(found) > limit else None
        shown = [formatted_uri(value, style(call).epc) for value in found[:limit]]
        return value_answer(call, collection(shown, extensions(call)), headers=next_page(call, token))


def _add_one(resource: Resource) -> None:
    @resources_router.operation("GET", f"/{resource.name}/{{{resource.one}}}", scope=READ, budget=Budget.READS)
    @speaking(*COLLECTIONS)
    async def get_value(call: Call) -> Response:
        """Tell what can be done with a value."""
        await call.service(Resources).demand(call.caller, resource, path_text(call, resource.one))
        return value_answer(call, collection(["events"], {}))


def _add_events(resource: Resource) -> None:
    @resources_router.operation(
        "GET",
        f"/{resource.name}/{{{resource.one}}}/events",
        scope=READ,
        budget=Budget.READS,
        also_query=NAMES,
        any_query=True,
    )
    @speaking(*EVENTS)
    async def query_value_events(call: Call) -> Response:
        """Ask for the events that have a value, with the parameters of the standard."""
        value, parameters = path_text(call, resource.one), parameters_of(call)
        resources = call.service(Resources)
        page = await resources.events(call.caller, resource, value, parameters, extensions=extensions(call))
        return await events_answer(call, page)


for _resource in RESOURCES:
    _add_list(_resource)
    _add_one(_resource)
    _add_events(_resource)
add_discovery(resources_router)
