"""Pages as answers, with the headers that keep a signed-in person safe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.responses import Response

HTML = "text/html"


def page_answer(
    html: str, status: int = 200, *, headers: Mapping[str, str] | None = None, form_targets: Sequence[str] = ()
) -> Response:
    """Answer a page that no cache keeps, no other site frames and no script runs on.

    ``form_targets`` are origins beside our own where a form may lead: browsers hold them also against what the answer
    to a form redirects to (CSP 3, 6.4.1).
    """
    targets = " ".join(["'self'", *form_targets])
    policy = (
        f"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action {targets}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    secured = {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        # Addresses of these pages carry tokens, which must not reach the next site as a referrer.
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
    }
    return Response(html, status, {**secured, **(headers or {})}, media_type=HTML)


def see_other(location: str, *, headers: Mapping[str, str] | None = None) -> Response:
    """Send the browser to another page after a form (RFC 9110 15.4.4)."""
    secured = {"Location": location, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return Response(b"", 303, {**secured, **(headers or {})})
