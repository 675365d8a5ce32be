"""The cookie of a session, as the header that sets or takes it (RFC 6265 4.1)."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import urlsplit

from tracepass.identity.models import SESSION_COOKIE
from tracepass.identity.sessions import LIFETIME

LOCAL_NAMES: Final = frozenset({"localhost"})


def session_cookie(secret: str, *, origin: str) -> dict[str, str]:
    """Return the header that hands a session to a browser which reaches us at an origin."""
    age = int(LIFETIME.total_seconds())
    return {"Set-Cookie": f"{SESSION_COOKIE}={secret}; {cookie_attributes(origin)}; Max-Age={age}"}


def no_session_cookie(*, origin: str) -> dict[str, str]:
    """Return the header that takes the session from the browser."""
    return {"Set-Cookie": f"{SESSION_COOKIE}=; {cookie_attributes(origin)}; Max-Age=0"}


def cookie_attributes(origin: str) -> str:
    """Return what all our cookies have: no script reads them, no other site makes the browser send them on a write.

    They travel encrypted, except to this very machine.
    """
    parts = urlsplit(origin)
    plain = parts.scheme == "http" and _is_this_machine(parts.hostname or "")
    return "Path=/; HttpOnly; SameSite=Lax" + ("" if plain else "; Secure")


def _is_this_machine(host: str) -> bool:
    if host in LOCAL_NAMES or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
