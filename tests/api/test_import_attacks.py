"""Exports that an attacker has written: refused and told, without harm to anybody, and without an end to the worker."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from pymongo.errors import AutoReconnect
from tests.api import forging
from tests.api.forging import AT, PASSPORT_ID, PRODUCT_ID, forged
from tests.api.roundtrip import IMPORTS, Installation, exported, imported
from tests.api.tracing import make_lot
from tests.conftest import Make, MovableClock, Office, new_gtin

from tracepass.core.blobs import GridBlobs
from tracepass.core.errors import Refusal
from tracepass.measurements.restoring import MeasurementRestorer
from tracepass.settings import Settings

NDJSON = "application/x-ndjson"
FILES = "/api/v1/files"
PDF = b"%PDF-1.7\n"
PDF_DIGEST = hashlib.sha256(PDF).hexdigest()


@pytest.fixture
def home(app: FastAPI, settings: Settings, office: Office, clock: MovableClock) -> Installation:
    """The installation that is attacked."""
    return Installation(app, settings, office, clock)


@pytest.fixture
async def template(client: httpx2.AsyncClient) -> str:
    """A template that the installation has."""
    found = (await client.get("/api/v1/templates/textile")).json()
    return f"textile@{found['version']}"


async def taken(client: httpx2.AsyncClient, home: Installation, data: bytes) -> dict[str, Any]:
    """Import a file in earnest."""
    return await imported(client, home, data, media=NDJSON, dryRun="false")


async def counts(client: httpx2.AsyncClient) -> dict[str, int]:
    found: dict[str, int] = orjson.loads(await exported(client))["counts"]
    return {name: number for name, number in found.items() if number}


RECORD = {"@type": "Passport", "_id": PASSPORT_ID}
DEEP = b'{"@type":"Passport","_id":"b","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
PARTED = b'{"@type":"TenantExport",\n"files":[\n],\n"products":[],\n"counts":{},\n'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        pytest.param(forged(DEEP), "import_invalid", id="deep"),
        pytest.param(forged(b'{"@type":"Passport","x":' + b"9" * 1_000_000 + b"}"), "import_invalid", id="digits"),
        pytest.param(forged(b'{"@type":"Passport","x":"\\ud800"}'), "import_invalid", id="surrogate"),
        pytest.param(forged(b'{"@type":"Passport","x":"\\u0000"}'), "import_invalid", id="nul"),
        pytest.param(forged(b'{"@type":"Passport","x":"\xff"}'), "import_invalid", id="no UTF-8"),
        pytest.param(forged(b'{"@type":"Passport","x":NaN}'), "import_invalid", id="no number"),
        pytest.param(forged(b'["@type":"Passport"]'), "import_invalid", id="no JSON"),
        pytest.param(forged(b'[{"@type":"Passport"}]'), "import_invalid", id="no object"),
        pytest.param(forged(RECORD, passports=2), "import_altered", id="more counted"),
        pytest.param(forged(RECORD, lots=1), "import_altered", id="others counted"),
        pytest.param(forged(forging.file(), RECORD), "import_unreadable", id="wrong order"),
        pytest.param(forging.sealed(PARTED), "import_unreadable", id="sections in the wrong order"),
        pytest.param(forged({"@type": "Workspace", "_id": PASSPORT_ID}), "import_unreadable", id="no such section"),
        pytest.param(forged(head={"since": AT}), "import_unreadable", id="since"),
        pytest.param(forged().replace(b"\n", b"\r\n"), "import_truncated", id="CRLF"),
        pytest.param(forged() + b"\n", "import_altered", id="a line behind the end"),
        pytest.param(gzip.compress(forged() + b"\n" * 200_000_000), "import_altered", id="lines behind the end"),
        pytest.param(gzip.compress(forged(b" " * 40_000_000)), "payload_too_large", id="a line of 40 MB"),
        pytest.param(b'{"@type":"TenantExport"', "import_unreadable", id="a part of a line"),
        pytest.param(b"{" * 1_000_000, "import_unreadable", id="braces"),
        pytest.param(b"\x1f\x8b" + bytes(100), "import_altered", id="no gzip"),
        pytest.param(b"\x28\xb5\x2f\xfd" + b"\xff" * 100, "import_altered", id="no zstd"),
        pytest.param(gzip.compress(gzip.compress(forged())), "import_unreadable", id="packed twice"),
    ],
)
async def test_files_that_are_no_exports_are_refused(
    client: httpx2.AsyncClient, home: Installation, data: bytes, code: str
) -> None:
    found = await taken(client, home, data)
    assert (found["status"], (found["error"] or {}).get("error")) == ("failed", code), found
    assert await counts(client) == {}


async def test_marks_of_the_order_of_bytes_make_no_export(client: httpx2.AsyncClient) -> None:
    for data in (b"\xef\xbb\xbf" + forged(), forged().decode().encode("utf-16")):
        answer = await client.post(IMPORTS, content=data, headers={"Content-Type": NDJSON})
        assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")


@pytest.mark.parametrize("odd", [[], {}, 1, None, "x"])
async def test_ids_of_any_type_may_be_there_twice(client: httpx2.AsyncClient, home: Installation, odd: Any) -> None:
    twice = [forging.file(), forging.file()]
    found = await taken(client, home, forged(*twice, forging.measured(_id=odd)))
    assert (found["status"], found["error"]["error"]) == ("failed", "import_invalid"), found
    assert {error["message"] for error in found["errors"]} == {
        f"{'c' * 24} is the id of another record of the file, too"
    }


async def test_what_is_told_of_long_names_is_short(client: httpx2.AsyncClient, home: Installation) -> None:
    """500 errors of 100 kB each would be more than a document of the database may have."""
    records = [forging.file(_id=f"{number:024x}") | {f"{number}" + "x" * 100_000: 1} for number in range(200)]
    found = await taken(client, home, forged(*records))
    assert (found["status"], found["error"]["error"], found["errorCount"]) == ("failed", "import_invalid", 200)
    assert max(len(error["member"]) for error in found["errors"]) <= 1000


PLACE = {"@type": "EpcisMasterData", "_id": "1" * 24, "thing": "https://id.gs1.org/414/4012345000009"}
STEPS = {"@type": "EpcisVisibility", "_id": "1" * 24}


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([forging.event(one, ex=f"https://{one}.example/{'x' * 1_000_000}") for one in range(5)], "import_conflict"),
        ([PLACE | {"attributes": ["a", "a=" + "x" * 17_000_000], "below": []}], "import_conflict"),
        ([STEPS | {"publicBizSteps": ["https://a.example/" + "x" * 17_000_000]}], "import_invalid"),
        ([STEPS | {"publicBizSteps": [f"https://a.example/{one}" for one in range(101)]}], "import_invalid"),
    ],
)
async def test_what_the_database_cannot_hold_is_refused(
    client: httpx2.AsyncClient, home: Installation, records: list[forging.Record], code: str
) -> None:
    found = await taken(client, home, forged(*records))
    assert (found["status"], (found["error"] or {}).get("error")) == ("failed", code), found
    assert await counts(client) == {}


def _everything(template: str, gtin: str, **named: str) -> list[forging.Record]:
    one = named.get("product", PRODUCT_ID)
    return [
        forging.passport(template=template, gtin=gtin, productId=one),
        forging.lot(productId=one, predecessors=[named["lot"]]),
    ]


async def test_what_others_have_cannot_be_referred_to(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, home: Installation, template: str, make_product: Make
) -> None:
    theirs = await make_product(stranger, category="textile", defaultFieldValues={})
    their_lot = await make_lot(stranger, theirs["_id"], "THEIRS")
    before = await exported(stranger)
    records = _everything(template, new_gtin(), product=theirs["_id"], lot=their_lot["id"])
    found = await taken(client, home, forged(*records))
    assert found["error"]["error"] == "import_invalid", found
    assert {(error["section"], error["member"]) for error in found["errors"]} >= {
        ("passports", "productId"),
        ("lots", "productId"),
    }
    product = forging.product(template=template)
    found = await taken(client, home, forged(product, *_everything(template, new_gtin(), lot=their_lot["id"])))
    assert {(error["section"], error["member"]) for error in found["errors"]} == {("lots", "predecessors")}
    assert (await client.get(f"{IMPORTS}/{found['_id']}")).status_code == 200
    assert (await stranger.get(f"{IMPORTS}/{found['_id']}")).status_code == 404
    assert (await stranger.delete(f"{IMPORTS}/{found['_id']}")).status_code == 404
    assert _records(await exported(stranger)) == _records(before)


def _records(export: bytes) -> bytes:
    return b"".join(line for line in export.splitlines()[1:] if b'"digest"' not in line)


async def test_ids_that_others_have_become_new_ones(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, home: Installation, template: str, make_product: Make
) -> None:
    theirs = await make_product(stranger, category="textile", defaultFieldValues={})
    found = await taken(client, home, forged(forging.product(template=template, _id=theirs["_id"], model="MINE")))
    assert found["status"] == "done", found
    [mine] = (await client.get("/api/v1/products")).json()["data"]["items"]
    assert (mine["model"], mine["_id"] == theirs["_id"]) == ("MINE", False)
    assert (await stranger.get(f"/api/v1/products/{theirs['_id']}")).json() == theirs


@pytest.mark.parametrize("member", ["workspaceId", "environment", "stateHash", "importId", "waiting", "references"])
async def test_what_the_platform_keeps_beside_cannot_be_told(
    client: httpx2.AsyncClient, home: Installation, template: str, member: str
) -> None:
    records = [
        forging.product(template=template),
        forging.passport(template=template, gtin=new_gtin()),
        forging.file(),
        forging.lot(),
        forging.measured(),
    ]
    found = await taken(client, home, forged(*({**record, member: "live"} for record in records)))
    assert {(error["section"], error["member"]) for error in found["errors"]} == {
        (section, member) for section in ("products", "passports", "files", "lots", "measurements")
    }


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"status": "published", "version": 2}, "publishedAt"),
        ({"status": "published", "publishedAt": AT}, "version"),
        ({"status": "suspended", "version": 2, "publishedAt": AT}, "suspendedAt"),
        ({"status": "expired", "version": 2, "publishedAt": AT, "expiresAt": "2999-01-01T00:00:00.000Z"}, "expiresAt"),
        ({"publishedAt": AT}, "publishedAt"),
        ({"granularity": "batch"}, "gs1.lot"),
        ({"gs1": {"gtin": "04012345000010", "serialNumber": "1"}}, "gs1.gtin"),
        ({"parties": {"manufacturer": {"legalName": "A", "url": "javascript:alert(1)"}}}, "parties.manufacturer.url"),
        ({"parties": {"hacker": {}}}, "parties.hacker.[key]"),
        ({"conditionFlags": {"any": True}}, "conditionFlags.any"),
        ({"fields": {"no_field": {"value": 1}}}, "fields.no_field"),
        ({"version": 2**63 - 1}, "version"),
        ({"templateVersion": "1.0.0"}, "templateVersion"),
        ({"updatedAt": "2999-01-01T00:00:00.000Z"}, "updatedAt"),
        ({"lineage": {"kind": None, "predecessors": [], "successors": []}}, "lineage"),
    ],
)
async def test_no_state_comes_in_that_nothing_leads_to(
    client: httpx2.AsyncClient, home: Installation, template: str, members: dict[str, Any], told: str
) -> None:
    record = forging.passport(template=template, gtin=new_gtin()) | members
    found = await taken(client, home, forged(forging.product(template=template), record))
    assert told in {error["member"] for error in found["errors"]}, found
    assert await counts(client) == {}


async def test_two_that_give_the_same_bytes_at_once_give_them_once(
    client: httpx2.AsyncClient, home: Installation
) -> None:
    assert (await taken(client, home, forged(forging.file(sha256=PDF_DIGEST))))["status"] == "done"
    sent = {"file": ("b.pdf", PDF)}
    answers = await asyncio.gather(*(client.post(FILES, files=sent) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    [waiting, *others] = sorted((answer.json() for answer in answers), key=lambda one: str(one["name"]))
    assert waiting["name"] == "a.pdf"
    for one in (waiting, *others):
        assert (await client.get(f"{FILES}/{one['_id']}")).content == PDF


async def test_bytes_that_could_not_be_kept_are_given_again(
    client: httpx2.AsyncClient, home: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taken(client, home, forged(forging.file(sha256=PDF_DIGEST)))
    sent = {"file": ("b.pdf", PDF)}
    with monkeypatch.context() as patch:

        async def put(*_: Any) -> None:
            raise AutoReconnect

        patch.setattr(GridBlobs, "put", put)
        assert (await client.post(FILES, files=sent)).status_code == 503
    made = (await client.post(FILES, files=sent)).json()
    assert (made["name"], (await client.get(f"{FILES}/{made['_id']}")).content) == ("a.pdf", PDF)


@pytest.mark.parametrize("wrong", [{"size": 8}, {"mediaType": "text/csv"}])
async def test_a_forged_file_that_waits_keeps_no_bytes_from_others(
    client: httpx2.AsyncClient, home: Installation, wrong: dict[str, Any]
) -> None:
    sound = forging.file(_id="e" * 24, name="sound.pdf", sha256=PDF_DIGEST)
    found = await taken(client, home, forged(forging.file(sha256=PDF_DIGEST) | wrong, sound))
    assert found["status"] == "done", found
    made = (await client.post(FILES, files={"file": ("b.pdf", PDF)})).json()
    assert made["name"] == "sound.pdf"


async def test_bytes_that_another_waits_for_stay_ones_own(
    client: httpx2.AsyncClient, stranger: httpx2.AsyncClient, home: Installation
) -> None:
    await taken(stranger, home, forged(forging.file(sha256=PDF_DIGEST)))
    [waiting] = orjson.loads(await exported(stranger))["files"]
    own = (await client.post(FILES, files={"file": ("b.pdf", PDF)})).json()
    assert own["_id"] != waiting["_id"]
    assert (await client.get(f"{FILES}/{waiting['_id']}")).json()["error"] == "not_found"
    assert (await stranger.get(f"{FILES}/{waiting['_id']}")).json()["error"] == "file_not_uploaded"


def failing(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], Awaitable[None]] | None = None) -> None:
    """Let an import fail at its last record; something may happen before."""

    async def write(*_: Any) -> None:
        if meanwhile is not None:
            await meanwhile()
        raise Refusal("conflict", "It failed.")

    monkeypatch.setattr(MeasurementRestorer, "write", write)


def something(template: str, *before: str) -> bytes:
    """An export with a record of many kinds; its lot may come from others."""
    return forged(
        forging.product(template=template),
        forging.passport(template=template, gtin=new_gtin()),
        forging.file(sha256=PDF_DIGEST),
        forging.lot(predecessors=list(before)),
        forging.measured(),
    )


async def test_undoing_leaves_what_was_there_before(
    client: httpx2.AsyncClient, home: Installation, template: str, make_product: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = await make_product(client, category="textile", defaultFieldValues={})
    before = await make_lot(client, ours["_id"], "OURS")
    mine = await client.post(FILES, files={"file": ("b.pdf", PDF)})
    told = await exported(client)
    failing(monkeypatch)
    found = await taken(client, home, something(template, before["id"]))
    assert (found["error"]["error"], found["remaining"]) == ("import_conflict", []), found
    assert _records(await exported(client)) == _records(told)
    assert (await client.get(f"{FILES}/{mine.json()['_id']}")).content == PDF
    assert (await client.delete(f"/api/v1/lots/{before['id']}")).status_code == 200


async def test_undoing_keeps_products_that_others_have_made_passports_of(
    client: httpx2.AsyncClient, home: Installation, template: str, make_passport: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A passport without its product could neither be suspended nor archived."""
    made: list[dict[str, Any]] = []

    async def meanwhile() -> None:
        [product] = (await client.get("/api/v1/products")).json()["data"]["items"]
        made.append(await make_passport(client, productId=product["_id"], published=True))

    failing(monkeypatch, meanwhile)
    found = await taken(client, home, something(template))
    assert (found["status"], found["remaining"], found["progress"]["created"]) == ("failed", [made[0]["productId"]], 1)
    assert (await counts(client)).keys() == {"products", "passports", "templates"}
    assert (await client.post(f"/api/v1/passports/{made[0]['_id']}/archive")).status_code == 200
