"""What holders of access grants see of measurements, and that nobody else sees any of it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from tests.api.granting import DATA, HTML, given, holding, path_of
from tests.conftest import Make, Office

PASSPORTS = "/api/v1/passports"


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Make) -> dict[str, Any]:
    """A published passport of a battery that told of itself three times."""
    made = dict(await make_passport(client, published=True))
    readings = [
        {"field": "soce", "value": 97.25 - day, "measuredAt": f"2026-01-{day + 1:02}T10:00:00.000Z"} for day in range(3)
    ]
    answer = await client.post(f"{PASSPORTS}/{made['_id']}/measurements", json={"measurements": readings})
    assert answer.json()["summary"]["created"] == 3
    return made


async def test_a_repairer_sees_the_newest_values_and_how_they_went(
    client: httpx2.AsyncClient, office: Office, passport: dict[str, Any]
) -> None:
    holder = holding(office, (await given(client))["token"])
    page = (await holder.get(path_of(passport), headers=HTML)).text
    assert "95.25" in page
    assert page.count("<polyline") == 1
    assert "97.25" in page
    data = (await holder.get(path_of(passport), headers=DATA)).text
    assert "95.25" in data
    shown = (await holder.get(f"{PASSPORTS}/{passport['_id']}")).json()
    assert shown["fields"]["soce"]["value"] == 95.25


async def test_the_public_and_authorities_see_nothing_of_it(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, office: Office, passport: dict[str, Any]
) -> None:
    authority = holding(office, (await given(client, role="market_surveillance"))["token"])
    for reader in (anonymous, authority):
        page = (await reader.get(path_of(passport), headers=HTML)).text
        assert "95.25" not in page
        assert "<polyline" not in page
        assert "95.25" not in (await reader.get(path_of(passport), headers=DATA)).text


async def test_a_grant_sends_no_measurements_and_lists_none(
    client: httpx2.AsyncClient, office: Office, passport: dict[str, Any]
) -> None:
    holder = holding(office, (await given(client))["token"])
    address = f"{PASSPORTS}/{passport['_id']}/measurements"
    assert (await holder.get(address)).status_code == 403
    reading = {"field": "soce", "value": 1, "measuredAt": "2026-01-09T10:00:00Z"}
    assert (await holder.post(address, json={"measurements": [reading]})).status_code == 403
