"""What a request asks for: page or data, from which kind of device (RFC 9110 12.5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from tracepass.resolver.models import Device

Wanted = Literal[
    "text/html", "application/ld+json", "application/json", "application/linkset+json", "application/vc+jwt"
]

PAGE: Final = "text/html"
LINKSET: Final = "application/linkset+json"
CREDENTIAL: Final = "application/vc+jwt"
_BY_RANGE: Final[Mapping[str, Wanted]] = {
    "text/html": "text/html",
    "application/xhtml+xml": "text/html",
    "text/*": "text/html",
    "*/*": "text/html",
    "application/ld+json": "application/ld+json",
    "application/*": "application/ld+json",
    "application/json": "application/json",
    "application/linkset+json": "application/linkset+json",
    "application/vc+jwt": "application/vc+jwt",
}
_BY_NAME: Final[Mapping[str, Wanted]] = {
    "html": "text/html",
    "jsonld": "application/ld+json",
    "json": "application/json",
    "vc": "application/vc+jwt",
}


def wanted_type(accept: str | None, name: str | None = None) -> Wanted:
    """Return the media type to answer with: the one named in the link, else the most wanted of the header, else a page.

    ``name`` is ``html``, ``jsonld``, ``json`` or ``vc``; another name is as good as none, since a link may carry
    parameters that are not ours.
    """
    if name is not None and name in _BY_NAME:
        return _BY_NAME[name]
    weighted = [_weigh(member) for member in (accept or "").split(",")]
    known = [(weight, _BY_RANGE[media]) for media, weight in weighted if media in _BY_RANGE and weight > 0]
    return max(known, key=lambda pair: pair[0])[1] if known else PAGE


def _weigh(member: str) -> tuple[str, float]:
    media, *parameters = member.lower().replace(" ", "").split(";")
    weight = next((parameter[2:] for parameter in parameters if parameter.startswith("q=")), "1")
    try:
        return media, float(weight)
    except ValueError:
        return media, 0.0


def device_of(user_agent: str) -> Device:
    """Tell a phone from a desktop by what browsers say of themselves; all that is kept is the kind."""
    if "Mobi" in user_agent or "Android" in user_agent:
        return "phone"
    desktop = ("Windows NT", "Macintosh", "X11", "CrOS")
    return "desktop" if any(system in user_agent for system in desktop) else "other"
