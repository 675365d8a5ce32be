"""The pages of the templates in a real browser, without JavaScript: they fit, can be read, and lead on."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from tests.browser.conftest import OpenPage
from tests.conftest import ORIGIN

pytestmark = pytest.mark.browser

TOO_FAINT = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@pytest.mark.parametrize("path", ["/templates", "/templates/battery"])
@pytest.mark.parametrize("width", [320, 390, 1280])
async def test_nothing_is_wider_than_the_window(open_page: OpenPage, path: str, width: int) -> None:
    page = await open_page(f"{ORIGIN}{path}?lang=de", width=width)
    assert await page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_text_stands_out_from_its_ground(open_page: OpenPage, scheme: Literal["light", "dark"]) -> None:
    for path in ("/templates", "/templates/battery"):
        page = await open_page(f"{ORIGIN}{path}", scheme=scheme)
        assert await page.evaluate(TOO_FAINT) == []


async def test_one_gets_from_the_list_to_a_field_and_its_choices(open_page: OpenPage) -> None:
    page = await open_page(f"{ORIGIN}/templates", width=1280, languages="fr-FR,fr;q=0.9")
    assert await page.locator("h1").inner_text() == "Ce que demande un passeport de produit"
    await page.locator(".cards a[href^='/templates/battery']").click()
    await page.locator(".side a[href='#materials']").click()
    assert page.url.endswith("/templates/battery?lang=fr#materials")
    choices = page.locator("#field-battery_chemistry details")
    await choices.locator("summary").click()
    assert await choices.get_by_text("li_ion_lfp").is_visible()
