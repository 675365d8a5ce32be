"""Answers: JSON as it is stored, lists in their frame, entity tags."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from tracepass.api.call import Call
from tracepass.core.canonical import plain

JSON_TYPE = "application/json"


def answer(
    body: Any, status: int = 200, *, headers: Mapping[str, str] | None = None, media_type: str = JSON_TYPE
) -> Response:
    """Answer a JSON value; ids become text, everything else is stored as it is shown."""
    return Response(orjson.dumps(body, default=plain), status, headers, media_type=media_type)


def raw_answer(body: bytes, media_type: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Answer bytes of a media type."""
    return Response(body, 200, headers, media_type=media_type)


def entity_answer(
    call: Call, body: Any, *, etag: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer an entity with its tag, or 304 to a reader who has it already (RFC 9110 15.4.5)."""
    tag = f'"{etag}"'
    if call.method == "GET" and call.has_fresh(tag):
        return Response(status_code=304, headers={"ETag": tag})
    return answer(body, status, headers={"ETag": tag, **(headers or {})})


def list_answer(items: Sequence[Any], *, total: int, page: int, limit: int, next_cursor: str | None = None) -> Response:
    """Answer one page of a list in the frame that every list has."""
    data: dict[str, Any] = {
        "items": items,
        "total": total,
        "page": page,
        "limit": limit,
        "totalPages": math.ceil(total / limit),
    }
    if next_cursor is not None:
        data["nextCursor"] = next_cursor
    return answer({"data": data})
