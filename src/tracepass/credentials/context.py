"""The JSON-LD context of our credentials, which stands beside that of the Verifiable Credentials Data Model 2.0.

Terms that UNTP's Digital Product Passport has are said with its names and identifiers; the rest is our own vocabulary.
``name``, ``description``, ``id`` and ``type`` are those of the W3C's context.
"""

from __future__ import annotations

from typing import Any, Final

W3C: Final = "https://www.w3.org/ns/credentials/v2"
PATH: Final = "/contexts/credential/v1"
CORE: Final = "https://test.uncefact.org/vocabulary/untp/core/0/"
DPP: Final = "https://test.uncefact.org/vocabulary/untp/dpp/0/"
COUNTRIES: Final = "https://vocabulary.uncefact.org/CountryId#"
UNITS: Final = "https://vocabulary.uncefact.org/UnitMeasureCode#"
XSD: Final = "http://www.w3.org/2001/XMLSchema#"

CLASSES: Final = (
    "CircularityPerformance", "Classification", "CredentialIssuer", "Dimension", "IdentifierScheme", "Link", "Measure",
    "Party", "Product",
)  # fmt: skip
"""Types of UNTP's core vocabulary."""
PASSPORT_CLASSES: Final = ("DigitalProductPassport", "ProductPassport")
PROPERTIES: Final = (
    "batchNumber", "circularityScorecard", "code", "dimensions", "idScheme", "linkName", "linkType", "linkURL",
    "producedByParty", "product", "productCategory", "productImage", "productionDate", "recycledContent",
    "registeredId", "schemeID", "schemeName", "serialNumber", "value", "weight", "organisationWebsite",
)  # fmt: skip
"""Properties of UNTP's core vocabulary."""
CODED: Final = {"countryOfProduction": COUNTRIES, "registrationCountry": COUNTRIES, "unit": UNITS}
"""Properties whose values are codes of a list."""
OWN: Final = (
    "authorisedRepresentative", "batteryStatus", "distributor", "environment", "importer", "legacyOperatorId",
    "passportId", "producerResponsibilityOrg", "publishedIncomplete", "recycler", "templateVersion", "version",
)  # fmt: skip
MOMENTS: Final = ("publishedAt", "updatedAt")
LINKS: Final = ("predecessorPassports", "successorPassports")
STATUS: Final = "PassportStatus"


def context_of(vocabulary: str) -> dict[str, Any]:
    """Return the context; ``vocabulary`` is the address under which our terms stand, without a trailing slash."""
    own = f"{vocabulary}/passport#"
    return {
        "@version": 1.1,
        "@protected": True,
        **{name: CORE + name for name in CLASSES},
        **{name: DPP + name for name in PASSPORT_CLASSES},
        "granularityLevel": f"{DPP}granularityLevel",
        **{name: CORE + name for name in PROPERTIES},
        **{name: _coded(CORE + name, codes) for name, codes in CODED.items()},
        "model": "https://schema.org/model",
        STATUS: own + STATUS,
        **{name: own + name for name in OWN},
        **{name: {"@id": own + name, "@type": f"{XSD}dateTime"} for name in MOMENTS},
        **{name: {"@id": own + name, "@type": "@id", "@container": "@set"} for name in LINKS},
    }


def _coded(name: str, codes: str) -> dict[str, Any]:
    return {"@id": name, "@type": "@vocab", "@context": {"@vocab": codes}}
