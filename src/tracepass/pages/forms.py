"""Proof that a form was filled in on our own page: a token in the form that fits a cookie of the browser.

It guards forms of people who are not signed in yet; with a session, the session's own token does (`csrf_token_of`).
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import Final

from tracepass.api.call import Call
from tracepass.core.errors import Refusal
from tracepass.identity.models import SESSION_COOKIE, csrf_token_of

COOKIE: Final = "tp_form"
SECRET_BYTES: Final = 32
FIELD: Final = "csrfToken"


class FormExpired(Refusal):
    """A form came from another site, or from a page opened before the browser lost its cookie."""

    def __init__(self) -> None:
        super().__init__("forbidden", "This form is no longer valid. Load the page again and send it once more.")


@dataclass(frozen=True, slots=True)
class FormToken:
    """The token of a form, and the header that sets the cookie it fits, where the browser has none."""

    token: str
    headers: dict[str, str]


def form_token(call: Call) -> FormToken:
    """Return the token for the forms of a page."""
    secret = _secret(call)
    if secret:
        return FormToken(csrf_token_of(secret), {})
    secret = secrets.token_urlsafe(SECRET_BYTES)
    secure = "; Secure" if call.origins.api.startswith("https:") else ""
    cookie = f"{COOKIE}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}"
    return FormToken(csrf_token_of(secret), {"Set-Cookie": cookie})


def check_form(call: Call, token: str) -> None:
    """Demand that a form came from our own page.

    Raises:
        FormExpired: the token does not fit the cookie, or the browser says that another site sent the form.
    """
    secret = _secret(call)
    foreign = call.headers.get("sec-fetch-site", "same-origin") != "same-origin"
    if foreign or not secret or not hmac.compare_digest(token.encode(), csrf_token_of(secret).encode()):
        raise FormExpired


def _secret(call: Call) -> str:
    """Return what the browser keeps: its session, else the cookie of forms."""
    return call.cookies.get(SESSION_COOKIE) or call.cookies.get(COOKIE) or ""
