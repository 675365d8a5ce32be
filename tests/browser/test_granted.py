"""Somebody with a grant in a real browser, on a phone: paste the token, read what is reserved, end access."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.api.granting import given, path_of
from tests.conftest import Make
from tests.own_origin import at_own_origin

from tracepass.settings import Settings

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = pytest.mark.browser
FIELD, SECRET = "disassembly_sequence", "Loosen the six M8 bolts in the order that the drawing shows."
TOO_FAINT = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@pytest.fixture
async def passport(client: httpx2.AsyncClient, make_passport: Make) -> dict[str, Any]:
    """A published passport with a value for persons with a legitimate interest, and one for everybody."""
    made = await make_passport(client, published=True)
    path = f"/api/v1/passports/{made['_id']}/fields"
    for field, value in ((FIELD, SECRET), ("product_name", "Voltara Home 10")):
        answer = await client.patch(f"{path}/{field}", json={"value": value, "sourceLocale": "en"})
        assert answer.status_code == 200, answer.text
    return dict(made)


@pytest.fixture
async def page(passport: dict[str, Any], settings: Settings, app: FastAPI, browser: Browser) -> AsyncIterator[Page]:
    """The page of the passport on a phone that runs no scripts."""
    del app  # has made the indexes
    async with at_own_origin(settings) as (origin, _):
        context = await browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
        opened = await context.new_page()
        await opened.goto(origin + path_of(passport))
        yield opened
        await context.close()


async def readable(page: Page) -> bool:
    """Tell whether all of a page stands within its width and out from its ground."""
    return await page.evaluate("document.documentElement.scrollWidth") <= 390 and not await page.evaluate(TOO_FAINT)


async def test_a_holder_reads_what_is_reserved_and_ends_access(
    page: Page, passport: dict[str, Any], client: httpx2.AsyncClient
) -> None:
    address = page.url
    token = (await given(client, scope={"type": "passports", "passportIds": [passport["_id"]]}))["token"]
    assert SECRET not in await page.inner_text("main")
    await page.get_by_role("link", name="I have an access token").click()
    assert await readable(page)
    await page.get_by_label("Access token").fill("pa_wrong")
    await page.get_by_role("button", name="Open reserved information").click()
    assert "This token opens nothing" in await page.get_by_role("alert").inner_text()
    await page.get_by_label("Access token").fill(token)
    await page.get_by_role("button", name="Open reserved information").click()
    assert (page.url, await page.locator("h1").inner_text()) == (address, "48 V battery pack")
    banner = page.locator("section.banner.access")
    assert "Access was granted to Fixit Workshop" in await banner.inner_text()
    entry = page.locator("main dt", has_text="Reserved")
    assert await entry.count() == 1
    assert SECRET in await page.inner_text("main")
    assert await readable(page)
    for control in await page.locator(".button:visible").all():
        box = await control.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 40
    assert token not in page.url + await page.content()
    await page.get_by_role("button", name="End access").click()
    assert page.url == address
    assert SECRET not in await page.inner_text("main")
    assert await banner.count() == 0
    await page.go_back()
    await page.reload()
    assert SECRET not in await page.inner_text("main")


async def test_a_grant_for_others_shows_what_everybody_sees(
    page: Page, make_passport: Make, client: httpx2.AsyncClient
) -> None:
    other = await make_passport(client, published=True)
    token = (await given(client, scope={"type": "passports", "passportIds": [other["_id"]]}))["token"]
    await page.get_by_role("link", name="I have an access token").click()
    await page.get_by_label("Access token").fill(token)
    await page.get_by_role("button", name="Open reserved information").click()
    assert "does not cover this passport" in await page.locator("section.banner.access").inner_text()
    assert SECRET not in await page.inner_text("main")
    assert await readable(page)
