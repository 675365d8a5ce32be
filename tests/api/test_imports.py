"""Passports that come as a spreadsheet: looked at first, then made, all or none."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import openpyxl
import pytest
from pymongo.errors import AutoReconnect
from tests.conftest import Make, MovableClock, Office, new_gtin

from tracepass.core.mongo import Database
from tracepass.imports.sheetwork import SheetWork
from tracepass.passports.service import Passports
from tracepass.settings import Settings
from tracepass.worker import work_once

IMPORTS = "/api/v1/imports"
CSV = {"Content-Type": "text/csv"}
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
Work = Callable[[], Awaitable[None]]


@pytest.fixture
def work(database: Database, settings: Settings, clock: MovableClock) -> Work:
    """Do every job that is due."""

    async def do() -> None:
        while await work_once(database, settings, clock):
            pass

    return do


class Numbers:
    """The GTIN of a test: one that no other test has claimed."""

    gtin = ""


@pytest.fixture(autouse=True)
def _own_gtin() -> None:
    Numbers.gtin = new_gtin()


@pytest.fixture
async def shirt(client: httpx2.AsyncClient, make_product: Make) -> dict[str, Any]:
    """A product that rows can name."""
    return dict(await make_product(client, name="Shirt", model="SHIRT-1", category="textile", defaultFieldValues={}))


def rows_of(*rows: dict[str, Any]) -> bytes:
    """Write rows as csv, with the columns that any of them has."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def row(number: int, **more: Any) -> dict[str, Any]:
    return {"productModel": "SHIRT-1", "gs1.gtin": Numbers.gtin, "gs1.serialNumber": f"S{number}", **more}


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


@pytest.mark.usefixtures("shirt")
async def test_every_wrong_cell_is_told_with_its_address_and_nothing_is_made(
    client: httpx2.AsyncClient, work: Work
) -> None:
    body = rows_of(
        row(1, **{"fields.textile_share": "much", "fields.mono_material": "perhaps", "fields.textile_category": "hat"}),
        row(2),
        row(3, **{"gs1.gtin": "04012345678902", "parties.manufacturer.gln": "1"}),
        row(2),
        {**row(5), "productModel": "TROUSERS"},
        row(6, **{"fields.product_name": "=1+1"}),
    )
    found = await done(client, work, body, dryRun="false")
    assert (found["status"], found["error"]["error"]) == ("failed", "import_invalid")
    told = {(error["cell"], error["code"]) for error in found["errors"]}
    assert told == {
        ("D2", "invalid_value"),
        ("E2", "invalid_value"),
        ("F2", "invalid_value"),
        ("B4", "invalid_value"),
        ("G4", "invalid_value"),
        ("C5", "duplicate_row"),
        ("A6", "unknown_product"),
        ("H7", "invalid_value"),
    }
    assert found["rows"] == {"found": 6, "valid": 1, "failed": 5}
    assert await passports(client) == []


@pytest.mark.usefixtures("shirt")
async def test_a_key_that_is_in_stock_is_told(client: httpx2.AsyncClient, work: Work) -> None:
    await done(client, work, rows_of(row(1)), dryRun="false")
    found = await done(client, work, rows_of(row(1), row(2)), dryRun="false")
    assert [(error["cell"], error["code"]) for error in found["errors"]] == [("C2", "duplicate_key")]
    assert len(await passports(client)) == 1


@pytest.mark.usefixtures("shirt")
async def test_a_gtin_of_another_workspace_is_told(client: httpx2.AsyncClient, office: Office, work: Work) -> None:
    other = await office.client(await office.workspace(name="Other"))
    product = (await other.post("/api/v1/products", json={"name": "A", "model": "A", "category": "textile"})).json()
    gs1 = {"gtin": Numbers.gtin, "serialNumber": "Z"}
    assert (await other.post("/api/v1/passports", json={"productId": product["_id"], "gs1": gs1})).status_code == 201
    found = await done(client, work, rows_of(row(1)))
    assert [(error["cell"], error["code"]) for error in found["errors"]] == [("B2", "gtin_registered_elsewhere")]


