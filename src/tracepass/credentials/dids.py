"""Names of companies that anybody can look up: ``did:web``, and the documents behind them (did:web method, DID 1.0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit

from tracepass.core.tenancy import Environment

DID_CONTEXT: Final = ("https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1")
_FOLDERS: Final[Mapping[Environment, str]] = {"live": "did", "test": "did/test"}


@dataclass(frozen=True, slots=True)
class Issuer:
    """A company as it signs: one name for what is real, another one for its tests."""

    origin: str
    slug: str
    environment: Environment

    @property
    def did(self) -> str:
        """Return the name; the port of the host is percent-encoded (did:web method, 3.1)."""
        host = quote(urlsplit(self.origin).netloc, safe="")
        return ":".join(("did:web", host, *_FOLDERS[self.environment].split("/"), quote(self.slug, safe="")))

    @property
    def address(self) -> str:
        """Return where the documents of the name stand, without the name of a file."""
        return f"{self.origin}/{_FOLDERS[self.environment]}/{quote(self.slug, safe='')}"

    def method(self, thumbprint: str) -> str:
        """Return the name of one key."""
        return f"{self.did}#{thumbprint}"

    def document(self, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the DID document: every key with which something that still holds may have been signed."""
        methods = [self._verification(key) for key in keys]
        return {
            "@context": list(DID_CONTEXT),
            "id": self.did,
            "verificationMethod": methods,
            "assertionMethod": [method["id"] for method in methods],
        }

    def jwks(self, keys: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Return the same keys as a JWK Set (RFC 7517), under the ``kid`` that signatures name."""
        return {"keys": [{**_public(key), "kid": self.method(key["thumbprint"])} for key in keys]}

    def _verification(self, key: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "id": self.method(key["thumbprint"]),
            "type": "JsonWebKey",
            "controller": self.did,
            "publicKeyJwk": {**_public(key), "kid": key["thumbprint"]},
        }


def _public(key: Mapping[str, Any]) -> dict[str, Any]:
    return {**key["publicJwk"], "alg": "ES256", "use": "sig"}
