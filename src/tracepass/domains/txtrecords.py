"""TXT records in DNS (RFC 1035 3.3.14): how the owner of a domain shows that it is theirs."""

from __future__ import annotations

from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.resolver

PATIENCE_SECONDS = 5.0


class DnsSilent(Exception):
    """DNS gave no answer, neither yes nor no."""


class TxtRecords(Protocol):
    """Where TXT records are looked up."""

    async def find(self, name: str) -> list[str]:
        """Return the texts at a name, none if it has none.

        Raises:
            DnsSilent: nobody could be asked.
        """
        ...


class DnsTxtRecords:
    """The DNS, by the servers that this machine is configured to ask."""

    async def find(self, name: str) -> list[str]:
        """Return the texts at a name, none if it has none.

        Raises:
            DnsSilent: nobody could be asked.
        """
        try:
            found = await dns.asyncresolver.resolve(name, "TXT", lifetime=PATIENCE_SECONDS, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise DnsSilent(name) from error
        return [b"".join(record.strings).decode("utf-8", "replace") for record in found]
