"""Sealing what must be read back: webhook secrets, signing keys, answers that show a secret.

AES-256-GCM (NIST SP 800-38D) under a key derived from the installation's secret key for each purpose (HKDF, RFC 5869).
A seal names its key, so a new secret key can be set while the one before still opens what it sealed, and it is bound
to the document it stands in: moved into another, it does not open.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

VERSION = b"\x01"
NONCE_BYTES = 12
KEY_ID_BYTES = 4
_HEAD_BYTES = len(VERSION) + KEY_ID_BYTES + NONCE_BYTES


class SealBroken(Exception):
    """What was sealed was altered or moved, or its key is not here."""


class Sealing:
    """Seals with the first of its keys and opens with any of them; each is 32 bytes."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._keys = {_key_id(key): key for key in keys}
        self._current = keys[0]
        self._derived: dict[tuple[bytes, str], AESGCM] = {}

    def seal(self, plain: bytes, *, purpose: str, about: str) -> bytes:
        """Seal bytes for a purpose (``webhook-secret``) and the one document that they are ``about``."""
        key_id, nonce = _key_id(self._current), os.urandom(NONCE_BYTES)
        closed = self._cipher(key_id, purpose).encrypt(nonce, plain, _bound(purpose, about))
        return VERSION + key_id + nonce + closed

    def open(self, sealed: bytes, *, purpose: str, about: str) -> bytes:
        """Return what was sealed.

        Raises:
            SealBroken: it was altered, stands elsewhere than it was sealed for, or its key is not here any more.
        """
        key_id, nonce = sealed[1 : 1 + KEY_ID_BYTES], sealed[1 + KEY_ID_BYTES : _HEAD_BYTES]
        if sealed[:1] != VERSION or key_id not in self._keys or len(sealed) < _HEAD_BYTES:
            raise SealBroken("sealed by a key that is not here")
        try:
            return self._cipher(key_id, purpose).decrypt(nonce, sealed[_HEAD_BYTES:], _bound(purpose, about))
        except InvalidTag:
            raise SealBroken("altered, or sealed for something else") from None

    def _cipher(self, key_id: bytes, purpose: str) -> AESGCM:
        known = self._derived.get((key_id, purpose))
        if known is None:
            derivation = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"tracepass sealing {purpose}".encode())
            known = self._derived[key_id, purpose] = AESGCM(derivation.derive(self._keys[key_id]))
        return known


def _key_id(key: bytes) -> bytes:
    """Return a name of a key that tells nothing of it."""
    return hashlib.sha256(b"tracepass key id" + key).digest()[:KEY_ID_BYTES]


def _bound(purpose: str, about: str) -> bytes:
    return f"{purpose}\x00{about}".encode()
