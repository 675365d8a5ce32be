"""The links that mails and administrators pass on; each carries its token once."""

from __future__ import annotations

from urllib.parse import urlencode


def invitation_link(token: str, *, origin: str) -> str:
    """Return where an invitation is accepted."""
    return f"{origin}/invitations/accept?{urlencode({'token': token})}"


def reset_link(token: str, *, origin: str) -> str:
    """Return where a lost password is replaced."""
    return f"{origin}/password/reset?{urlencode({'token': token})}"
