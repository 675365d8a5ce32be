"""The page on products: its requests are sent in their order, and answered as they say."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest
from PIL import Image
from tests.conftest import Make
from tests.docs.conftest import Place
from tests.docs.recipes import blocks
from tests.docs.test_traces import DOCS, Story

from tracepass.products.models import MAX_IMAGES

PAGE = (DOCS / "products.md").read_text("utf-8")


async def test_the_page_on_products(client: httpx2.AsyncClient, gtin: str) -> None:
    story = Story(client, {"04012345000016": gtin})
    assert await story.play(PAGE) == 10


@pytest.mark.xdist_group("cookbook")
async def test_a_picture_is_uploaded_as_the_page_says(place: Place, make_product: Make, tmp_path: Path) -> None:
    Image.new("RGB", (20, 20), "red").save(tmp_path / "picture.png")
    (command,) = [block.text for block in blocks(PAGE) if block.language == "bash"]
    async with place.client() as client:
        product = (await make_product(client, model="PICTURED"))["_id"]
    printed = await place.shell(command, tmp_path, PRODUCT=product)
    assert len(json.loads(printed)["imageUrls"]) == 1


def test_the_page_says_how_many_pictures_there_may_be() -> None:
    assert f"up to {MAX_IMAGES} of a product" in PAGE
