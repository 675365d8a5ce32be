"""Furnishes a workspace with one of everything that an export tells of."""

from __future__ import annotations

from typing import Any

import httpx2
from tests.conftest import Make, new_gtin
from tests.values_factory import value_of

from tracepass.assembly import packaged_templates
from tracepass.templates.models import Template

EVENT = {
    "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", {"ex": "https://ns.example.com/"}],
    "type": "ObjectEvent",
    "eventTime": "2026-06-01T12:00:00.000Z",
    "eventTimeZoneOffset": "+02:00",
    "action": "OBSERVE",
    "epcList": ["https://id.gs1.org/01/04012345000016/21/1"],
    "ex:temperature": [{"ex:max": 21.0}, {"ex:max": 22.5}],
}
PLACES = {
    "@context": EVENT["@context"],
    "type": "EPCISDocument",
    "schemaVersion": "2.0",
    "creationDate": "2026-06-01T12:00:00.000Z",
    "epcisHeader": {
        "epcisMasterData": {
            "vocabularyList": [
                {
                    "type": "urn:epcglobal:epcis:vtype:ReadPoint",
                    "vocabularyElementList": [
                        {
                            "id": "https://id.gs1.org/414/4012345000009",
                            "attributes": [{"id": "urn:epcglobal:cbv:mda#name", "attribute": "Tür «1»"}],
                            "children": ["https://id.gs1.org/414/4012345000009/254/1"],
                        }
                    ],
                }
            ]
        }
    },
    "epcisBody": {"eventList": []},
}
PARTY = {"legalName": 'Voltwerk "Energie" \\ GmbH\n2. Zeile', "gln": "4012345000009", "country": "DE"}


def values_of(template: Template) -> dict[str, Any]:
    """A value for every field that people fill."""
    return {key: {"value": value_of(field)} for key, field in template.fields.items() if field.filled_by != "system"}


async def fill_passport(client: httpx2.AsyncClient, make_product: Make, category: str) -> dict[str, Any]:
    """Make a passport of a category that says something in every field."""
    product = await make_product(client, category=category)
    template = packaged_templates().get(category)
    body = {
        "productId": product["_id"],
        "gs1": {"gtin": new_gtin(), "serialNumber": "F-1"},
        "fields": values_of(template),
        "parties": {"manufacturer": PARTY},
    }
    answer = await client.post("/api/v1/passports", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def furnish(client: httpx2.AsyncClient, make_product: Make) -> dict[str, Any]:
    """Make one of everything: a product, its published passport with a translation and a pending value, and so on."""
    passport = await fill_passport(client, make_product, "battery")
    path = f"/api/v1/passports/{passport['_id']}"
    translated = next(key for key, field in packaged_templates().get("battery").fields.items() if field.translatable)
    await _sent(client.put(f"{path}/fields/{translated}/translations/fr", json={"value": "À vérifier\t\u2028«x»"}))
    await _sent(client.patch(f"{path}/fields/{translated}", json={"value": "Neu", "source": "supplier"}))
    await _sent(client.post(f"{path}/publish", json={"acknowledgeGaps": True}))
    link = {
        "anchor": f"/01/{passport['gs1']['gtin']}",
        "linkType": "gs1:pip",
        "href": "https://brand.example/p",
        "title": "More",
        "hreflang": ["de", "en"],
    }
    lots = "/api/v1/lots"
    lot = await _sent(client.post(lots, json={"productId": passport["productId"], "lotNumber": "L", "quantity": 1.5}))
    trace = {"origin_entity_id": lot["id"], "origin_model_name": "Lot", "key": "K", "system": "other"}
    service = {"kind": "part_replacement", "at": "2026-02-01T00:00:00Z", "parts": [{"name": "Cell"}]}
    reading = {"field": "soce", "value": 97.5, "measuredAt": "2026-02-01T00:00:00Z", "externalId": "g-1"}
    return {
        "measured": await _sent(client.post(f"{path}/measurements", json={"measurements": [reading]})),
        "service": await _sent(client.post(f"{path}/service-events", json=service)),
        "lot": lot,
        "trace": (await _sent(client.post("/api/v1/traces", json={**trace, "bring_forward": True})))["data"],
        "passport": passport,
        "translated": translated,
        "file": await _sent(client.post("/api/v1/files", files={"file": ("a.pdf", b"%PDF-1.7 x", "application/pdf")})),
        "link": await _sent(client.post("/api/v1/links", json=link)),
        "event": await _sent(client.post("/api/v1/epcis/events", json=EVENT)),
        "places": await _sent(client.post("/api/v1/epcis/capture", json=PLACES)),
        "choice": await _sent(client.put("/api/v1/epcis/visibility", json={"publicBizSteps": ["shipping"]})),
    }


async def _sent(answer: Any) -> dict[str, Any]:
    found: httpx2.Response = await answer
    assert found.is_success, found.text
    return dict(found.json())
