"""What is sent: the body of an event, made once and signed anew for each attempt."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from tracepass.core.canonical import plain
from tracepass.core.mongo import Document
from tracepass.webhooks.endpoints import event_name


def event_document(record: Mapping[str, Any], data: Mapping[str, Any], *, purge_at: datetime) -> Document:
    """Return an event as it is kept until all its deliveries are over: the very bytes that are sent."""
    return {
        "_id": record["_id"],
        "workspaceId": record["workspaceId"],
        "environment": record["environment"],
        "body": body_of(record, data),
        "purgeAt": purge_at,
    }


def body_of(record: Mapping[str, Any], data: Mapping[str, Any]) -> bytes:
    """Return the body that tells of a record: ``{id, type, createdAt, workspaceId, environment, data}``."""
    message = {
        "id": event_name(record["_id"]),
        "type": record["eventType"],
        "createdAt": record["at"],
        "workspaceId": record["workspaceId"],
        "environment": record["environment"],
        "data": data,
    }
    return orjson.dumps(message, default=plain)
