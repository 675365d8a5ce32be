"""The JSON-LD context of the Verifiable Credentials Data Model 2.0, as far as credentials like ours need it.

Written by us from the specification: its terms are facts (Appendix B.1 and the term definitions of section 4).
"""

from __future__ import annotations

from typing import Any

W3C = "https://www.w3.org/ns/credentials/v2"
CRED = "https://www.w3.org/2018/credentials#"
XSD = "http://www.w3.org/2001/XMLSchema#"
ALIASES = {"id": "@id", "type": "@type"}
TEXTS = {"name": "https://schema.org/name", "description": "https://schema.org/description"}
THINGS = (
    "confidenceMethod", "credentialSchema", "credentialStatus", "credentialSubject", "evidence", "issuer",
    "refreshService", "relatedResource", "renderMethod", "termsOfUse",
)  # fmt: skip
DATES = ("validFrom", "validUntil")


def w3c_context() -> dict[str, Any]:
    """The document under the address of the W3C."""
    within = {
        "@protected": True,
        **ALIASES,
        **TEXTS,
        **{name: {"@id": CRED + name, "@type": "@id"} for name in THINGS},
        **{name: {"@id": CRED + name, "@type": f"{XSD}dateTime"} for name in DATES},
    }
    terms = {
        "@version": 1.1,
        "@protected": True,
        **ALIASES,
        **TEXTS,
        "VerifiableCredential": {"@id": f"{CRED}VerifiableCredential", "@context": within},
    }
    return {"@context": terms}
