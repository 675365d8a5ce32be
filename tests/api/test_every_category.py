"""What holds for the template of every category, through HTTP and against the contract."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tracepass.assembly import packaged_templates
from tracepass.locale import LOCALES
from tracepass.templates.categories import CATEGORIES


@pytest.mark.parametrize("category", CATEGORIES)
async def test_a_template_is_served_from_memory_with_its_tag(client: httpx2.AsyncClient, category: str) -> None:
    first = await client.get(f"/api/v1/templates/{category}?lang=de")
    again = await client.get(f"/api/v1/templates/{category}?lang=de", headers={"If-None-Match": first.headers["etag"]})

    assert first.status_code == 200, first.text
    assert first.json()["category"] == category
    assert again.status_code == 304


@pytest.mark.parametrize("category", CATEGORIES)
async def test_a_product_is_made_published_and_scanned_in_every_language(
    client: httpx2.AsyncClient, make_product: Any, make_passport: Any, category: str
) -> None:
    product = await make_product(client, category=category)
    passport = await make_passport(client, productId=product["_id"], published=True)
    path = passport["gs1"]["digitalLinkUri"].removeprefix("https://id.example.test")
    template = packaged_templates().get(category)

    for locale in LOCALES:
        page = await client.get(f"{path}?lang={locale}", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert f'lang="{locale}"' in page.text
    data = (await client.get(path, headers={"Accept": "application/ld+json"})).json()

    assert data["category"] == template.category
    assert passport["fieldCounts"]["total"] == len(template.fields)
