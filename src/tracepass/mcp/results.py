"""An answer of the API as the result of a tool: short, structured, and a refusal that says what to do."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote

import orjson
from mcp_types import CallToolResult, ImageContent, TextContent

from tracepass.mcp.calls import ApiAnswer

LONGEST: Final = 200_000
"""Characters of one result; what is beyond is named, not sent: no model reads more at a time."""
_NEXT: Final = re.compile(r"<[^>]*[?&]nextPageToken=([^&>]+)[^>]*>\s*;[^,]*rel=\"?next")
ADVICE: Final[Mapping[int, str]] = {
    400: "Mend the arguments that `details` names, and call again.",
    401: "Send an API key or an access token: set TRACEPASS_API_KEY, or sign in again.",
    402: "The plan is used up. Ask the person whether they agree to pay for more; only if they do, call again with "
    "`confirmOverage: true` in `args`.",
    403: "The key or the person may not do this. Ask for a key with the scope that `details` names, or do without.",
    404: "There is no such thing in this workspace. Look for it with `list`, or check the id.",
    409: "It stands against the state of things as they are now. Read it again, and see `details`.",
    412: "Somebody else changed it meanwhile. Read it again, and repeat with the new `etag` as `ifMatch`.",
    413: "Send less at once.",
    422: "Read what `details` says, and mend that first.",
    423: "It is suspended.",
    429: "Wait as long as `retryAfter` says, in seconds, and call again; do not repeat at once.",
    503: "The server is busy. Wait a second, and call again.",
}
OUTPUT_SCHEMA: Final = {
    "type": "object",
    "required": ["status"],
    "properties": {
        "status": {"type": "integer", "description": "The HTTP status of the API; 0 if it was not asked."},
        "data": {"description": "What the API answered."},
        "etag": {"type": "string", "description": "Pass it as `ifMatch` to change only what you have read."},
        "nextPageToken": {"type": "string", "description": "Pass it on for the next page."},
        "omitted": {"type": "array", "items": {"type": "string"}, "description": "What was left out for its length."},
        "error": {"type": "string", "description": "The code of a refusal."},
        "message": {"type": "string"},
        "details": {},
        "advice": {"type": "string", "description": "What to do about it."},
        "retryAfter": {"type": "string"},
    },
}


BY_CODE: Final[Mapping[str, str]] = {
    "epcis_events_hard_block": "The plan allows no more, not even for money. Tell the person: they need another plan.",
    "publish_blocked": "Close the blockers in `details`. Gaps may be accepted with `acknowledgeGaps: true`, "
    "but only if the "
    "person agrees: the passport shows that it was published incomplete.",
    "ambiguous_serial": "Say which: add `gtin` to `args`.",
}


def result_of(answer: ApiAnswer, brief: Sequence[str] = ()) -> CallToolResult:
    """Return the result of a call, in brief if ``brief`` names members."""
    if answer.status >= HTTPStatus.BAD_REQUEST:
        return refused(answer)
    kind = answer.headers.get("content-type", "").split(";")[0]
    if kind == "image/png":
        picture = ImageContent(data=base64.b64encode(answer.body).decode(), mime_type=kind)
        return CallToolResult(content=[picture], structured_content={"status": answer.status, "data": None})
    data, omitted = _fitting(_brief(_value(answer, kind), brief))
    found = {"status": answer.status, "data": data, **_from_headers(answer.headers)}
    return _result(found | ({"omitted": omitted} if omitted else {}))


def refused(answer: ApiAnswer) -> CallToolResult:
    """Return a refusal of the API as an error that a model can read."""
    envelope = _read(answer.body)
    told = envelope if isinstance(envelope, dict) else {}
    code = str(told.get("error", "error"))
    return refusal(
        code,
        str(told.get("message", "The server gave no reason.")),
        status=answer.status,
        advice=BY_CODE.get(code) or ADVICE.get(answer.status, "Tell the person; repeating it will not help."),
        **{name: told[name] for name in ("details",) if name in told},
        **({"retryAfter": answer.headers["retry-after"]} if "retry-after" in answer.headers else {}),
    )


def refusal(code: str, message: str, *, status: int = 0, **members: Any) -> CallToolResult:
    """Return an error; status 0 says that the API was not asked."""
    return _result({"status": status, "error": code, "message": message, **members}, is_error=True)


def _result(found: dict[str, Any], *, is_error: bool = False) -> CallToolResult:
    text = orjson.dumps(found).decode()
    return CallToolResult(content=[TextContent(text=text)], structured_content=found, is_error=is_error)


def _value(answer: ApiAnswer, kind: str) -> Any:
    """Return the JSON of an answer, or what stands for it."""
    if kind.endswith("json"):
        found = _read(answer.body)
        return found["data"] if isinstance(found, dict) and found.keys() == {"data"} else found
    if kind.startswith("text/") or kind.endswith("+xml"):
        return {"mediaType": kind, "text": answer.body.decode(errors="replace")}
    return {"mediaType": kind, "base64": base64.b64encode(answer.body).decode()} if answer.body else None


def _read(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _brief(data: Any, brief: Sequence[str]) -> Any:
    """Return data with what is in ``brief`` of what they tell of: items, fields, results of a batch, or one thing."""
    if not brief or not isinstance(data, dict):
        return data
    for rows in ("items", "fields"):
        if isinstance(data.get(rows), list):
            return {**data, rows: [_picked(row, brief) for row in data[rows]]}
    if isinstance(data.get("results"), list):
        results = [{**row, "data": _picked(row["data"], brief)} if "data" in row else row for row in data["results"]]
        return {**data, "results": results}
    return _picked(data, brief)


def _picked(thing: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: thing[name] for name in names if name in thing}


def _fitting(data: Any) -> tuple[Any, list[str]]:
    """Return data no longer than a result may be, and what was left out: the longest members first."""
    length = len(orjson.dumps(data))
    if length <= LONGEST:
        return data, []
    if not isinstance(data, dict):
        return None, ["everything: it is too long; ask for less, or use the API itself"]
    sizes = sorted(((len(orjson.dumps(value)), name) for name, value in data.items()), reverse=True)
    omitted: list[str] = []
    for size, name in sizes:
        if length <= LONGEST:
            break
        length -= size
        omitted.append(name)
    return {name: value for name, value in data.items() if name not in omitted}, omitted


def _from_headers(headers: Mapping[str, str]) -> dict[str, str]:
    found = {}
    if "etag" in headers:
        found["etag"] = headers["etag"]
    token = _next(headers.get("link", ""))
    if token:
        found["nextPageToken"] = token
    return found


def _next(link: str) -> str | None:
    match = _NEXT.search(link)
    return unquote(match[1]) if match else None
