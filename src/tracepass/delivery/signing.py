"""Signatures of what we send: ours, and those of Standard Webhooks beside them.

Ours is the HMAC-SHA-256 of ``<timestamp>.<raw body>`` in hexadecimal, keyed with the whole text of the secret. That of
Standard Webhooks 1.0 covers ``<id>.<timestamp>.<raw body>``, in base64, keyed with the bytes the secret stands for.
While a secret is being replaced, every message carries the signatures of both, the newer one first.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32
REPLAY_WINDOW_SECONDS = 300
"""How old a message may be that a receiver still believes."""


def new_secret() -> str:
    """Return a fresh secret: ``whsec_`` and 32 random bytes in base64."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature_headers(event_id: str, timestamp: int, body: bytes, *, keys: Sequence[str]) -> Mapping[str, str]:
    """Return the headers that sign a message; ``timestamp`` is in Unix seconds, ``keys`` are newest first."""
    return {
        "X-TracePass-Event-Id": event_id,
        "X-TracePass-Timestamp": str(timestamp),
        "X-TracePass-Signature": ",".join(f"v1={_own(key, timestamp, body)}" for key in keys),
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{_standard(key, event_id, timestamp, body)}" for key in keys),
    }


def _own(key: str, timestamp: int, body: bytes) -> str:
    return hmac.new(key.encode(), b"%d.%s" % (timestamp, body), hashlib.sha256).hexdigest()


def _standard(key: str, event_id: str, timestamp: int, body: bytes) -> str:
    raw = base64.b64decode(key.removeprefix(PREFIX))
    signed = hmac.new(raw, b"%s.%d.%s" % (event_id.encode(), timestamp, body), hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()
