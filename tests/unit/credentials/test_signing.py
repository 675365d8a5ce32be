"""Signatures: the same for the same content, and read by the libraries of others."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.jwk import ECKey
from jwcrypto import jwk

from tracepass.credentials.signing import KeyPair, thumbprint


def test_the_same_content_under_the_same_key_is_the_same_text() -> None:
    pair = KeyPair.fresh()
    again = KeyPair.read(pair.secret)
    assert pair.sign({"typ": "vc+jwt"}, b"{}") == again.sign({"typ": "vc+jwt"}, b"{}")
    assert pair.sign({}, b"{}") != KeyPair.fresh().sign({}, b"{}")


def test_another_library_reads_the_signature() -> None:
    for _ in range(50):
        pair = KeyPair.fresh()
        read = jws.deserialize_compact(
            pair.sign({"kid": "a"}, b"content"), ECKey.import_key(dict(pair.public_jwk)), ["ES256"]
        )
        assert (read.payload, read.headers()["kid"]) == (b"content", "a")


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    public = KeyPair.fresh().public_jwk
    assert thumbprint(public) == jwk.JWK(**public).thumbprint()


def test_what_is_no_key_of_the_curve_is_refused() -> None:
    for other in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        secret = other.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        with pytest.raises(ValueError, match="P-256"):
            KeyPair.read(secret)
