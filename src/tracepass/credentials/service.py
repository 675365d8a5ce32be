"""Credentials of published passports, made when somebody asks for one."""

from __future__ import annotations

from typing import Any, Final

import orjson

from tracepass.core.mongo import Document
from tracepass.core.tenancy import Environment, Tenancy
from tracepass.credentials.content import Facts, credential_of
from tracepass.credentials.context import context_of
from tracepass.credentials.keys import SigningKeys
from tracepass.credentials.repository import INDEXES
from tracepass.passports.models import Credential
from tracepass.templates.service import Templates

HEADER: Final = {"typ": "vc+jwt", "cty": "vc"}
"""What is signed, and how (Securing Verifiable Credentials using JOSE and COSE, 3.1.1)."""

__all__ = ["INDEXES", "Credentials", "SigningKeys"]


class Credentials:
    """Signs what scanners are shown; ``origin`` is where the terms and the keys are served."""

    def __init__(self, keys: SigningKeys, templates: Templates, *, origin: str) -> None:
        self._keys = keys
        self._templates = templates
        self._origin = origin

    @property
    def context(self) -> dict[str, Any]:
        """Return the JSON-LD context of our terms."""
        return context_of(f"{self._origin}/vocab")

    def keys_of(self, slug: str, environment: Environment) -> str:
        """Return the address of the DID document of a workspace."""
        return f"{self._keys.issuer(slug, environment).address}/did.json"

    async def attest(self, claim: Document) -> Credential:
        """Return the credential of a claim that may be shown, with its page and JSON-LD.

        The same content under the same key is the same text, so it can be kept anywhere.
        """
        tenancy = Tenancy(claim["workspaceId"], claim["environment"])
        page: dict[str, Any] = orjson.loads(claim["page"])
        issuer = self._keys.issuer(page["publisher"]["slug"], tenancy.environment)
        key = await self._keys.current(tenancy)
        category = self._templates.category_label(self._templates.get(page["category"], page["templateVersion"]), "en")
        facts = Facts(issuer.did, self._origin, category)
        content = credential_of(page, orjson.loads(claim["jsonld"]), facts, edition=claim["edition"])
        header = {**HEADER, "kid": issuer.method(key["thumbprint"])}
        return Credential(self._keys.pair(key).sign(header, orjson.dumps(content)))
