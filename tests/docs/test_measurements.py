"""The page on measurements: its requests are sent in their order, and answered as they say."""

from __future__ import annotations

import httpx2
from tests.conftest import Make
from tests.docs.test_traces import DOCS, Story


async def test_the_page_on_measurements(client: httpx2.AsyncClient, make_passport: Make) -> None:
    passport = await make_passport(client, published=True)
    story = Story(client, {"6650b2c3d4e5f6a7b8c9d0e1": passport["_id"]})
    assert await story.play((DOCS / "measurements.md").read_text()) == 4
