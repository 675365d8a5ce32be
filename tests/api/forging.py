"""Exports that nobody exported: written by hand, with whatever an attacker wants in them."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import orjson

from tracepass.epcis.hashing import event_hash

PRODUCT_ID, PASSPORT_ID, LOT_ID = "a" * 24, "b" * 24, "01a1fe12-7943-7dc5-844f-9e01974afc0f"
AT: Final = "2026-06-01T12:00:00.000Z"
HEAD: Final[dict[str, Any]] = {"@context": {}, "@type": "TenantExport", "exportedAt": AT}
SECTIONS: Final = {
    "Product": "products",
    "Passport": "passports",
    "Template": "templates",
    "File": "files",
    "Link": "links",
    "Lot": "lots",
    "Trace": "traces",
    "LifeEntry": "lifeEntries",
    "Measurement": "measurements",
    "EpcisEvent": "epcisEvents",
    "EpcisMasterData": "epcisMasterData",
    "EpcisVisibility": "epcisVisibility",
}
Record = dict[str, Any]


def sealed(before: bytes) -> bytes:
    """Put the digest behind what was written."""
    return before + f'"digest":"sha-256:{hashlib.sha256(before).hexdigest()}"}}\n'.encode()


def forged(*records: Record | bytes, head: Record | None = None, **counts: int) -> bytes:
    """Return an export with records, its counts and its digest right; raw records count as passports."""
    found: dict[str, int] = {}
    lines = [orjson.dumps(HEAD | (head or {}))]
    for record in records:
        kind = "Passport" if isinstance(record, bytes) else str(record["@type"])
        section = SECTIONS.get(kind, kind)
        found[section] = found.get(section, 0) + 1
        lines.append(record if isinstance(record, bytes) else orjson.dumps(record))
    return sealed(b"\n".join(lines) + b'\n{"counts":' + orjson.dumps(found | counts) + b",")


def product(**members: Any) -> Record:
    """A product that can be taken in."""
    return {
        "@type": "Product",
        "_id": PRODUCT_ID,
        "name": "Pack",
        "model": "P-1",
        "category": "textile",
        "templateId": members.pop("template"),
        "defaultFieldValues": {},
        "imageUrls": [],
        "status": "active",
        "version": 1,
        "createdAt": AT,
        "updatedAt": AT,
    } | members


def passport(**members: Any) -> Record:
    """A draft of a passport that can be taken in."""
    return {
        "@type": "Passport",
        "_id": PASSPORT_ID,
        "productId": PRODUCT_ID,
        "category": "textile",
        "templateVersion": members.pop("template").partition("@")[2],
        "granularity": "item",
        "gs1": {"gtin": members.pop("gtin"), "serialNumber": "S-1"},
        "status": "draft",
        "fields": {},
        "parties": {},
        "version": 1,
        "createdAt": AT,
        "updatedAt": AT,
    } | members


def lot(**members: Any) -> Record:
    """A lot that can be taken in."""
    made = {"@type": "Lot", "_id": LOT_ID, "productId": PRODUCT_ID, "lotNumber": "L", "predecessors": []}
    return made | {"version": 1, "createdAt": AT, "updatedAt": AT} | members


def file(**members: Any) -> Record:
    """A file that can be taken in, which waits for its bytes then."""
    made = {"@type": "File", "_id": "c" * 24, "name": "a.pdf", "mediaType": "application/pdf"}
    return made | {"size": 9, "sha256": "0" * 64, "createdAt": AT} | members


def measured(**members: Any) -> Record:
    """A reading."""
    made = {"@type": "Measurement", "_id": "d" * 24, "passportId": PASSPORT_ID, "field": "capacity_fade"}
    return made | {"value": 1.5, "measuredAt": AT, "recordedAt": AT} | members


def event(number: int, **namespaces: str) -> Record:
    """An event, with prefixes that it does not need."""
    said = {
        "type": "ObjectEvent",
        "eventTime": AT,
        "eventTimeZoneOffset": "+02:00",
        "action": "OBSERVE",
        "epcList": [f"https://id.gs1.org/01/04012345000016/21/{number}"],
    }
    named = event_hash(said, namespaces)
    made = {"@type": "EpcisEvent", "_id": f"{number:024x}", "eventID": named, "hash": named, "captureId": "f" * 24}
    return made | {"recordTime": AT, "namespaces": namespaces, "event": said}
