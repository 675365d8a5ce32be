"""The terms of JSON-LD answers lead somewhere: to their description in all languages."""

from __future__ import annotations

from typing import Any

import httpx2
from pyld import jsonld

from tracepass.locale import LOCALES
from tracepass.passports.models import ROLES

ORIGIN = "https://api.example.test"
PROPERTY = "http://www.w3.org/1999/02/22-rdf-syntax-ns#Property"


async def test_a_category_describes_each_of_its_fields_in_every_language(anonymous: httpx2.AsyncClient) -> None:
    answer = await anonymous.get("/vocab/battery")
    mass = next(term for term in answer.json()["terms"] if term["@id"] == f"{ORIGIN}/vocab/battery#battery_mass")

    assert answer.headers["content-type"] == "application/ld+json"
    assert len(answer.json()["terms"]) == 144
    assert set(mass["label"]) == set(LOCALES)
    assert mass["unit"] == "kg"


async def test_every_term_of_a_scan_is_described(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any, anonymous: httpx2.AsyncClient
) -> None:
    product = await make_product(client, defaultFieldValues={"battery_mass": 12.5})
    party = {
        "legalName": "Voltwerk Energie GmbH",
        "gln": "4012345000009",
        "country": "DE",
        "url": "https://volt.example",
    }
    parties = dict.fromkeys(ROLES, party)
    passport = await make_passport(client, productId=product["_id"], parties=parties, published=True)
    path = passport["gs1"]["digitalLinkUri"].removeprefix("https://id.example.test")
    scan = (await anonymous.get(path, headers={"Accept": "application/ld+json"})).json()
    described = set()
    for name in ("battery", "passport"):
        vocabulary = (await anonymous.get(f"/vocab/{name}")).json()
        described |= {node["@id"] for node in jsonld.flatten(vocabulary) if node.get("@type") == [PROPERTY]}

    used = {term for node in jsonld.flatten(scan) for term in node if term.startswith(f"{ORIGIN}/vocab/")}

    assert used
    assert used - described == set()


async def test_an_unknown_vocabulary_is_not_found(anonymous: httpx2.AsyncClient) -> None:
    assert (await anonymous.get("/vocab/nothing")).status_code == 404
    assert (await anonymous.get("/vocab/batteries")).status_code == 404
