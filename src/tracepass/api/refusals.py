"""Why a call does not pass the door: who makes it, from where, and what it sends."""

from __future__ import annotations

from tracepass.core.errors import Refusal
from tracepass.identity.service import challenge

CSRF_HEADER = "x-csrf-token"


class PayloadTooLarge(Refusal):
    """A body beyond the limit its route declares."""

    def __init__(self, limit: int) -> None:
        super().__init__(
            "payload_too_large", f"The body is larger than the {limit} bytes taken here.", details={"limit": limit}
        )


class UnsupportedMediaType(Refusal):
    """A body of another media type than the route takes."""

    def __init__(self, expected: str, actual: str) -> None:
        super().__init__(
            "unsupported_media_type",
            f"Send the body as {expected}; it came as {actual or 'no named type'}.",
            details={"expected": expected},
        )


class InsufficientScope(Refusal):
    """The credential was not given the right to do this."""

    def __init__(self, scope: str, *, origin: str | None = None) -> None:
        super().__init__(
            "insufficient_scope",
            f"This key or token lacks the scope {scope}.",
            details={"scope": scope},
            headers=challenge(origin, error="insufficient_scope", scope=scope),
        )


class Forbidden(Refusal):
    """The person's role does not include this, whatever the credential."""

    def __init__(self, role: str, scope: str) -> None:
        super().__init__(
            "forbidden", f"The role {role} does not include {scope}.", details={"role": role, "scope": scope}
        )


class CrossSite(Refusal):
    """A signed-in browser was made to write by another site, or a program sent the cookie without the token."""

    def __init__(self) -> None:
        super().__init__(
            "forbidden",
            "With a session cookie, send the `csrfToken` of your sign-in as `X-CSRF-Token`, or call from our pages.",
            details={"header": CSRF_HEADER},
        )


class GrantOpensNoMore(Refusal):
    """The token of an access grant came where none opens anything."""

    def __init__(self) -> None:
        super().__init__(
            "forbidden",
            "An access grant opens the passports it is for, and nothing else.",
            details={"credential": "access_grant"},
        )