@pytest.mark.usefixtures("shirt")
async def test_what_was_made_is_taken_back_when_a_row_is_refused_after_all(
    client: httpx2.AsyncClient, work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = SheetWork._pay  # noqa: SLF001 - between looking and making

    async def pay(self: Any, *arguments: Any) -> None:
        await original(self, *arguments)
        product = (await client.get("/api/v1/products")).json()["data"]["items"][0]["_id"]
        body = {"productId": product, "gs1": {"gtin": Numbers.gtin, "serialNumber": "S150"}}
        assert (await client.post("/api/v1/passports", json=body)).status_code == 201

    monkeypatch.setattr(SheetWork, "_pay", pay)
    found = await done(client, work, rows_of(*map(row, range(1, 201))), dryRun="false")
    assert (found["status"], found["error"]["error"]) == ("failed", "import_conflict")
    assert [(error["cell"], error["code"]) for error in found["errors"]] == [("C151", "duplicate_serial")]
    assert (found["remaining"], found["progress"]["created"]) == ([], 0)
    assert [one["gs1"]["serialNumber"] for one in await passports(client)] == ["S150"]


@pytest.mark.usefixtures("shirt")
async def test_a_worker_that_takes_over_loses_and_doubles_nothing(
    client: httpx2.AsyncClient, work: Work, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, calls = Passports.create, 0

    async def create(self: Any, *arguments: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 60:
            raise AutoReconnect
        return await original(self, *arguments, **more)

    monkeypatch.setattr(Passports, "create", create)
    answer = await sent(client, rows_of(*map(row, range(1, 91))), dryRun="false")
    await work()
    assert (await client.get(answer.headers["location"])).json()["status"] == "running"
    clock.move(seconds=61)
    await work()
    found = (await client.get(answer.headers["location"])).json()
    assert (found["status"], found["progress"]["created"]) == ("done", 90)
    made = await passports(client)
    assert len({one["gs1"]["serialNumber"] for one in made}) == len(made) == 90
    # Those that were made are not made again.
    assert calls == 91


@pytest.mark.usefixtures("shirt")
async def test_two_imports_at_once_are_one_too_many(client: httpx2.AsyncClient, work: Work) -> None:
    body = rows_of(*map(row, range(1, 20)))
    answers = await asyncio.gather(*(sent(client, body, dryRun="false") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    await work()
    assert len(await passports(client)) == 19
    assert (await done(client, work, body, dryRun="false"))["error"]["error"] == "import_invalid"


@pytest.mark.usefixtures("shirt")
async def test_one_that_is_stopped_makes_nothing_and_one_that_is_over_is_forgotten(
    client: httpx2.AsyncClient, work: Work
) -> None:
    answer = await sent(client, rows_of(row(1)), dryRun="false")
    assert (await client.delete(answer.headers["location"])).status_code == 200
    await work()
    assert (await client.get(answer.headers["location"])).json()["status"] == "cancelled"
    assert await passports(client) == []
    assert (await client.delete(answer.headers["location"])).status_code == 200
    assert (await client.get(answer.headers["location"])).status_code == 404


async def test_imports_are_seen_by_their_workspace_alone(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, work: Work
) -> None:
    found = await done(client, work, rows_of(row(1)))
    assert [one["_id"] for one in (await client.get(IMPORTS)).json()["data"]["items"]] == [found["_id"]]
    assert (await stranger.get(IMPORTS)).json()["data"]["items"] == []
    assert (await stranger.get(f"{IMPORTS}/{found['_id']}")).status_code == 404
    assert (await stranger.delete(f"{IMPORTS}/{found['_id']}")).status_code == 404


async def test_a_plan_pays_for_all_rows_or_none(office: Office, make_product: Make, work: Work) -> None:
    small = await office.client(await office.workspace(name="Small", plan="free"))
    await make_product(small, model="SHIRT-1", category="textile")
    found = await done(small, work, rows_of(*map(row, range(1, 5))), dryRun="false")
    assert (found["status"], found["error"]["error"]) == ("failed", "overage_required")
    assert found["error"]["details"]["limit"] == 3
    assert await passports(small) == []
    before = (await small.get("/api/v1/me")).json()["quota"]["usedToday"]
    assert (await done(small, work, rows_of(row(1), row(2)), dryRun="false"))["status"] == "done"
    assert (await small.get("/api/v1/me")).json()["quota"]["usedToday"] == before + 2


@pytest.mark.parametrize("form", ["xlsx", "csv"])
async def test_the_sheet_of_a_category_is_filled_and_comes_back(
    client: httpx2.AsyncClient, shirt: dict[str, Any], work: Work, form: str
) -> None:
    query = {"category": "textile", "format": form, "lang": "de", "productId": shirt["_id"]}
    answer = await client.get(f"{IMPORTS}/sheet", params=query)
    assert answer.status_code == 200
    if form == "csv":
        text = answer.content.decode("utf-8-sig").splitlines()
        names = next(csv.reader(text))
        assert "Produktname" in text[1]
        filled = dict.fromkeys(names, "") | row(1, **{"fields.product_name": "Hemd"})
        body = ("\n".join(text[:2]) + "\n" + ",".join(filled.values()) + "\n").encode()
    else:
        body = _filled(answer.content)
    found = await done(client, work, body, dryRun="false", lang="de")
    assert (found["status"], found["errors"]) == ("done", [])
    passport = (await client.get("/api/v1/passports/by-serial/S1")).json()
    assert passport["fields"]["product_name"]["value"] == "Hemd"


def _filled(workbook: bytes) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(workbook))
    sheet = book["Passports"]
    columns = {cell.value: number for number, cell in enumerate(sheet[1], start=1)}
    assert "fields.textile_category" in columns
    assert len(sheet.data_validations.dataValidation) > 5
    sheet.cell(3, columns["gs1.gtin"], Numbers.gtin)
    sheet.cell(3, columns["gs1.serialNumber"], "S1")
    sheet.cell(3, columns["fields.product_name"], "Hemd")
    assert sheet.cell(3, columns["productModel"]).value == "SHIRT-1"
    output = io.BytesIO()
    book.save(output)
    return output.getvalue()


def _wide() -> bytes:
    return ",".join(f"c{number}" for number in range(16_385)).encode()


def _bomb() -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("[Content_Types].xml", "<Types/>")
        made.writestr("xl/worksheets/sheet1.xml", b"\0" * (40 * 1024 * 1024))
    return output.getvalue()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (_wide(), "payload_too_large"),
        (_bomb(), "payload_too_large"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "unsupported_media_type"),
        (b"PK\x03\x04" + b"x" * 100, "validation_error"),
        (b"a\x00b", "unsupported_media_type"),
        (b"\xff\xfea", "unsupported_media_type"),
        (b'gs1.gtin\n"open', "validation_error"),
        (b"gs1.gtin\n", "import_invalid"),
        (b"\n", "validation_error"),
        (b"gs1.gtin,surprise\n1,2\n", "import_invalid"),
        (b"gs1.gtin\n" + b"x" * (5 * 1024 * 1024), "payload_too_large"),
    ],
)
async def test_a_file_that_is_no_such_table_fails(
    client: httpx2.AsyncClient, work: Work, body: bytes, code: str
) -> None:
    found = await done(client, work, body)
    assert (found["status"], found["error"]["error"]) == ("failed", code)


async def test_umlauts_of_windows_and_semicolons_are_read(client: httpx2.AsyncClient, shirt: Any, work: Work) -> None:
    text = f"sep=;\ngs1.gtin;gs1.serialNumber;product_name\n{Numbers.gtin};S1;Wäsche\n"
    found = await done(client, work, text.encode("cp1252"), dryRun="false", productId=shirt["_id"])
    assert found["status"] == "done", found
    passport = (await client.get("/api/v1/passports/by-serial/S1")).json()
    assert passport["fields"]["product_name"]["value"] == "Wäsche"


async def test_what_a_request_says_wrong_is_told_at_once(client: httpx2.AsyncClient, make_product: Make) -> None:
    battery = await make_product(client)
    for query in ({"category": "spaceships"}, {"productId": "0" * 24}, {"productId": battery["_id"]}):
        assert (await sent(client, b"gs1.gtin\n", **query)).status_code == 400
    assert (await sent(client, b"")).status_code == 400
