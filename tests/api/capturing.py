"""Events of EPCIS as tests make them, and how these are captured and found."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx2

EPCIS = "/api/v1/epcis"
STANDARD = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
CONTEXT = [STANDARD, {"ex": "http://ns.example.com/"}]
PROCEED = {"GS1-Capture-Error-Behaviour": "proceed"}
Event = dict[str, Any]


def event(**members: Any) -> Event:
    """Return an event of its own; members replace the usual ones, None takes one away."""
    usual = {
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:{uuid4()}",
        "eventTime": "2026-06-01T12:00:00.000Z",
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "bizStep": "shipping",
        "epcList": [f"urn:epc:id:sscc:0614141.1{datetime.now(UTC):%f}000"],
    }
    return {name: value for name, value in (usual | members).items() if value is not None}


def alone(**members: Any) -> Event:
    """Return an event that needs no document around it."""
    return event(**members) | {"@context": [STANDARD]}


def document(*events: Event, **members: Any) -> Event:
    """Return a document of events; members are added, or replace the usual ones."""
    return {
        "@context": CONTEXT,
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": "2026-06-01T12:00:00.000Z",
        "epcisBody": {"eventList": list(events)},
        **members,
    }


async def capture(client: httpx2.AsyncClient, body: Any, **options: Any) -> Event:
    """Capture what a body holds; return the job."""
    answer = await client.post(f"{EPCIS}/capture", json=body, **options)
    assert answer.status_code == 202, answer.text
    return dict(answer.json())


def counts(job: Event) -> tuple[str, int, int, int]:
    """What became of a capture."""
    return job["status"], job["capturedCount"], job["repeatedCount"], job["errorCount"]


def listed(answer: httpx2.Response) -> list[Event]:
    """The events of an answer."""
    assert answer.status_code == 200, answer.text
    return list(answer.json()["epcisBody"]["queryResults"]["resultsBody"]["eventList"])


async def ids(client: httpx2.AsyncClient, **query: Any) -> list[str]:
    """The ids of the events that a query asks for."""
    return [one["eventID"] for one in listed(await client.get(f"{EPCIS}/events", params=query))]
