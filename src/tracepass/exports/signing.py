"""Links that open one download for a while, without a key: an expiry and its proof (HMAC-SHA-256, RFC 2104)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tracepass.core.clock import Clock
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.identity.service import challenge

LIFETIME: Final = timedelta(hours=1)
_PURPOSE: Final = b"tracepass export download v1"
_TOKEN: Final = re.compile(r"([0-9]{1,12})\.([A-Za-z0-9_-]{43})")


class LinkInvalid(Refusal):
    """A token that was not made here for this download."""

    def __init__(self) -> None:
        message = "This link was not made here; read the export for a new one."
        super().__init__("unauthorized", message, headers=challenge(None))


class LinkExpired(Refusal):
    """A token whose time is over."""

    def __init__(self) -> None:
        super().__init__("gone", "This link has expired; read the export for a new one.")


class Links:
    """Signs links, and reads them; the first key signs, each of them is believed."""

    def __init__(self, secret_keys: Sequence[bytes], *, clock: Clock) -> None:
        self._keys = [
            HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE).derive(key) for key in secret_keys
        ]
        self._clock = clock

    def token(self, export_id: Id, *, until: datetime) -> tuple[str, datetime]:
        """Return a token for a download and when it ends: in an hour, or with the export."""
        expires = min(self._clock() + LIFETIME, until).replace(microsecond=0)
        seconds = str(int(expires.timestamp()))
        return f"{seconds}.{_proof(self._keys[0], export_id, seconds)}", expires

    def check(self, export_id: Id, token: str) -> None:
        """Hold a token against a download.

        Raises:
            LinkInvalid, LinkExpired: it does not open it, or not any more.
        """
        match = _TOKEN.fullmatch(token)
        if match is None or not any(
            hmac.compare_digest(_proof(key, export_id, match[1]), match[2]) for key in self._keys
        ):
            raise LinkInvalid
        if int(match[1]) <= self._clock().timestamp():
            raise LinkExpired


def _proof(key: bytes, export_id: Id, seconds: str) -> str:
    digest = hmac.new(key, f"{export_id}.{seconds}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
