"""Links follow the settings, and a proxy only where it is trusted and nothing is set."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from PIL import Image
from tests.conftest import Office, running
from tests.contract.checker import Checker

from tracepass.app import create_app
from tracepass.settings import Settings

BOUND = "http://bound.test:8000"
FORWARDED = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "dpp.example.com"}
Connect = Callable[..., Any]


@pytest.fixture
def connect(settings: Settings, office: Office, contract: Checker) -> Connect:
    """Connect to an application of these settings from an address."""

    @asynccontextmanager
    async def open_(*, peer: str = "10.1.2.3", **changes: Any) -> AsyncIterator[httpx2.AsyncClient]:
        bare = {"public_url": None, "resolver_url": None, "bound_url": BOUND, "trusted_proxies": "10.0.0.0/8"}
        app = create_app(Settings.model_validate({**settings.model_dump(), **bare, **changes}))
        key = await office.key(await office.workspace())
        transport = httpx2.ASGITransport(app, client=(peer, 40_000))
        headers, hooks = {"X-API-Key": key, **FORWARDED}, {"response": [contract.hook]}
        async with (
            running(app),
            httpx2.AsyncClient(transport=transport, base_url=BOUND, headers=headers, event_hooks=hooks) as client,
        ):
            yield client

    return open_


async def _origin(client: httpx2.AsyncClient, make_passport: Any) -> str:
    passport = await make_passport(client)
    link: str = passport["gs1"]["digitalLinkUri"]
    return link.partition("/p/01/")[0]


@pytest.mark.parametrize(
    ("changes", "origin"),
    [
        ({}, "https://dpp.example.com"),
        ({"peer": "192.168.1.1"}, BOUND),
        ({"trusted_proxies": ""}, BOUND),
        ({"resolver_url": "https://id.example.test"}, "https://id.example.test"),
        ({"public_url": "https://api.example.test"}, "https://api.example.test"),
    ],
)
async def test_a_drafts_link_is_that_of_the_settings_or_of_a_trusted_proxy(
    connect: Connect, make_passport: Any, changes: dict[str, Any], origin: str
) -> None:
    async with connect(**changes) as client:
        assert await _origin(client, make_passport) == origin


async def test_locations_stay_relative_and_pictures_are_served_where_they_were_asked_for(
    connect: Connect, make_product: Any
) -> None:
    async with connect() as client:
        product = await make_product(client)
        picture = io.BytesIO()
        Image.new("RGB", (2, 2)).save(picture, "PNG")
        files = {"file": ("a.png", picture.getvalue())}
        answer = await client.post(f"/api/v1/products/{product['_id']}/images", files=files)
        assert answer.headers["location"] == f"/api/v1/products/{product['_id']}"
        assert answer.json()["imageUrls"][0].startswith("https://dpp.example.com/media/")


async def test_batches_follow_the_proxy_too(connect: Connect, make_product: Any, gtin: str) -> None:
    async with connect() as client:
        item = {"productId": (await make_product(client))["_id"], "gs1": {"gtin": gtin}}
        answer = await client.post("/api/v1/passports/batch", json={"passports": [item]})
        link = answer.json()["results"][0]["data"]["gs1"]["digitalLinkUri"]
        assert link == f"https://dpp.example.com/p/01/{gtin}"


async def test_the_first_publishing_fixes_the_link(connect: Connect, make_passport: Any) -> None:
    async with connect() as client:
        passport = await make_passport(client)
        path = f"/api/v1/passports/{passport['_id']}"
        other = {"X-Forwarded-Host": "passports.example.com"}
        published = await client.post(f"{path}/publish", json={"acknowledgeGaps": True}, headers=other)
        link = published.json()["gs1"]["digitalLinkUri"]
        assert link.startswith("https://passports.example.com/p/01/")
        await client.post(f"{path}/suspend", json={"reason": "check"})
        again = await client.post(f"{path}/republish")
        assert again.json()["gs1"]["digitalLinkUri"] == link
