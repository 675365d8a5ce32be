"""ES256 keys and what they sign (RFC 7515, RFC 7517, RFC 7518 3.4, RFC 7638).

Signatures are deterministic (RFC 6979): the same content under the same key is the same text, wherever it is signed.
"""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

COORDINATE_BYTES: Final = 32
_ALGORITHM: Final = ec.ECDSA(SHA256(), deterministic_signing=True)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key of the curve P-256."""

    private: ec.EllipticCurvePrivateKey

    @classmethod
    def fresh(cls) -> KeyPair:
        """Make a new key."""
        return cls(ec.generate_private_key(ec.SECP256R1()))

    @classmethod
    def read(cls, secret: bytes) -> KeyPair:
        """Read a key from what `secret` returned.

        Raises:
            ValueError: it is no private key of P-256.
        """
        key = load_der_private_key(secret, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
            message = "no private key of P-256"
            raise ValueError(message)  # noqa: TRY004 - what is wrong is what the bytes hold
        return cls(key)

    @property
    def secret(self) -> bytes:
        """Return the private key, to be sealed."""
        return self.private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())

    @property
    def public_jwk(self) -> dict[str, str]:
        """Return the public key as a JWK with nothing but its required members."""
        numbers = self.private.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}

    def sign(self, header: Mapping[str, Any], payload: bytes) -> bytes:
        """Return the compact serialisation of a JWS over a payload; ``alg`` is added to the header."""
        head = orjson.dumps({"alg": "ES256", **header})
        signed = _encoded(head) + b"." + _encoded(payload)
        r, s = decode_dss_signature(self.private.sign(signed, _ALGORITHM))
        return signed + b"." + _encoded(b"".join(number.to_bytes(COORDINATE_BYTES, "big") for number in (r, s)))


def thumbprint(public_jwk: Mapping[str, str]) -> str:
    """Return the SHA-256 thumbprint of a public key (RFC 7638 3.1)."""
    required = {name: public_jwk[name] for name in ("crv", "kty", "x", "y")}
    return _encoded(hashlib.sha256(orjson.dumps(required)).digest()).decode()


def _coordinate(number: int) -> str:
    return _encoded(number.to_bytes(COORDINATE_BYTES, "big")).decode()


def _encoded(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")
