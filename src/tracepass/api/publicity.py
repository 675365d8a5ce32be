"""What answers to everybody have in common: open to every origin, by GET, HEAD and OPTIONS, kept for a short while."""

from __future__ import annotations

from hashlib import sha256
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

METHODS: Final = ["GET", "HEAD", "OPTIONS"]
PUBLIC: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Expose-Headers": "ETag, Link, Location, X-Request-Id",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept, Accept-Language, Accept-Encoding",
}
PREFLIGHT: Final = {
    **PUBLIC,
    "Allow": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
FRESH: Final = {"Cache-Control": "public, max-age=30, must-revalidate"}
"""Short, so that a suspension is soon seen everywhere."""
NOT_KEPT: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex"}


def preflight() -> Response:
    """Answer OPTIONS: what may be asked, from any origin (Fetch, CORS protocol)."""
    return Response(status_code=204, headers=PREFLIGHT)


def for_method(request: Request, response: Response) -> Response:
    """Leave the body out for HEAD; its length stays in the head (RFC 9110 9.3.2)."""
    if request.method == "HEAD":
        response.body = b""
    return response


def query_of(request: Request, name: str) -> str | None:
    """Return a parameter; most links have none, and parsing nothing costs more than looking."""
    return request.query_params.get(name) if request.scope["query_string"] else None


def query_string(request: Request) -> str:
    """Return the query as it was sent."""
    return bytes(request.scope["query_string"]).decode("latin-1")


def tag_of(body: bytes) -> str:
    """Return an entity tag for a body; it is weak, since codings share it (RFC 9110 8.8.3)."""
    return f'W/"{sha256(body).hexdigest()[:24]}"'


def is_fresh(request: Request, tag: str) -> bool:
    """Tell whether the reader's copy is current: a weak comparison (RFC 9110 13.1.2)."""
    header = request.headers.get("if-none-match", "")
    known = {member.strip().removeprefix("W/") for member in header.split(",")}
    return header.strip() == "*" or tag.removeprefix("W/") in known
