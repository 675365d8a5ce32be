"""Slows down who tries again and again: by account and by address, over all processes, without making anybody wait.

An attempt is counted before it is known to fail, so that a thousand at once are not a thousand free tries. Accounts
that do not exist are counted like those that do.
"""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tracepass.core.clock import Clock
from tracepass.core.errors import Refusal
from tracepass.core.mongo import Database
from tracepass.identity.access_repository import AttemptDirectory
from tracepass.identity.models import email_key, hash_secret

FORGOTTEN_AFTER: Final = timedelta(days=1)
RACES: Final = 5
NETWORK_BITS: Final = 64
"""What one IPv6 customer has at least (RFC 6177), so an address alone tells nobody apart."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast something may be tried: ``free`` times at once, then after 1, 2, 4 ... ``cap`` seconds."""

    kind: str
    free: int
    cap: int


SIGN_IN_ACCOUNT: Final = Pace("sign-in/account", 5, 60)
"""Capped low: a stranger who fails on purpose must not keep a person out for long."""
SIGN_IN_ADDRESS: Final = Pace("sign-in/address", 20, 900)
REGISTER_ADDRESS: Final = Pace("register/address", 20, 900)
RESET_ADDRESS: Final = Pace("reset/address", 20, 900)
RESET_ACCOUNT: Final = Pace("reset/account", 3, 3600)
INVITE_WORKSPACE: Final = Pace("invite/workspace", 50, 3600)


@dataclass(frozen=True, slots=True)
class Attempt:
    """Something tried, by the account or the address it is counted under."""

    pace: Pace
    name: str

    @property
    def id(self) -> str:
        """Return the name of its counter."""
        return f"{self.pace.kind}/{self.name}"


def at_account(pace: Pace, email: str) -> Attempt:
    """Count under an account; the counter does not tell whose it is."""
    return Attempt(pace, hash_secret(email_key(email)))


def at_address(pace: Pace, address: str | None) -> Attempt:
    """Count under an address."""
    return Attempt(pace, _neighbourhood(address))


class TooManyAttempts(Refusal):
    """It was tried too often; ``seconds`` from now it may be tried again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(
            "rate_limited",
            f"That was tried too often. Try again in {seconds} s.",
            details={"retryAfter": seconds},
            headers={"Retry-After": str(seconds)},
        )


class Throttle:
    """Counts attempts."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._attempts = AttemptDirectory(database)
        self._clock = clock

    async def take(self, *attempts: Attempt) -> None:
        """Count attempts, in this order.

        Raises:
            TooManyAttempts: one comes too early; those after it are not counted.
        """
        for attempt in attempts:
            await self._take(attempt)

    async def _take(self, attempt: Attempt) -> None:
        now, pace = self._clock(), attempt.pace
        wait = 0.0
        # Two that make the counter at once: one finds it there, and looks again.
        for _ in range(RACES):
            milliseconds = int(now.timestamp() * 1000)
            if await self._attempts.take(
                attempt.id, now=milliseconds, free=pace.free, cap=pace.cap, purge_at=now + FORGOTTEN_AFTER
            ):
                return
            wait = await self._attempts.not_before(attempt.id) - milliseconds
            if wait > 0:
                break
        raise TooManyAttempts(max(1, math.ceil(wait / 1000)))

    async def give_back(self, attempt: Attempt) -> None:
        """Take back one attempt, because it was none."""
        await self._attempts.give_back(attempt.id, free=attempt.pace.free)

    async def forget(self, attempt: Attempt) -> None:
        """Begin to count anew, because one succeeded."""
        await self._attempts.forget(attempt.id)


def _neighbourhood(address: str | None) -> str:
    """Return what one customer's addresses have in common."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return address or "local"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(found), NETWORK_BITS), strict=False).network_address)
    return str(getattr(found, "ipv4_mapped", None) or found)
