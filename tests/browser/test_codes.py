"""Codes as a browser draws them: read from its pixels, and as large as they say."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
import zxingcpp
from PIL import Image

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("symbology", ["qr", "datamatrix", "gs1datamatrix", "gs1qr"])
async def test_a_code_drawn_by_a_browser_is_read_and_of_its_size(
    client: httpx2.AsyncClient, make_passport: Any, browser: Browser, symbology: str
) -> None:
    passport = await make_passport(client)
    address, query = f"/api/v1/passports/{passport['_id']}/qr", {"symbology": symbology, "color": "1B4332"}
    drawing = (await client.get(address, params=query)).text
    told = (await client.get(address, params={**query, "format": "json"})).json()
    context = await browser.new_context(java_script_enabled=False, device_scale_factor=2)
    page = await context.new_page()
    await page.set_content(drawing)
    code = page.locator("svg")
    box = await code.bounding_box()
    picture = Image.open(io.BytesIO(await code.screenshot()))
    await context.close()
    (found,) = zxingcpp.read_barcodes(picture.convert("L"))
    assert (found.text, found.symbology_identifier) == (told["content"], told["symbologyIdentifier"])
    assert box is not None
    assert box["width"] / 96 * 25.4 == pytest.approx(told["print"]["sideMillimetres"], abs=0.2)
