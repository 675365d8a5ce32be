"""Host names to addresses: asked of the DNS alone, by code that gives up on time."""

from __future__ import annotations

import ipaddress
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

from tracepass.core.addresses import Address

PATIENCE_SECONDS = 5.0
_LOOPBACK = (ipaddress.IPv4Address("127.0.0.1"), ipaddress.IPv6Address("::1"))


class NameNotFound(Exception):
    """There is no such name, or it has no address."""


class NamesAway(Exception):
    """Whether there is such a name could not be found out now."""


class Names(Protocol):
    """Whoever knows the addresses of names."""

    async def addresses(self, host: str) -> list[Address]:
        """Return the addresses of a name.

        Raises:
            NameNotFound: it has none.
            NamesAway: that could not be found out.
        """
        ...


class DnsNames:
    """The DNS, asked for the name as it is, without the local network's search list; ``resolver`` is the machine's."""

    def __init__(
        self, resolver: dns.asyncresolver.Resolver | None = None, *, seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._resolver = resolver
        self._seconds = seconds

    async def addresses(self, host: str) -> list[Address]:
        """Return the addresses of a name; of ``localhost`` without asking (RFC 6761 6.3).

        Raises:
            NameNotFound: it has none.
            NamesAway: no server gave an answer in time.
        """
        if host.rpartition(".")[2] == "localhost":
            return list(_LOOPBACK)
        try:
            resolver = self._resolver or dns.asyncresolver.get_default_resolver()
            found = await resolver.resolve_name(host, lifetime=self._seconds, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer) as error:
            raise NameNotFound(str(error)) from error
        except (dns.exception.DNSException, OSError) as error:
            raise NamesAway(str(error)) from error
        return [ipaddress.ip_address(text) for text in found.addresses()]
