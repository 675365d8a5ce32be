"""Tokens of pages that begin behind a text: a value of events, the name of a query, the id of a subscription."""

from __future__ import annotations

import base64
import binascii

from tracepass.core.errors import Invalid


def value_token(value: str) -> str:
    """Return the token of what follows a text."""
    return base64.urlsafe_b64encode(value.encode()).decode().rstrip("=")


def read_value_token(token: str | None) -> str | None:
    """Read the token of a page; without one it is the first.

    Raises:
        Invalid: it is none of ours.
    """
    if token is None:
        return None
    try:
        value = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        value = ""
    if not value or "\x00" in value:
        raise Invalid({"nextPageToken": ["is not a token that a page gave"]})
    return value
