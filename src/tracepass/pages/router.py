"""The style of the pages; its address carries its version, so it may be kept for a year."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from tracepass.pages.rendering import STYLE

router = APIRouter()
_HEADERS: Final = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


async def style(_: Request) -> Response:
    """Serve the style sheet."""
    return Response(STYLE, 200, _HEADERS, media_type="text/css")


router.add_route("/static/pages/pages.css", style, methods=["GET", "HEAD"])
