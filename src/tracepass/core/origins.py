"""Where this installation is reached: as its settings say, never as a stranger's request claims."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass

from tracepass.settings import Settings

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Origins:
    """Where clients and scanners reach this installation."""

    api: str
    resolver: str

    @property
    def vocabulary(self) -> str:
        """Return the address under which the terms of JSON-LD answers stand."""
        return f"{self.api}/vocab"


def origins_for(settings: Settings, *, peer: str | None, headers: Mapping[str, str]) -> Origins:
    """Return the origins for one request.

    The configured ones, where there are any. Where neither public nor resolver URL is set, a peer among the trusted
    proxies is believed what it says in ``X-Forwarded-Proto`` and ``X-Forwarded-Host`` (or the ``Host`` it passed on);
    without it, or from anybody else, the bound host and port.

    ``headers`` are looked up by their names in lower case.
    """
    configured = Origins(settings.api_origin, settings.resolver_origin)
    if settings.public_url or settings.resolver_url or not _is_trusted(settings, peer):
        return configured
    asked = _forwarded(headers)
    return configured if asked is None else Origins(asked, asked)


def client_address(settings: Settings, *, peer: str | None, headers: Mapping[str, str]) -> str | None:
    """Return the address a request comes from, or None over a Unix socket.

    A trusted proxy is believed the last address in ``X-Forwarded-For`` that is no trusted proxy itself; what stands
    before it anybody can have written. ``headers`` are looked up by their names in lower case.
    """
    if not _is_trusted(settings, peer):
        return peer
    hops = [hop.strip() for hop in headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    return next((hop for hop in reversed(hops) if not _is_trusted(settings, hop)), peer)


def host_of(settings: Settings, *, peer: str | None, headers: Mapping[str, str]) -> str:
    """Return the host that a request was sent to, with its port; what a trusted proxy passes on counts before its own.

    ``headers`` are looked up by their names in lower case.
    """
    forwarded = _last(headers, "x-forwarded-host") if _is_trusted(settings, peer) else ""
    return (forwarded or headers.get("host", "")).lower()


def _is_trusted(settings: Settings, peer: str | None) -> bool:
    """Tell whether a peer is a trusted proxy; one that comes over a Unix socket has no address and is not."""
    if not settings.trusted_proxies or peer is None:
        return False
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    plain = getattr(address, "ipv4_mapped", None) or address
    return any(plain in network for network in settings.trusted_proxies)


def _forwarded(headers: Mapping[str, str]) -> str | None:
    """Return the origin a proxy was asked for; of several values the last is its own."""
    scheme = _last(headers, "x-forwarded-proto").lower()
    host = _last(headers, "x-forwarded-host") or headers.get("host", "")
    if scheme not in {"http", "https"} or not _HOST.fullmatch(host):
        return None
    return f"{scheme}://{host.lower()}"


def _last(headers: Mapping[str, str], name: str) -> str:
    return headers.get(name, "").rpartition(",")[2].strip()
