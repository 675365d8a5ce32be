"""What a credential says: the public face of a passport, and nothing else, in the shape of UNTP's passport.

It is made of the very data that a scan answers, so whatever a scan does not show cannot get into it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracepass.credentials.context import CORE, LINKS, PATH, STATUS, W3C

Json = dict[str, Any]

GTIN_SCHEME: Final = {
    "type": ["IdentifierScheme"],
    "id": "https://ref.gs1.org/voc/gtin",
    "name": "Global Trade Item Number (GTIN)",
}
GLN_SCHEME: Final = {
    "type": ["IdentifierScheme"],
    "id": "https://ref.gs1.org/voc/globalLocationNumber",
    "name": "Global Location Number (GLN)",
}
MASSES: Final = ("battery_mass", "net_mass")
"""Fields that hold the mass of one product."""
UNIT_CODES: Final = {"kg": "KGM", "g": "GRM"}
"""Units of mass, and their codes of UNECE Recommendation 20."""
ROLES: Final = ("importer", "authorisedRepresentative", "distributor", "recycler", "producerResponsibilityOrg")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_OWN: Final = ("passportId", "version", "templateVersion", "environment", "publishedAt", "updatedAt")


@dataclass(frozen=True, slots=True)
class Facts:
    """Whom a credential is of, and where its terms stand; addresses without a trailing slash."""

    issuer: str
    origin: str
    category: str
    """The name of the category, in English."""

    @property
    def vocabulary(self) -> str:
        """Return where our terms stand."""
        return f"{self.origin}/vocab"


def credential_of(page: Mapping[str, Any], document: Mapping[str, Any], facts: Facts, *, edition: str) -> Json:
    """Return a credential of the Verifiable Credentials Data Model 2.0.

    ``page`` and ``document`` are what scanners are shown of the passport, as data of the page and as JSON-LD.
    """
    link = page["gs1"]["digitalLinkUri"]
    credential: Json = {
        "@context": [W3C, facts.origin + PATH, _fields_context(document["@context"])],
        "id": f"{link}#credential-{edition}",
        "type": ["VerifiableCredential", "DigitalProductPassport"],
        "issuer": {"type": ["CredentialIssuer"], "id": facts.issuer, "name": page["publisher"]["name"]},
        **_validity(page),
        "credentialStatus": {"id": f"{link}?format=vc", "type": STATUS},
        "credentialSubject": _subject(page, document, facts),
    }
    return credential


def _fields_context(context: Mapping[str, Any]) -> Json:
    """Return the terms of the fields: those of the public JSON-LD, which know nothing of what stands around them."""
    envelope = {name: term for name, term in context.items() if name != "fields"}
    return {
        "characteristics": {
            "@id": f"{CORE}characteristics",
            "@context": [None, envelope, context["fields"]["@context"]],
        }
    }


def _validity(page: Mapping[str, Any]) -> Json:
    """Return from when on this was so, and until when it shall be."""
    until = page.get("expiresAt")
    if until is None:
        return {"validFrom": page["updatedAt"]}
    return {"validFrom": min(page["updatedAt"], until), "validUntil": until}


def _subject(page: Mapping[str, Any], document: Mapping[str, Any], facts: Facts) -> Json:
    subject: Json = {
        "type": ["ProductPassport"],
        "id": f"{page['gs1']['digitalLinkUri']}#passport",
        "granularityLevel": page["granularity"],
        "product": _product(page, document, facts),
        **_circularity(document["fields"]),
        **{name: page[name] for name in _OWN if page.get(name) is not None},
    }
    if page.get("publishedIncomplete"):
        subject["publishedIncomplete"] = True
    return subject | {name: document[name] for name in (*LINKS, "batteryStatus") if name in document}


def _product(page: Mapping[str, Any], document: Mapping[str, Any], facts: Facts) -> Json:
    gs1, product, parties = page["gs1"], page["product"], page["parties"]
    fields = document["fields"]
    known = {
        "model": product["model"],
        "description": _description(product),
        "batchNumber": gs1["lot"],
        "serialNumber": gs1["serialNumber"],
        "productImage": [_image(url, product["name"]) for url in document.get("image", ())],
        "producedByParty": _party(parties["manufacturer"]) if "manufacturer" in parties else None,
        **{role: _party(parties[role]) for role in ROLES if role in parties},
        "productionDate": _matching(_DAY, fields.get("manufacturing_date")),
        "countryOfProduction": _matching(_COUNTRY, fields.get("country_of_manufacture")),
        "dimensions": _dimensions(fields),
    }
    return {
        "type": ["Product"],
        "id": gs1["digitalLinkUri"],
        "name": product["name"],
        "registeredId": gs1["gtin"],
        "idScheme": GTIN_SCHEME,
        "productCategory": [_classification(page["category"], facts)],
        **{name: value for name, value in known.items() if value},
        "characteristics": {key: value for key, value in fields.items() if value is not None},
    }


def _description(product: Mapping[str, Any]) -> Json | str | None:
    text, locale = product.get("description"), product.get("sourceLocale")
    return {"@value": text, "@language": locale} if text and locale else text


def _image(address: str, name: str) -> Json:
    return {"type": ["Link"], "linkURL": address, "linkName": name, "linkType": "https://ref.gs1.org/voc/image"}


def _classification(category: str, facts: Facts) -> Json:
    return {
        "type": ["Classification"],
        "id": f"{facts.vocabulary}/{category}",
        "code": category,
        "name": facts.category,
        "schemeID": facts.vocabulary,
        "schemeName": "Categories of TracePass",
    }


def _party(party: Mapping[str, Any]) -> Json:
    gln = party.get("gln")
    known = {
        "id": None if gln is None else f"https://id.gs1.org/417/{gln}",
        "registeredId": gln,
        "idScheme": None if gln is None else GLN_SCHEME,
        "registrationCountry": party.get("country"),
        "organisationWebsite": party.get("url"),
        "legacyOperatorId": party.get("legacyOperatorId"),
    }
    named = {"type": ["Party"], "name": party["legalName"]}
    return named | {name: value for name, value in known.items() if value is not None}


def _matching(pattern: re.Pattern[str], value: Any) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def _dimensions(fields: Mapping[str, Any]) -> Json | None:
    for key in MASSES:
        mass = fields.get(key)
        if isinstance(mass, dict) and mass.get("unitText") in UNIT_CODES and mass.get("value") is not None:
            weight = {"type": ["Measure"], "value": mass["value"], "unit": UNIT_CODES[mass["unitText"]]}
            return {"type": ["Dimension"], "weight": weight}
    return None


def _circularity(fields: Mapping[str, Any]) -> Json:
    """Return the share of recycled material, which UNTP writes as a number between 0 and 1."""
    share = fields.get("recycled_content_total")
    if not isinstance(share, dict) or not isinstance(share.get("value"), int | float):
        return {}
    content = round(share["value"] / 100, 6)
    return {"circularityScorecard": {"type": ["CircularityPerformance"], "recycledContent": content}}
