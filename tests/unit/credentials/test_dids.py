"""Names of companies: where they lead, and what stands there."""

from __future__ import annotations

from typing import Any

import pytest

from tracepass.credentials.dids import Issuer
from tracepass.credentials.signing import KeyPair, thumbprint


@pytest.mark.parametrize(
    ("origin", "environment", "did", "address"),
    [
        ("https://id.example", "live", "did:web:id.example:did:acme", "https://id.example/did/acme"),
        ("https://id.example", "test", "did:web:id.example:did:test:acme", "https://id.example/did/test/acme"),
        ("http://localhost:8000", "live", "did:web:localhost%3A8000:did:acme", "http://localhost:8000/did/acme"),
    ],
)
def test_a_name_leads_to_its_document(origin: str, environment: str, did: str, address: str) -> None:
    issuer = Issuer(origin, "acme", "test" if environment == "test" else "live")
    assert (issuer.did, issuer.address) == (did, address)


def test_a_company_named_test_is_not_the_tests_of_another() -> None:
    assert Issuer("https://a.example", "test", "live").address != Issuer("https://a.example", "acme", "test").address


def test_the_document_and_the_key_set_name_the_same_keys() -> None:
    issuer, public = Issuer("https://id.example", "acme", "live"), KeyPair.fresh().public_jwk
    key: dict[str, Any] = {"thumbprint": thumbprint(public), "publicJwk": public}
    (method,) = issuer.document([key])["verificationMethod"]
    (published,) = issuer.jwks([key])["keys"]
    assert method["id"] == published["kid"] == issuer.method(key["thumbprint"])
    assert method["publicKeyJwk"]["kid"] == key["thumbprint"]
    assert "d" not in published
