"""Which pages of other sites may call the API from a browser (Fetch standard, CORS protocol)."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

OPEN = ("/api/", "/mcp")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
EXPOSED = (
    "Content-Disposition",
    "ETag",
    "GS1-CBV-Version",
    "GS1-CBV-XML-Format",
    "GS1-EPC-Format",
    "GS1-EPCIS-Version",
    "GS1-Extensions",
    "GS1-Next-Page-Token-Expires",
    "Idempotent-Replayed",
    "Link",
    "Location",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    "WWW-Authenticate",
    "X-Request-Id",
)


class CrossOrigin:
    """ASGI middleware that lets pages of given origins read answers of the API; ``*`` is every origin.

    Cookies of a session are never taken from another site: its callers bring a key or a token. What is public sets its
    own headers, for every origin.
    """

    def __init__(self, app: ASGIApp, *, origins: Sequence[str]) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=METHODS,
            allow_headers=["*"],
            expose_headers=EXPOSED,
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        is_open = scope["type"] == "http" and scope["path"].startswith(OPEN)
        await (self._open if is_open else self._app)(scope, receive, send)
