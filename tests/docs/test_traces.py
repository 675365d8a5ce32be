"""The pages on traces, lots and second lives: their requests are sent in their order, and answered as they say."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import RESOLVER, Make

DOCS = Path(__file__).parents[2] / "docs"
SAMPLE = re.compile(r"```http\n([A-Z]+) (\S+)\n(?:\n(.*?)\n)?```\n\n```json\n(.*?)\n```", re.DOTALL)
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{24}|\b\d{14}\b")
HOST = "https://id.tracepass.example"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@dataclass
class Story:
    """Samples that are about the same things: an id of the page stands for the one that was really given."""

    client: httpx2.AsyncClient
    real: dict[str, str] = field(default_factory=dict)

    async def play(self, page: str) -> int:
        """Send every sample of a page; return how many there were."""
        samples = SAMPLE.findall(page)
        for method, path, body, shown in samples:
            content = self.told(body) if body else None
            headers = {"Content-Type": "application/json"} if body else {}
            answer = await self.client.request(method, self.told(path), content=content, headers=headers)
            self.compare(json.loads(shown), answer.json(), f"{method} {path}")
        return len(samples)

    def told(self, text: str) -> str:
        return ID.sub(lambda found: self.real.get(found[0], found[0]), text.replace(HOST, RESOLVER))

    def compare(self, shown: Any, real: Any, where: str) -> None:
        """Hold what a page shows against the answer; members that the page leaves out do not matter."""
        if isinstance(shown, dict):
            assert shown.keys() <= real.keys(), where
            for name, value in shown.items():
                self.compare(value, real[name], f"{where} {name}")
        elif isinstance(shown, list):
            assert len(shown) == len(real), where
            for one, other in zip(shown, real, strict=True):
                self.compare(one, other, where)
        elif isinstance(shown, str) and ID.fullmatch(shown):
            assert self.real.setdefault(shown, real) == real, where
        elif isinstance(shown, str) and MOMENT.fullmatch(shown):
            assert MOMENT.fullmatch(real), where
        else:
            assert (self.told(shown) if isinstance(shown, str) else shown) == real, where


@pytest.fixture
def story(client: httpx2.AsyncClient) -> Story:
    """The story of a workspace in which nothing has happened yet."""
    return Story(client)


async def test_the_page_on_traces_and_lots(story: Story, make_product: Make) -> None:
    story.real["6650a1b2c3d4e5f6a7b8c9d0"] = (await make_product(story.client))["_id"]
    assert await story.play((DOCS / "traces.md").read_text()) == 10


async def test_the_section_on_second_lives(story: Story, gtin: str, make_product: Make, make_passport: Make) -> None:
    product = (await make_product(story.client))["_id"]
    original = await make_passport(story.client, productId=product, gs1={"gtin": gtin, "serialNumber": "EV-PACK-1"})
    story.real |= {"6650a1b2c3d4e5f6a7b8c9d0": product, "6650b2c3d4e5f6a7b8c9d0e1": original["_id"]}
    story.real["04012345000016"] = gtin
    section = (DOCS / "passports.md").read_text().split("\n## Second life of batteries\n")[1]
    assert await story.play(section) == 2
