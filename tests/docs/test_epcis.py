"""The page on EPCIS: its requests are sent one after the other, as one workspace, and answered as it says.

A sample of an answer shows what matters: members and headers that it leaves out may be there, ``"..."`` is anything,
and of a body in XML each line must be in it. A path may name a member of an earlier answer, as ``{captureJobId}``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from tests.conftest import Office

from tracepass.epcis.models import CAPTURE_BYTES, CAPTURE_LIMIT

PAGE = (Path(__file__).parents[2] / "docs/epcis.md").read_text("utf-8")
SAMPLES = re.findall(r"```http\n(.*?)\n```\n\n```http\n(.*?)\n```", PAGE, re.DOTALL)
HERE = "/api/v1/epcis"
ANY = "..."


def divided(sample: str) -> tuple[str, dict[str, str], str]:
    """Return first line, headers and body of a message."""
    head, _, body = sample.partition("\n\n")
    first, *lines = head.splitlines()
    return first, dict(line.split(": ", 1) for line in lines), body


def differences(shown: Any, found: Any, where: str = "") -> Iterator[str]:
    """Give what an answer has otherwise than its sample shows."""
    if isinstance(shown, str) and ANY in shown and isinstance(found, str):
        if not re.fullmatch(re.escape(shown).replace(re.escape(ANY), ".+"), found):
            yield f"{where}: {found!r} is not like {shown!r}"
    elif isinstance(shown, dict) and isinstance(found, dict):
        for name, value in shown.items():
            yield from differences(value, found.get(name, "nothing"), f"{where}/{name}")
    elif isinstance(shown, list) and isinstance(found, list) and len(shown) == len(found):
        for index, (one, other) in enumerate(zip(shown, found, strict=True)):
            yield from differences(one, other, f"{where}/{index}")
    elif shown not in (found, ANY):
        yield f"{where}: {found!r} is not {shown!r}"


def compared(sample: str, answer: httpx2.Response) -> list[str]:
    """Return what is wrong with an answer, by its sample."""
    first, headers, body = divided(sample)
    status = first.removeprefix("HTTP/1.1 ")
    found = [*differences(status, str(answer.status_code), "status")]
    for name, value in headers.items():
        found += differences(value, answer.headers.get(name, "nothing"), name)
    if body.startswith("<"):
        found += [f"{line} is missing" for line in body.splitlines() if line.strip() not in answer.text]
    elif body:
        found += differences(json.loads(body), answer.json())
    return found


@pytest.fixture
async def reader(office: Office) -> httpx2.AsyncClient:
    return await office.client(await office.workspace())


async def test_the_page_is_answered_as_it_says(reader: httpx2.AsyncClient) -> None:
    known: dict[str, str] = {}
    assert len(SAMPLES) >= 8
    for request, expected in SAMPLES:
        first, headers, body = divided(request)
        method, path = first.split(" ", 1)
        address = (path if path.startswith("/api/") else HERE + path).format_map(known)
        answer = await reader.request(method, address, headers=headers, content=body or None)
        assert not (wrong := compared(expected, answer)), f"{first}: {wrong}\n{answer.text}"
        if answer.headers.get("content-type") == "application/json" and isinstance(answer.json(), dict):
            known |= {name: value for name, value in answer.json().items() if isinstance(value, str)}


def test_the_page_says_what_a_capture_takes() -> None:
    megabytes = CAPTURE_BYTES // 1024 // 1024
    assert f"| one capture | {CAPTURE_LIMIT:,} events, {megabytes} MB |" in PAGE
