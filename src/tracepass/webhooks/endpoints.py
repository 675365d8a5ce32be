"""What an endpoint is, and how it is shown; pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from tracepass.core.clock import timestamp
from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.webhooks.models import EVERY

OVERLAP = timedelta(hours=24)
"""How long a replaced secret signs beside the new one."""
KEPT = timedelta(days=30)
"""How long deliveries, and what their events said, are kept."""
PURPOSE = "webhook-secret"

_STATE = ("_id", "url", "description", "events", "status", "disabledReason", "disabledAt", "secretSince", "version")
_SHOWN = (*_STATE, "previousSecretUntil", "failingSince", "lastSuccessAt", "createdAt", "updatedAt")


def state_of(endpoint: Mapping[str, Any]) -> Document:
    """Return what the log keeps of an endpoint: all that people decide, and no secret."""
    return {name: endpoint[name] for name in (*_STATE, "createdAt", "updatedAt")}


def shown(endpoint: Mapping[str, Any]) -> Document:
    """Return an endpoint as its GET shows it."""
    return {name: endpoint[name] for name in _SHOWN}


def shown_delivery(delivery: Mapping[str, Any]) -> Document:
    """Return a delivery as lists show it."""
    pending = delivery["status"] == "pending"
    return {
        "_id": delivery["_id"],
        "eventId": event_name(delivery["eventId"]),
        "eventType": delivery["eventType"],
        "entity": delivery["entity"],
        "status": delivery["status"],
        "attempts": delivery["attempts"],
        "nextAttemptAt": delivery["dueAt"] if pending else None,
        "createdAt": delivery["createdAt"],
        "finishedAt": delivery["finishedAt"],
    }


def event_name(event_id: Id) -> str:
    """Return the id of an event as receivers see it, the same in every attempt."""
    return f"evt_{event_id}"


def wants(endpoint: Mapping[str, Any], event_type: str, at: str) -> bool:
    """Tell whether an endpoint is to be told: it asked for the event, and was there before it."""
    return (EVERY in endpoint["events"] or event_type in endpoint["events"]) and bool(endpoint["createdAt"] <= at)


def new_delivery(endpoint: Mapping[str, Any], record: Mapping[str, Any], *, now: datetime) -> Document:
    """Return the delivery of an event to an endpoint, due now.

    Deliveries of one entity to one endpoint are a stream, ordered by the entity's version; what has no version stands
    alone. ``behind`` is set in those that were made while others of their stream were pending.
    """
    version = record.get("version")
    tail = record["_id"] if version is None else record["entity"]["id"]
    return {
        "workspaceId": record["workspaceId"],
        "environment": record["environment"],
        "endpointId": endpoint["_id"],
        "eventId": record["_id"],
        "eventType": record["eventType"],
        "entity": record["entity"],
        "stream": f"{endpoint['_id']}/{tail}",
        "position": version or 0,
        "status": "pending",
        "behind": False,
        "made": 0,
        "holder": None,
        "dueAt": timestamp(now),
        "attempts": [],
        "createdAt": timestamp(now),
        "finishedAt": None,
        "purgeAt": now + KEPT,
    }


def begun_anew(delivery: Mapping[str, Any], *, now: datetime) -> Document:
    """Return what changes in a delivery that is sent once more: first rung, due now, and out of the line of others."""
    return {
        "status": "pending",
        "stream": f"{delivery['endpointId']}/{delivery['_id']}",
        "behind": False,
        "made": 0,
        "dueAt": timestamp(now),
        "finishedAt": None,
    }
