"""A scan in a real browser, without JavaScript: link, page, language, raw data; and that anyone can read it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image
from tests.browser.conftest import OpenPage
from tests.verifying import verified

pytestmark = pytest.mark.browser

Json = dict[str, Any]
FIXTURES = Path(__file__).parents[1] / "fixtures"
SYSTEM_FIELDS = {"identifier_scheme", "granularity", "dpp_status", "dpp_last_updated", "dpp_schema_version"}

TOO_FAINT = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@pytest.fixture
async def scanned(client: httpx2.AsyncClient, make_product: Callable[..., Any], gtin: str) -> Json:
    """A published battery with a picture and some eighty public values."""
    facts: Json = json.loads((FIXTURES / "page_battery.json").read_text("utf-8"))
    product = await make_product(client, name="Voltara Home 10", description="Heimspeicher", sourceLocale="de")
    picture = io.BytesIO()
    Image.new("RGB", (400, 300), "#9fb4a8").save(picture, "PNG")
    files = {"file": ("front.png", picture.getvalue(), "image/png")}
    answer = await client.post(f"/api/v1/products/{product['_id']}/images", files=files)
    assert answer.status_code == 201, answer.text
    fields = {
        key: {"value": field["value"]} | ({"sourceLocale": field["sourceLocale"]} if field["sourceLocale"] else {})
        for key, field in facts["fields"].items()
        if key not in SYSTEM_FIELDS
    }
    body = {
        "productId": product["_id"],
        "gs1": {"gtin": gtin, "serialNumber": "NW 2026/004217"},
        "fields": fields,
        "parties": facts["parties"],
    }
    answer = await client.post("/api/v1/passports", json=body)
    assert answer.status_code == 201, answer.text
    published = await client.post(f"/api/v1/passports/{answer.json()['_id']}/publish", json={"acknowledgeGaps": True})
    assert published.status_code == 200, published.text
    await live(client, answer.json()["_id"])
    return dict(published.json())


async def live(client: httpx2.AsyncClient, passport_id: str) -> None:
    """Let the product have a life: sold, inspected, repaired."""
    company = {"legalName": "Radwerk Service und Instandhaltung GmbH", "gln": "4012345000009", "country": "DE"}
    repair = {
        "kind": "part_replacement",
        "at": "2026-05-04T09:30:00Z",
        "performedBy": company,
        "place": {"name": "Werkstatt Hamburg-Altona", "country": "DE"},
        "description": "Zellmodul 3 im Rahmen der Gewährleistung ersetzt.\nDichtung erneuert.",
        "sourceLocale": "de",
        "parts": [{"name": "Zellmodul 3"}, {"name": "Dichtung"}],
        "documents": [{"url": "https://radwerk.example/88121.pdf", "title": "Reparaturbericht"}],
    }
    sale = {
        "kind": "sale",
        "at": "2026-02-20T15:00:00Z",
        "from": {"type": "company", **company},
        "to": {"type": "private"},
    }
    inspection = {"kind": "inspection", "at": "2026-04-01T09:00:00Z"}
    for tail, body in (("ownership-transfers", sale), ("service-events", inspection), ("service-events", repair)):
        answer = await client.post(f"/api/v1/passports/{passport_id}/{tail}", json=body | {"public": True})
        assert answer.status_code == 201, answer.text


async def test_a_scan_leads_to_the_page_the_readers_language_and_the_raw_data(
    scanned: Json, open_page: OpenPage
) -> None:
    link = scanned["gs1"]["digitalLinkUri"]
    page = await open_page(link)
    assert await page.title() == "Voltara Home 10 – digital product passport"  # noqa: RUF001 - as the page has it
    assert await page.locator("h1").inner_text() == "Voltara Home 10"
    assert await page.locator(".gallery .main img").evaluate("image => image.naturalWidth") == 400

    await page.locator(".languages summary").press("Enter")
    await page.get_by_role("link", name="Deutsch", exact=True).click()
    assert page.url == f"{link}?lang=de"
    assert await page.locator("html").get_attribute("lang") == "de"
    assert await page.locator("#materials h2").inner_text() == "Werkstoffe und Zusammensetzung"

    await page.get_by_role("link", name="JSON-LD").click()
    document = json.loads(await page.locator("pre").inner_text())
    assert document["@id"] == link
    assert document["serialNumber"] == "NW 2026/004217"


async def test_the_browsers_language_decides_at_first(scanned: Json, open_page: OpenPage) -> None:
    page = await open_page(scanned["gs1"]["digitalLinkUri"], languages="el-GR,el;q=0.9,en;q=0.5")
    assert await page.locator("html").get_attribute("lang") == "el"
    assert await page.locator("#identity h2").inner_text() == "Ταυτοποίηση"


async def test_the_seal_leads_to_a_credential_that_others_verify(
    scanned: Json, open_page: OpenPage, anonymous: httpx2.AsyncClient
) -> None:
    page = await open_page(f"{scanned['gs1']['digitalLinkUri']}?lang=de")
    await page.locator(".seal a").click()
    assert page.url.endswith("#seal")
    button = page.get_by_role("link", name="Signierten Pass herunterladen")
    assert await button.get_attribute("download") == "passport.vc.jwt"
    signed = await anonymous.get(await button.evaluate("link => link.href"))
    credential = await verified(anonymous, signed.text)
    assert credential["credentialSubject"]["product"]["name"] == "Voltara Home 10"
    keys = await page.get_by_role("link", name="Öffentliche Schlüssel des Unternehmens").get_attribute("href")
    assert (await anonymous.get(str(keys))).json()["id"] == credential["issuer"]["id"]


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
async def test_nothing_has_to_be_scrolled_sideways(scanned: Json, open_page: OpenPage, width: int) -> None:
    page = await open_page(f"{scanned['gs1']['digitalLinkUri']}?lang=bg", width=width)
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_all_text_stands_out_from_its_ground(scanned: Json, open_page: OpenPage, width: int, scheme: str) -> None:
    page = await open_page(scanned["gs1"]["digitalLinkUri"], width=width, scheme=scheme)
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(16, 21, 19)") == (scheme == "dark")
    assert await page.evaluate(TOO_FAINT) == []


async def test_controls_are_large_enough_to_hit(scanned: Json, open_page: OpenPage) -> None:
    page = await open_page(scanned["gs1"]["digitalLinkUri"])
    await page.locator(".languages summary").click()
    await page.locator(".contents-phone summary").click()
    for selector in (".languages summary", ".languages a", ".contents-phone summary", ".contents-phone a", ".button"):
        for control in await page.locator(selector).all():
            box = await control.bounding_box()
            assert box is not None
            assert min(box["width"], box["height"]) >= 40, selector


async def test_the_keyboard_reaches_the_content_first(scanned: Json, open_page: OpenPage) -> None:
    page = await open_page(scanned["gs1"]["digitalLinkUri"])
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


async def test_tables_are_cards_on_a_phone_and_tables_on_a_desk(scanned: Json, open_page: OpenPage) -> None:
    shape = "getComputedStyle(document.querySelector('#materials .table-box:not(.crowded) table')).display"
    for width, display in ((390, "block"), (1280, "table")):
        page = await open_page(scanned["gs1"]["digitalLinkUri"], width=width)
        assert await page.evaluate(shape) == display
        assert await page.get_by_role("table").count() >= 4


async def test_paper_has_no_controls(scanned: Json, open_page: OpenPage) -> None:
    page = await open_page(scanned["gs1"]["digitalLinkUri"], scheme="dark")
    await page.emulate_media(media="print")
    assert not await page.locator(".languages").is_visible()
    assert not await page.locator(".button").first.is_visible()
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


async def test_a_suspended_passport_says_so_in_the_readers_language(
    scanned: Json, client: httpx2.AsyncClient, open_page: OpenPage
) -> None:
    await client.post(f"/api/v1/passports/{scanned['_id']}/suspend", json={"reason": "Rückruf"})
    page = await open_page(scanned["gs1"]["digitalLinkUri"], languages="de")
    assert await page.locator("h1").inner_text() == "Dieser Pass ist ausgesetzt"
    assert "Rückruf" in await page.locator("main").inner_text()


async def test_the_life_of_the_product_is_a_section_that_can_be_reached(scanned: Json, open_page: OpenPage) -> None:
    page = await open_page(f"{scanned['gs1']['digitalLinkUri']}?lang=en", width=1280)
    await page.locator(".contents").get_by_role("link", name="History").click()
    assert page.url.endswith("#history")
    titles = await page.locator("#history h3").all_inner_texts()
    assert titles == ["Passport published", "Part replaced", "Inspection", "Sold"]
    repair = await page.locator("#history li").nth(1).inner_text()
    assert "4 May 2026" in repair
    assert "shown in German" in repair
    assert "Radwerk Service und Instandhaltung GmbH, Germany" in repair
    await page.emulate_media(media="print")
    assert await page.locator("#history h3").first.is_visible()
