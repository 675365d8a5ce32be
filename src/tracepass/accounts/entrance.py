"""What the routes and pages of the entrance share: where a visit comes from, and who must be a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from tracepass.api import Call
from tracepass.core.errors import Refusal
from tracepass.core.mongo import PyMongoError
from tracepass.identity.models import SESSION_COOKIE, SESSION_PREFIX, Caller, Visit
from tracepass.settings import Settings

_log = structlog.get_logger()
NOT_KEPT = {"Cache-Control": "no-store"}


def visit_of(call: Call) -> Visit:
    """Return where a call comes from."""
    return Visit(call.address, call.headers.get("user-agent"))


def session_secret(call: Call) -> str:
    """Return the secret of the session a person is signed in with.

    Raises:
        Refusal: the caller is a key or an application, not a person in a session.
    """
    if call.caller.credential.kind != "session":
        raise Refusal("forbidden", "This is for people who are signed in; a key or token cannot do it.")
    return call.cookies[SESSION_COOKIE]


async def guest(call: Call) -> Caller | None:
    """Return who is signed in, where nobody needs to be; a cookie that opens nothing counts as none.

    Raises:
        Refusal: there is a session, and the call does not come from our own pages.
    """
    if not call.cookies.get(SESSION_COOKIE, "").startswith(SESSION_PREFIX):
        return None
    try:
        await call.admit(None)
    except Refusal as refusal:
        if refusal.code == "unauthorized":
            return None
        raise
    return call.caller


def demand_open_registration(call: Call) -> None:
    """Demand that strangers may register.

    Raises:
        Refusal: the operator makes all accounts.
    """
    settings: Settings = call.app.state.settings
    if settings.registration == "closed":
        raise Refusal("forbidden", "This installation takes no registrations. Ask its operator for an account.")


def afterwards(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return work to be done once the answer is sent, so that its time tells nobody anything."""

    async def run() -> None:
        try:
            await work()
        except PyMongoError as error:
            _log.warning("database unavailable", error=type(error).__name__)

    return run
