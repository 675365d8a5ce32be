"""The main job, in the order an integrator does it."""

from __future__ import annotations

from typing import Any

import httpx2


async def test_from_a_product_to_a_published_passport(client: httpx2.AsyncClient, make_passport: Any) -> None:
    passport = await make_passport(client, published=True)

    shown = await client.get(f"/api/v1/passports/{passport['_id']}")

    assert shown.status_code == 200
    assert shown.json()["status"] == "published"
    assert shown.headers["etag"] == f'"{passport["version"]}"'
