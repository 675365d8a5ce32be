"""Who comes with an access grant: a program with its token, or a browser with the cookie that holds it.

Public addresses ask this of each request, so what nobody shows costs two looks into the headers and nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

from tracepass.identity.models import Caller
from tracepass.identity.service import Authenticator, Unauthorized

COOKIE: Final = "tp_access"
PREFIX: Final = "pa_"
COOKIE_PATHS: Final = ("/p", "/test", "/api/v1/files", "/access")
"""Where a browser sends the token: to pages of passports, to files they refer to, and to where it is given back."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Somebody who showed a token; ``caller`` is None if their cookie opens nothing any more."""

    caller: Caller | None
    by_cookie: bool


async def holder_of(request: Request) -> Holder | None:
    """Return who shows the token of an access grant, or None if nobody does.

    Raises:
        Unauthorized: a program's token is unknown, revoked or expired; a browser's cookie is only told to be so.
    """
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    doors: Authenticator = request.app.state.services[Authenticator]
    if kind.lower() == "bearer" and token.strip().startswith(PREFIX):
        return Holder(await doors.authenticate(token.strip()), by_cookie=False)
    if f"{COOKIE}={PREFIX}" not in request.headers.get("cookie", ""):
        return None
    try:
        return Holder(await doors.authenticate(request.cookies.get(COOKIE)), by_cookie=True)
    except Unauthorized:
        return Holder(None, by_cookie=True)


def cookies_of(token: str, *, attributes: str, seconds: int) -> list[str]:
    """Return the cookies that hand a token to a browser, or with no seconds take it back, one for each path."""
    return [f"{COOKIE}={token}; Path={path}; {attributes}; Max-Age={seconds}" for path in COOKIE_PATHS]
