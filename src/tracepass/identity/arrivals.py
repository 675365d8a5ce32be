"""Where API keys are used from: the first use from an address that a key was never used from is a security event.

Requests pay a look into a set; what is new is written every few seconds. Of a dying process the last seconds are lost,
and noted at the next use.
"""

from __future__ import annotations

import ipaddress

from tracepass.core.clock import Clock
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.identity.models import Caller
from tracepass.identity.repository import KeyDirectory

KEPT_PER_KEY = 100
PENDING_AT_MOST = 200
KNOWN_AT_MOST = 50_000
V6_PREFIX = 64
"""An IPv6 host changes its address within its network at will; the network is what tells places apart (RFC 8981)."""


class Arrivals:
    """Remembers where keys were used from; of the addresses of a key the 100 that came last are kept."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._keys = KeyDirectory(database)
        self._log = SecurityLog(database, clock=clock)
        self._known: set[tuple[Id | None, str]] = set()
        self._new: dict[tuple[Id | None, str], Caller] = {}

    def see(self, caller: Caller, address: str | None) -> None:
        """Take note of a request; ``address`` is the client's as text, None if it has none."""
        credential = caller.credential
        if credential.kind != "api_key" or address is None:
            return
        pair = (credential.id, address)
        if pair not in self._known and len(self._new) < PENDING_AT_MOST:
            self._new[pair] = caller

    async def flush(self) -> None:
        """Write down the addresses not seen before in this process, and an event for each not seen before at all."""
        new, self._new = self._new, {}
        for (key, address), caller in new.items():
            place = place_of(address)
            if place is not None and key is not None:
                await self._write(key, place, caller)
            if len(self._known) >= KNOWN_AT_MOST:
                self._known.clear()
            self._known.add((key, address))

    async def _write(self, key: Id, place: str, caller: Caller) -> None:
        """Add an address to a key and note it, unless the key has it already."""

        async def work(session: Session) -> None:
            if await self._keys.add_address(key, place, keep=KEPT_PER_KEY, session=session):
                details = {"address": place, "name": caller.credential.name, "prefix": caller.credential.prefix}
                action, entity = "api_key.used_from_new_address", ("api_key", key)
                await self._log.note(
                    caller.tenancy, action, entity=entity, actor=caller.actor, details=details, session=session
                )

        await self._database.transact(work)


def place_of(address: str) -> str | None:
    """Return an IPv4 address as it is, and of an IPv6 address its network of 64 bits; None if it is no address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    plain = getattr(parsed, "ipv4_mapped", None) or parsed
    return str(plain) if plain.version == 4 else str(ipaddress.ip_network((plain, V6_PREFIX), strict=False))  # noqa: PLR2004 - the version of the Internet Protocol
