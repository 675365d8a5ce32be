"""Which addresses are of the public internet, as a pure rule: everything else a stranger's URL must not make us call.

The table is written by hand after IANA's special-purpose registries (RFC 6890, as of 2026) and what clouds put where: a
library's idea of a global address has changed before, and knows no metadata services.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_KINDS: Mapping[str, str] = {
    # IPv4
    "0.0.0.0/8": "this network (RFC 791)",
    "10.0.0.0/8": "private (RFC 1918)",
    "100.64.0.0/10": "shared behind carriers (RFC 6598)",
    "127.0.0.0/8": "loopback (RFC 1122)",
    "168.63.129.16/32": "a cloud's metadata service",
    "169.254.0.0/16": "link-local, where clouds keep their metadata services (RFC 3927)",
    "172.16.0.0/12": "private (RFC 1918)",
    "192.0.0.0/24": "assigned to protocols (RFC 6890)",
    "192.0.2.0/24": "documentation (RFC 5737)",
    "192.31.196.0/24": "a sink of reverse look-ups (RFC 7535)",
    "192.52.193.0/24": "multicast tunnels (RFC 7450)",
    "192.88.99.0/24": "relays of 6to4 (RFC 7526)",
    "192.168.0.0/16": "private (RFC 1918)",
    "192.175.48.0/24": "a sink of reverse look-ups (RFC 7534)",
    "198.18.0.0/15": "benchmarking (RFC 2544)",
    "198.51.100.0/24": "documentation (RFC 5737)",
    "203.0.113.0/24": "documentation (RFC 5737)",
    "224.0.0.0/4": "multicast (RFC 5771)",
    "240.0.0.0/4": "reserved (RFC 1112)",
    # IPv6
    "::/128": "unspecified (RFC 4291)",
    "::1/128": "loopback (RFC 4291)",
    "::ffff:0:0/96": "an IPv4 address in disguise (RFC 4291)",
    "::ffff:0:0:0/96": "an IPv4 address in disguise (RFC 2765)",
    "::/96": "an IPv4 address in disguise (RFC 4291)",
    "64:ff9b::/96": "translated to IPv4 (RFC 6052)",
    "64:ff9b:1::/48": "translated to IPv4 in a local network (RFC 8215)",
    "100::/64": "discarded (RFC 6666)",
    "100:0:0:1::/64": "a dummy (RFC 9780)",
    "2001::/32": "a Teredo tunnel (RFC 4380)",
    "2001:2::/48": "benchmarking (RFC 5180)",
    "2001::/23": "assigned to protocols (RFC 2928)",
    "2001:db8::/32": "documentation (RFC 3849)",
    "2002::/16": "a 6to4 tunnel (RFC 3056)",
    "2620:4f:8000::/48": "a sink of reverse look-ups (RFC 7534)",
    "3fff::/20": "documentation (RFC 9637)",
    "5f00::/16": "segment routing (RFC 9602)",
    "fc00::/7": "private (RFC 4193)",
    "fe80::/10": "link-local (RFC 4291)",
    "fec0::/10": "private to a site (RFC 3879)",
    "ff00::/8": "multicast (RFC 4291)",
}
_TABLE: tuple[tuple[Network, str], ...] = tuple((ipaddress.ip_network(text), kind) for text, kind in _KINDS.items())
_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that IANA gives to the public of IPv6 (RFC 4291 2.4)."""


def not_public(address: Address) -> str | None:
    """Return what an address is if it is none of the public internet, else None."""
    for network, kind in _TABLE:
        if address.version == network.version and address in network:
            return kind
    if isinstance(address, ipaddress.IPv6Address) and address not in _UNICAST:
        return "not given to the public (RFC 4291)"
    return None if address.is_global else "not of the public internet (RFC 6890)"


def is_loopback(address: Address) -> bool:
    """Tell whether an address is this machine itself, said plainly: 127.0.0.0/8 or ::1."""
    return address.is_loopback and getattr(address, "ipv4_mapped", None) is None
