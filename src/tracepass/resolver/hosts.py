"""Which resolver a host is: the installation's own, another name of it, or the domain of a workspace."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

from tracepass.core.clock import Clock
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.origins import Origins

KEPT: Final = 1024
_DOMAIN: Final = re.compile(r"(?=.{4,253})(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*")
"""What can be a domain of a workspace: the bare names and addresses of machines are not looked up."""
REMEMBERED: Final = timedelta(seconds=5)
"""How long a process believes what it knows of a host: a domain that was deleted serves that much longer."""


class DomainOwners(Protocol):
    """Which workspace serves at a host."""

    async def owner_of(self, name: str) -> Id | None:
        """Return the workspace that has proven a domain, or None."""
        ...

    async def is_unproven(self, name: str) -> bool:
        """Tell whether a domain that nobody has proven waits for its proof."""
        ...


class HostUnproven(Refusal):
    """The host is a domain of a workspace that has not proven it yet."""

    def __init__(self, host: str) -> None:
        super().__init__("not_found", f"{host} serves nothing before its TXT record was verified.")


class Hosts:
    """Knows the hosts that requests come in at; those of the settings without a look at the database."""

    def __init__(self, owners: DomainOwners, origins: Origins, hosts: Sequence[str], *, clock: Clock) -> None:
        self._owners = owners
        self._clock = clock
        self._own = frozenset(filter(None, (urlsplit(origin).netloc for origin in (origins.api, origins.resolver))))
        self._others = frozenset(hosts) - self._own
        self._known: OrderedDict[str, tuple[datetime, Id | None, bool]] = OrderedDict()

    @property
    def names(self) -> frozenset[str]:
        """Return the hosts of the settings, without their ports."""
        return frozenset(host.partition(":")[0] for host in self._own | self._others)

    async def origin(self, host: str, usual: str) -> tuple[str, Id | None]:
        """Return the origin that a request at a host sees, and the workspace it is confined to, if it is a domain's.

        ``usual`` is the origin of a host that means nothing to us.

        Raises:
            HostUnproven: it is a domain that waits for its proof.
        """
        if host in self._own:
            return usual, None
        if host in self._others:
            return f"https://{host}", None
        name = host.partition(":")[0]
        owner, unproven = await self._look_up(name) if _DOMAIN.fullmatch(name) else (None, False)
        if unproven:
            raise HostUnproven(host)
        return (usual, None) if owner is None else (f"https://{host}", owner)

    async def _look_up(self, name: str) -> tuple[Id | None, bool]:
        now = self._clock()
        known = self._known.get(name)
        if known is None or known[0] <= now:
            owner = await self._owners.owner_of(name)
            known = now + REMEMBERED, owner, owner is None and await self._owners.is_unproven(name)
            self._known[name] = known
            self._known.move_to_end(name)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return known[1], known[2]
