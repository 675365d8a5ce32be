"""A verifier of credentials that knows nothing of our code: it follows the standards, with the libraries of others.

It resolves ``did:web`` by fetching, takes the key that the header names if the issuer asserts with it, and lets
jwcrypto and joserfc judge the signature.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any
from urllib.parse import unquote

import httpx2
from joserfc import jws as joserfc_jws
from joserfc.jwk import ECKey
from jwcrypto import jwk, jws


class NotVerified(Exception):
    """The credential must not be believed."""


def part(token: str, number: int) -> Any:
    """The JSON of the header (0) or the payload (1)."""
    text = token.split(".")[number]
    return json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def address_of(did: str) -> str:
    """Where the document of a ``did:web`` is (did:web method, 3.2: Read)."""
    scheme, method, host, *path = did.split(":")
    assert (scheme, method) == ("did", "web")
    return f"https://{unquote(host)}/{'/'.join(path or ['.well-known'])}/did.json"


async def verified(client: httpx2.AsyncClient, token: str) -> Any:
    """The credential in a token, if its issuer has signed it.

    Raises:
        NotVerified: whatever there is to doubt.
    """
    try:
        header, issuer = part(token, 0), part(token, 1)["issuer"]["id"]
        assert (header["typ"], header["cty"], header["alg"]) == ("vc+jwt", "vc", "ES256")
        key = await _key(client, issuer, header["kid"])
    except (ValueError, KeyError, TypeError, AssertionError, httpx2.HTTPError) as error:
        raise NotVerified(str(error)) from error
    payload = _by_jwcrypto(token, key)
    if payload != _by_joserfc(token, key):
        raise NotVerified("two libraries read two payloads")
    return json.loads(payload)


async def _key(client: httpx2.AsyncClient, issuer: str, kid: str) -> dict[str, Any]:
    answer = await client.get(address_of(issuer))
    assert answer.status_code == 200
    document = answer.json()
    assert document["id"] == issuer
    assert kid in document["assertionMethod"]
    (method,) = [one for one in document["verificationMethod"] if one["id"] == kid]
    assert method["controller"] == issuer
    return dict(method["publicKeyJwk"])


def _by_jwcrypto(token: str, key: dict[str, Any]) -> bytes:
    read = jws.JWS()
    try:
        read.deserialize(token, jwk.JWK(**key), alg="ES256")
    except (jws.InvalidJWSSignature, jws.InvalidJWSObject) as error:
        raise NotVerified(str(error)) from error
    return bytes(read.payload)


def _by_joserfc(token: str, key: dict[str, Any]) -> bytes:
    try:
        return joserfc_jws.deserialize_compact(token.encode(), ECKey.import_key(key), ["ES256"]).payload
    except ValueError as error:
        raise NotVerified(str(error)) from error
