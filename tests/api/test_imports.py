"""Passports that come as a spreadsheet: looked at first, then made, all or none."""

from __future__ import annotations

import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from tests.conftest import Make, MovableClock

from tracepass.core.mongo import Database
from tracepass.settings import Settings
from tracepass.worker import work_once

IMPORTS = "/api/v1/imports"
CSV = {"Content-Type": "text/csv"}
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
GTIN = "04012345678901"
Work = Callable[[], Awaitable[None]]


@pytest.fixture
def work(database: Database, settings: Settings, clock: MovableClock) -> Work:
    """Do every job that is due."""

    async def do() -> None:
        while await work_once(database, settings, clock):
            pass

    return do


@pytest.fixture
async def shirt(client: httpx2.AsyncClient, make_product: Make) -> dict[str, Any]:
    """A product that rows can name."""
    return await make_product(client, name="Shirt", model="SHIRT-1", category="textile", defaultFieldValues={})


def rows_of(*rows: dict[str, Any]) -> bytes:
    """Write rows as csv, with the columns that any of them has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"productModel": "SHIRT-1", "gs1.gtin": GTIN, "gs1.serialNumber": f"S{number}", **more}


async def sent(client: httpx2.AsyncClient, body: bytes, *, headers: Any = CSV, **query: Any) -> httpx2.Response:
    return await client.post(IMPORTS, params={"category": "textile", **query}, content=body, headers=headers)


async def done(client: httpx2.AsyncClient, work: Work, body: bytes, **query: Any) -> dict[str, Any]:
    """Send a spreadsheet, have it done, and read what came of it."""
    answer = await sent(client, body, **query)
    assert answer.status_code == 202, answer.text
    await work()
    return dict((await client.get(answer.headers["location"])).json())


async def passports(client: httpx2.AsyncClient) -> list[dict[str, Any]]:
    return list((await client.get("/api/v1/passports", params={"limit": 100})).json()["data"]["items"])


@pytest.mark.usefixtures("shirt")
async def test_a_dry_run_tells_what_would_be_and_makes_nothing(client: httpx2.AsyncClient, work: Work) -> None:
    found = await done(client, work, rows_of(row(1), row(2)))
    assert (found["status"], found["error"], found["dryRun"]) == ("done", None, True)
    assert found["rows"] == {"found": 2, "valid": 2, "failed": 0}
    assert await passports(client) == []


@pytest.mark.usefixtures("shirt")
async def test_rows_become_drafts_with_fields_and_parties(client: httpx2.AsyncClient, work: Work) -> None:
    told = {
        "fields.product_name": "Hemd",
        "fields.textile_share": "80,5",
        "mono_material": "ja",
        "fields.fibre_composition": "; cotton; 80 | ; elastane; 20",
        "parties.manufacturer.legalName": "Weberei",
        "parties.manufacturer.gln": "4012345000009",
    }
    found = await done(client, work, rows_of(row(1, **told), row(2)), dryRun="false", lang="de")
    assert (found["status"], found["progress"]["created"]) == ("done", 2), found
    passport = (await client.get("/api/v1/passports/by-serial/S1")).json()
    assert passport["status"] == "draft"
    assert passport["fields"]["product_name"]["sourceLocale"] == "de"
    assert passport["fields"]["textile_share"]["value"] == 80.5
    assert passport["fields"]["mono_material"]["value"] is True
    assert passport["fields"]["fibre_composition"]["value"][1] == {"fibre_name": "elastane", "share": 20}
    assert passport["parties"]["manufacturer"]["legalName"] == "Weberei"
