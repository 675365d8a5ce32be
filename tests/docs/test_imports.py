"""The page on imports: its samples run against the application, and its numbers are those of the program."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest
import zstandard
from tests.conftest import Make, MovableClock, new_gtin

from tracepass.core.mongo import Database
from tracepass.core.tables import CellError
from tracepass.imports.columns import columns_of
from tracepass.imports.exportfile import MOST_RECORDS
from tracepass.imports.models import MOST_BYTES, MOST_COLUMNS, MOST_ROWS, MOST_SHEET_BYTES, MOST_UNPACKED
from tracepass.imports.tally import Tally
from tracepass.imports.wire import KEPT, MOST_TOLD
from tracepass.settings import Settings
from tracepass.templates.service import Templates
from tracepass.worker import work_once

PAGE = (Path(__file__).parents[2] / "docs/imports.md").read_text("utf-8")
SAMPLES: list[tuple[str, str]] = re.findall(r"```(bash|csv|json|python)\n(.*?)```", PAGE, re.DOTALL)


def sample(kind: str, number: int = 0) -> str:
    return [text for name, text in SAMPLES if name == kind][number]


def target(number: int) -> tuple[str, dict[str, str]]:
    """Return path and query of what a sample asks."""
    found = re.search(r"\$TRACEPASS_URL(/[^\"]+)", sample("bash", number))
    assert found is not None
    parts = urlsplit(found[1])
    return parts.path, dict(parse_qsl(parts.query))


async def test_the_sheet_is_served_as_the_page_says(client: httpx2.AsyncClient) -> None:
    path, query = target(0)
    answer = await client.get(path, params=query)
    assert answer.status_code == 200
    assert answer.content.startswith(b"PK")


async def test_the_rows_of_the_page_become_passports(
    client: httpx2.AsyncClient, make_product: Make, database: Database, settings: Settings, clock: MovableClock
) -> None:
    await make_product(client, model="SHIRT-1", category="textile")
    path, query = target(1)
    text = sample("csv").replace("04012345678901", new_gtin())
    headers = {"Content-Type": "text/csv"}
    answer = await client.post(path, params=query | {"dryRun": "false"}, content=text.encode(), headers=headers)
    assert answer.status_code == 202, answer.text
    while await work_once(database, settings, clock):
        pass
    found = (await client.get(answer.headers["location"])).json()
    assert (found["status"], found["errors"], found["progress"]["created"]) == ("done", [], 2)
    passport = (await client.get("/api/v1/passports/by-serial/S2")).json()
    assert passport["fields"]["fibre_composition"]["value"][1]["share"] == 5


def test_the_columns_of_the_page_are_there() -> None:
    names = next(csv.reader(io.StringIO(sample("csv"))))
    assert set(names) <= set(columns_of(Templates.load().get("textile")))


def test_an_error_looks_as_the_page_shows_it() -> None:
    assert json.loads(sample("json")).keys() == CellError(1, "A1", None, "", "").wire.keys()
    tally = Tally()
    tally.fault(1, "passports", "", "")
    assert json.loads(sample("json", 1)).keys() == tally.errors[0].keys()


def test_the_numbers_of_the_page_are_those_of_the_program() -> None:
    size, unpacked = MOST_SHEET_BYTES // 1024**2, MOST_UNPACKED // 1024**2
    assert f"at most {MOST_BYTES // 10**9} GB" in PAGE
    assert f"{MOST_RECORDS:,} records" in PAGE
    assert f"at most {size} MB, {MOST_ROWS:,} rows and {MOST_COLUMNS} columns" in PAGE
    assert f"unpacks to at most {unpacked} MB" in PAGE
    assert f"The first {MOST_TOLD} errors" in PAGE
    assert KEPT.days == 7


async def test_a_workspace_moves_as_the_page_says(
    client: httpx2.AsyncClient,
    stranger: httpx2.AsyncClient,
    make_product: Make,
    database: Database,
    settings: Settings,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await make_product(client)
    data = b"%PDF-1.7 moved"
    file = (await client.post("/api/v1/files", files={"file": ("a.pdf", data, "application/pdf")})).json()
    export = zstandard.ZstdCompressor().compress((await client.get("/api/v1/exports/tenant")).content)
    path, query = target(2)
    headers = {"Content-Type": "application/zstd"}
    sent = await stranger.post(path, params=query | {"dryRun": "false"}, content=export, headers=headers)
    while await work_once(database, settings, clock):
        pass
    found = (await stranger.get(sent.headers["location"])).json()
    assert (found["status"], found["notes"]) == ("done", {"filesWithoutBytes": 1}), found
    [waiting] = (await stranger.get("/api/v1/exports/tenant")).json()["files"]

    program: dict[str, Any] = {"__name__": "sample"}
    exec(compile(sample("python"), "imports.md", "exec"), program)  # noqa: S102 - it is our own
    asked: list[Any] = []

    def call(*told: Any) -> bytes:
        asked.append(told)
        return data if told[0] == "GET" else b"{}"

    monkeypatch.setitem(program, "call", call)
    program["bring"]({"@id": file["_id"]}, "https://new.example", "old", "new")
    (_, address, *_), (_, target_url, key, body, kind) = asked
    assert (address, target_url, key) == (file["_id"], "https://new.example/api/v1/files", "new")
    answer = await stranger.post("/api/v1/files", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.json()["_id"], answer.json()["name"]) == (201, waiting["_id"], "a.pdf")
