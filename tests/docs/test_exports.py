"""The page on exports: its samples run against the application, and what it says of the format is so."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
from tests.api.tenants import furnish
from tests.conftest import Make

from tracepass.exports.service import AT_ONCE, MARGIN, MOST_STREAMED
from tracepass.exports.signing import LIFETIME
from tracepass.exports.turtle import MOST
from tracepass.exports.wire import KEPT

PAGE = (Path(__file__).parents[2] / "docs/exports.md").read_text("utf-8")
SAMPLES: list[tuple[str, str]] = re.findall(r"```(bash|python|json)\n(.*?)```", PAGE, re.DOTALL)
HEAD = ("@context", "@type", "exportedAt", "environment", "company")


def sample(kind: str, number: int = 0) -> str:
    return [text for name, text in SAMPLES if name == kind][number]


async def test_the_check_of_the_page_tells_a_whole_export_from_a_broken_one(
    client: httpx2.AsyncClient, make_product: Make
) -> None:
    await furnish(client, make_product)
    namespace: dict[str, Any] = {}
    exec(sample("python"), namespace)  # noqa: S102 - our own page
    is_whole: Callable[[bytes], bool] = namespace["is_whole"]

    raw = (await client.get("/api/v1/exports/tenant")).content

    assert is_whole(raw)
    assert not is_whole(raw[:-200])
    assert not is_whole(raw.replace(b"Voltwerk", b"Wattwerk", 1))


async def test_every_member_of_an_export_is_told_with_its_type(client: httpx2.AsyncClient, make_product: Make) -> None:
    await furnish(client, make_product)
    rows = dict(re.findall(r"^\| `(\w+)` \| `(\w+)` \|", PAGE, re.MULTILINE))

    document = (await client.get("/api/v1/exports/tenant", params={"since": "2020-01-01T00:00:00Z"})).json()

    assert [*HEAD[:3], "since", *HEAD[3:], *rows, "counts", "digest"] == list(document)
    for name, kind in rows.items():
        assert {record["@type"] for record in document[name]} <= {kind}


async def test_records_stand_on_lines_of_their_own(client: httpx2.AsyncClient, make_product: Make) -> None:
    await furnish(client, make_product)
    text = (await client.get("/api/v1/exports/tenant")).text
    records = [line for line in text.split("\n") if line.startswith('{"@id"')]
    assert len(records) == sum((await client.get("/api/v1/exports/tenant")).json()["counts"].values())


async def test_the_order_of_a_worker_is_taken_as_it_is_printed(client: httpx2.AsyncClient) -> None:
    body = re.search(r"-d '(\{.*?\})'", sample("bash", 1))
    assert body is not None
    headers = {"Content-Type": "application/json"}
    answer = await client.post("/api/v1/exports", content=body[1], headers=headers)
    assert answer.status_code == 202, answer.text


def test_the_numbers_of_the_page_are_those_of_the_program() -> None:
    assert f"At most {MOST_STREAMED:,} records" in PAGE
    assert f"at most {MOST} records" in PAGE
    assert (KEPT.days, LIFETIME.total_seconds(), MARGIN.total_seconds(), AT_ONCE) == (7, 3600, 60, 2)
