"""Passwords: argon2id (RFC 9106), worked out beside the event loop, and never known to anyone but their owner."""

from __future__ import annotations

import asyncio
import base64
import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from tracepass.core.errors import Invalid

SHORTEST: Final = 12
LONGEST: Final = 1024
AT_ONCE: Final = 2
"""Each hash takes 64 MiB while it is worked out."""
TIME_COST, MEMORY_KIB, LANES = 3, 65_536, 4
"""The second recommended option of RFC 9106 4."""


def _hash_of_nobody() -> str:
    """Return a hash that no password has, made like all others, so that to check it takes as long."""
    salt, digest = (base64.b64encode(bytes(length)).decode().rstrip("=") for length in (16, 32))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p={LANES}${salt}${digest}"


class Passwords:
    """Hashes passwords and holds them against their hashes."""

    def __init__(self, *, time_cost: int = TIME_COST) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=MEMORY_KIB, parallelism=LANES)
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """Return the hash to store."""
        async with self._turn:
            return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def verify(self, password: str, stored: str | None) -> bool:
        """Tell whether a password fits a stored hash; None, for nobody, takes as long and never fits."""
        async with self._turn:
            fits = await asyncio.to_thread(self._fits, _normal(password), stored or _hash_of_nobody())
        return fits and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether a hash was made with other parameters than those of now."""
        return self._hasher.check_needs_rehash(stored)

    def _fits(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def check_password(password: str, *, field: str = "password") -> None:
    """Demand a length; nothing else makes passwords better (NIST SP 800-63B 3.1.1.2).

    Raises:
        Invalid: it is shorter than 12 characters or longer than 1,024.
    """
    if len(_normal(password)) < SHORTEST:
        raise Invalid({field: [f"must have at least {SHORTEST} characters"]})
    if len(password) > LONGEST:
        raise Invalid({field: [f"must have at most {LONGEST} characters"]})


def _normal(password: str) -> str:
    """Return the same text for the same characters, however a keyboard composes them (RFC 8265 4.2.2)."""
    return unicodedata.normalize("NFC", password)
