"""Workspaces that move from one installation to another, and arrive equal, or not at all."""

from __future__ import annotations

import copy
import gzip
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import httpx2
import orjson
import pytest
from fastapi import FastAPI
from pymongo.errors import AutoReconnect
from tests.api.roundtrip import (
    FORMS,
    IMPORTS,
    PACKERS,
    SECOND_ORIGIN,
    SECOND_RESOLVER,
    Installation,
    exported,
    imported,
    refuse_differences,
    sealed,
    second_installation,
    sections_of,
)
from tests.api.tenants import EVENT, furnish
from tests.api.town import filled, town_of
from tests.api.tracing import make_lot, make_trace
from tests.conftest import MovableClock, Office, new_gtin
from tests.contract.checker import Checker
from tests.queries_plugin import A_TEST_LOOKS

from tracepass.belongings import restorers
from tracepass.core.clock import timestamp
from tracepass.core.errors import CODES
from tracepass.core.ids import Id
from tracepass.core.mongo import Database
from tracepass.core.origins import Origins
from tracepass.core.restores import Arrival
from tracepass.core.sealer import Sealer
from tracepass.core.tenancy import OPERATOR, Tenancy
from tracepass.core.verification import ChainCheck
from tracepass.gs1.checkdigit import check_digit
from tracepass.identity.models import SCOPES, Caller, Workspace
from tracepass.imports.attempts import MOST_ATTEMPTS
from tracepass.imports.exportwork import ExportWork
from tracepass.settings import Settings
from tracepass.traces.restoring import TraceRestorer

SSCCS, MODELS = itertools.count(7_000_000), itertools.count()
KEPT_APART = {"imports", "jobs", "changes", "apiKeys", "importFiles.files", "lotGraphs"}
"""Collections that tell of what was done, not of what there is."""


@pytest.fixture(scope="module")
async def away(settings: Settings, contract: Checker, app: FastAPI) -> AsyncIterator[Installation]:
    """Another installation."""
    async with second_installation(settings, contract, app.state.clock) as installation:
        yield installation


@dataclass(frozen=True)
class Moved:
    """A workspace, and what it exports."""

    client: httpx2.AsyncClient
    export: bytes
    files: dict[str, bytes]


@pytest.fixture(scope="module")
async def home(app: FastAPI, office: Office, database: Database, settings: Settings) -> Moved:
    """A workspace with something of everything."""
    here = await office.workspace()
    clock: MovableClock = app.state.clock
    clients = (await office.client(here), await office.client(environment="test"))
    town = town_of(app, database, settings, clients=clients, workspaces=(here, here))
    client, clock.ahead = town.home, -timedelta(hours=3)
    await filled(town, clock)
    made = await furnish(client, _product)
    lot = await make_lot(client, made["passport"]["productId"], "CELLS", made["lot"]["id"])
    await make_trace(client, origin_model_name="Lot", origin_entity_id=lot["id"], key=f"of {lot['id']}")
    await _link(client, made["passport"]["gs1"]["gtin"])
    clock.ahead = timedelta()
    files = sections_of(await exported(client))["files"]
    bytes_of = {one["sha256"]: (await client.get(one["@id"])).content for one in map(orjson.loads, files)}
    return Moved(client, await exported(client), bytes_of)


async def _product(client: httpx2.AsyncClient, **members: Any) -> dict[str, Any]:
    body = {"name": "Pack", "model": f"M-{next(MODELS)}", "category": "battery"} | members
    return dict((await client.post("/api/v1/products", json=body)).json())


async def _link(client: httpx2.AsyncClient, gtin: str) -> None:
    sscc = f"4012{next(SSCCS):013d}"
    pallet = f"/00/{sscc}{check_digit(sscc)}"
    for anchor, default in ((f"/01/{gtin}", True), (f"/01/{gtin}/10/L", False), (pallet, True)):
        link = {"anchor": anchor, "linkType": "gs1:pip", "href": "https://brand.example/p", "defaultLink": default}
        answer = await client.post("/api/v1/links", json=link | {"public": default})
        assert answer.status_code == 201, answer.text


async def tenant(away: Installation, name: str = "test") -> httpx2.AsyncClient:
    """A new workspace of the other installation; its test data claims nothing that others cannot have."""
    return await away.office.client(environment="test" if name == "test" else "live")


async def _company(client: httpx2.AsyncClient) -> dict[str, str]:
    return dict(orjson.loads(await exported(client))["company"])


async def nothing_in(client: httpx2.AsyncClient) -> bool:
    """Tell whether an export has no records."""
    return not any(orjson.loads(await exported(client))["counts"].values())


async def test_a_workspace_that_moves_arrives_equal(home: Moved, away: Installation) -> None:
    client = await tenant(away, "live")
    looked = await imported(client, away, home.export)
    assert (looked["status"], looked["error"], looked["errors"]) == ("done", None, []), looked
    assert (looked["kind"], looked["category"], looked["rows"]["failed"]) == ("export", None, 0)
    assert await nothing_in(client)

    done = await imported(client, away, home.export, dryRun="false")
    assert (done["status"], done["error"], done["progress"]["percentage"]) == ("done", None, 100), done
    assert done["progress"]["created"] == done["rows"]["valid"] == looked["rows"]["found"]
    sections = sections_of(home.export)
    notes = {"filesWithoutBytes": len(sections["files"]), "linksRenewed": len(sections["passports"])}
    assert done["notes"] == looked["notes"] == notes
    refuse_differences(home.export, await exported(client))
    await _nobody_was_told(away)
    while await Sealer(away.database, clock=away.clock).seal_once():
        pass
    log = (await client.get("/api/v1/audit-log", params={"action": "import.made"})).json()["data"]["items"]
    assert log[0]["details"]["counts"]["products"] == done["counts"]["products"] if "counts" in done else log


async def _nobody_was_told(away: Installation) -> None:
    """Neither webhooks nor subscriptions hear of what is imported; the audit chain is whole."""
    for name, query in (("changes", {"outbox": True}), ("epcisFeed", {}), ("webhookEvents", {})):
        assert await away.database.collection(name).count_documents(query, comment=A_TEST_LOOKS) == 0


@pytest.mark.parametrize("packing", PACKERS)
@pytest.mark.parametrize("form", FORMS)
async def test_every_form_and_packing_is_read(home: Moved, away: Installation, form: str, packing: str) -> None:
    client = await tenant(away)
    told = home.export if form == "jsonld" else await exported(home.client, form)
    found = await imported(client, away, PACKERS[packing](told), media="application/octet-stream")
    assert (found["status"], found["error"]) == ("done", None), found
    assert found["rows"]["found"] == sum(orjson.loads(home.export)["counts"].values()) - _templates(home)


def _templates(home: Moved) -> int:
    return len(sections_of(home.export)["templates"])


async def test_bytes_of_files_come_after_them(home: Moved, away: Installation) -> None:
    client = await tenant(away)
    await imported(client, away, home.export, dryRun="false")
    files = [orjson.loads(line) for line in sections_of(await exported(client))["files"]]
    assert {one["sha256"] for one in files} == set(home.files)
    for file in files:
        path = f"/api/v1/files/{file['_id']}"
        missing = await client.get(path)
        assert (missing.status_code, missing.json()["error"]) == (404, "file_not_uploaded")
        assert (missing.json()["details"]["sha256"]) == file["sha256"]
        sent = await client.post("/api/v1/files", files={"file": ("other name.pdf", home.files[file["sha256"]])})
        assert (sent.status_code, sent.json()["_id"], sent.json()["name"]) == (201, file["_id"], file["name"])
        assert (await client.get(path)).content == home.files[file["sha256"]]
    again = await client.post("/api/v1/files", files={"file": ("again.pdf", home.files[files[0]["sha256"]])})
    assert again.json()["_id"] not in {file["_id"] for file in files}


async def test_what_another_workspace_holds_is_told_by_line(home: Moved, office: Office, away: Installation) -> None:
    """The workspace itself is still there, with its GTINs, when its export comes to another of the installation."""
    other = await office.client()
    here = replace(away, office=office, app=office.app, settings=office.app.state.settings)
    found = await imported(other, here, home.export, dryRun="false")
    assert (found["status"], found["error"]["error"]) == ("failed", "import_invalid")
    codes = {(error["section"], error["code"]) for error in found["errors"]}
    assert ("passports", "gtin_registered_elsewhere") in codes
    assert ("links", "key_registered_elsewhere") in codes
    assert await nothing_in(other)
    for error in found["errors"]:
        line = home.export.splitlines()[error["line"] - 1]
        assert line.startswith(b'{"@id"')
    lost = await other.get(f"{IMPORTS}/{found['_id']}")
    assert lost.status_code == 200
    assert (await home.client.get(f"{IMPORTS}/{found['_id']}")).status_code == 404


async def test_the_same_again_is_in_conflict_with_itself(home: Moved, away: Installation) -> None:
    client = await tenant(away)
    await imported(client, away, home.export, dryRun="false")
    before = sections_of(await exported(client))
    again = await imported(client, away, home.export, dryRun="false")
    assert (again["status"], again["error"]["error"]) == ("failed", "import_invalid")
    codes = {error["code"] for error in again["errors"]}
    assert {"duplicate_model", "duplicate_serial", "duplicate_default_link"} <= codes
    assert sections_of(await exported(client)) == before


async def test_a_key_needs_the_scope_of_all_that_the_file_holds(home: Moved, away: Installation) -> None:
    scopes = frozenset({"passports:write", "passports:read", "products:write", "traces:write", "workspace:manage"})
    client = await away.office.client(environment="test", scopes=scopes)
    found = await imported(client, away, home.export, dryRun="false")
    assert (found["error"]["error"], found["error"]["details"]) == ("insufficient_scope", {"missing": ["epcis:write"]})


async def test_the_plan_counts_what_comes(office: Office, away: Installation) -> None:
    home = await office.client(environment="test")
    product = (await _product(home))["_id"]
    for number in range(4):
        body = {"productId": product, "gs1": {"gtin": new_gtin(), "serialNumber": f"S{number}"}}
        assert (await home.post("/api/v1/passports", json=body)).status_code == 201
    export = await exported(home)
    free, basic = await away.office.client(plan="free"), await away.office.client(plan="basic")
    for query in ({}, {"dryRun": "false"}):
        found = await imported(free, away, export, **query)
        assert (found["status"], found["error"]["error"]) == ("failed", "overage_required"), found
    assert await nothing_in(free)
    assert (await imported(basic, away, export, dryRun="false"))["status"] == "done"
    used = [(await one.get("/api/v1/me")).json()["quotas"] for one in (free, basic)]
    assert [one["writes"]["used"] for one in used] == [0, 5]
    assert used[1]["passports"]["used"] == 4


async def test_a_conflict_amid_the_writing_undoes_all(
    home: Moved, away: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await tenant(away)
    original = ExportWork._pay  # noqa: SLF001 - between looking and writing

    async def pay(self: Any, *arguments: Any) -> None:
        await original(self, *arguments)
        assert (await client.post("/api/v1/epcis/events", json=EVENT)).status_code == 201

    monkeypatch.setattr(ExportWork, "_pay", pay)
    found = await imported(client, away, home.export, dryRun="false")
    assert (found["status"], found["error"]["error"], found["phase"]) == ("failed", "import_conflict", None), found
    assert (found["error"]["details"]["section"], found["progress"]["created"]) == ("epcisEvents", 0)
    counts = orjson.loads(await exported(client))["counts"]
    assert {name: count for name, count in counts.items() if count} == {"epcisEvents": 1}
    await _nothing_is_held(away, client, but={"epcisEvents", "epcisCaptures", "epcisNamespaces", "epcisFeed"})


async def _nothing_is_held(away: Installation, client: httpx2.AsyncClient, *, but: set[str]) -> None:
    """Fail if any collection has something of the workspace, but what tells of what was done."""
    home = Id((await _company(client))["id"])
    names = [name async for name in await away.database.files.list_collections()]
    for name in {one["name"] for one in names} - KEPT_APART - but:
        query = {"workspaceId": home}
        left = await away.database.collection(name).find(query, comment=A_TEST_LOOKS).to_list()
        assert left == [], name
    tenancy = Tenancy(home, "test")
    check = ChainCheck(away.database, tenancy)
    assert [fault async for fault in check.faults(await check.state())] == []


async def test_an_import_that_is_stopped_leaves_nothing(
    home: Moved, away: Installation, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> None:
    client = await tenant(away)
    original = TraceRestorer.write

    async def write(self: Any, *arguments: Any) -> None:
        [one] = (await client.get(IMPORTS)).json()["data"]["items"]
        assert (one["phase"], one["kind"]) == ("write", "export")
        assert (await client.delete(f"{IMPORTS}/{one['_id']}")).status_code == 200
        await original(self, *arguments)
        clock.move(seconds=3)

    monkeypatch.setattr(TraceRestorer, "write", write)
    found = await imported(client, away, home.export, dryRun="false")
    assert (found["status"], found["error"], found["progress"]["created"]) == ("cancelled", None, 0), found
    assert await nothing_in(client)
    await _nothing_is_held(away, client, but=set())


async def test_a_worker_that_takes_over_goes_on_where_the_other_was(
    home: Moved, away: Installation, monkeypatch: pytest.MonkeyPatch, clock: MovableClock
) -> None:
    """It dies between writing and saying so, in every section."""
    client, died = await tenant(away), set[str]()
    original = ExportWork._write_some  # noqa: SLF001 - where the worker dies

    async def write(self: Any, arrival: Any, intake: Any, batch: Any) -> None:
        await original(self, arrival, intake, batch)
        if intake.section not in died and len(died) < MOST_ATTEMPTS - 1:
            died.add(intake.section)
            raise AutoReconnect

    monkeypatch.setattr(ExportWork, "_write_some", write)
    found = await imported(client, away, home.export, dryRun="false")
    for _ in range(MOST_ATTEMPTS):
        clock.move(seconds=61)
        await away.work()
    found = (await client.get(f"{IMPORTS}/{found['_id']}")).json()
    assert (found["status"], found["error"]) == ("done", None), found
    assert len(died) == MOST_ATTEMPTS - 1
    slug = (await _company(client))["slug"]
    refuse_differences(home.export, (await exported(client)).replace(f"/test/{slug}".encode(), b""))


def _record(home: Moved, section: str, **members: Any) -> bytes:
    """Return the export with other members in the first record of a section, as if it had been written like that."""
    line = sections_of(home.export)[section][0]
    changed = {name: value for name, value in (orjson.loads(line) | members).items() if value is not None}
    return sealed(home.export.replace(line, orjson.dumps(changed)))


@pytest.mark.parametrize(
    ("section", "members", "told"),
    [
        ("products", {"owner": "me"}, "owner"),
        ("products", {"templateId": "textile@2026"}, "templateId"),
        ("products", {"imageUrls": ["javascript:alert(1)"]}, "imageUrls[0]"),
        ("products", {"createdAt": "2199-01-01T00:00:00.000Z"}, "createdAt"),
        ("products", {"defaultFieldValues": {"no_field": 1}}, "defaultFieldValues.no_field"),
        ("products", {"name": "nul \x00"}, ""),
        ("products", {"@type": "Passport"}, "@type"),
        ("products", {"_id": "1"}, "_id"),
        ("files", {"name": "../../etc/passwd"}, "name"),
        ("files", {"waiting": False}, "waiting"),
        ("links", {"anchor": "https://id.example/01/1"}, "anchor"),
        ("links", {"href": "https://id.second.test/01/04012345678901"}, "href"),
    ],
)
async def test_a_record_that_could_not_be_is_told_with_its_member(
    home: Moved, away: Installation, section: str, members: dict[str, Any], told: str
) -> None:
    client = await tenant(away)
    found = await imported(client, away, _record(home, section, **members), dryRun="false")
    assert (found["status"], (found["error"] or {}).get("error")) == ("failed", "import_invalid"), found
    assert (section, told) in {(error["section"], error["member"]) for error in found["errors"]}, found["errors"]
    assert await nothing_in(client)


async def test_two_records_of_one_id_are_told(home: Moved, away: Installation) -> None:
    sections = sections_of(home.export)
    wanted = orjson.loads(sections["files"][0])["_id"]
    found = await imported(await tenant(away), away, _record(home, "products", _id=wanted))
    assert found["errorCount"] == 2
    assert {(error["section"], error["member"]) for error in found["errors"]} == {("files", "_id"), ("products", "_id")}


async def test_what_is_no_whole_export_is_told_with_what_to_do(home: Moved, away: Installation) -> None:
    client = await tenant(away)
    since = await home.client.get("/api/v1/exports/tenant", params={"since": "2026-01-01T00:00:00Z"})
    template = sections_of(home.export)["templates"][0]
    other = orjson.dumps(orjson.loads(template) | {"version": "9999.1.0"})
    cases = [
        (home.export.replace(b"Pack", b"Peck", 1), "import_altered"),
        (home.export[:-100], "import_truncated"),
        (gzip.compress(home.export)[:-9], "import_truncated"),
        (since.content, "import_unreadable"),
        (orjson.dumps(orjson.loads(home.export), option=orjson.OPT_INDENT_2), "import_unreadable"),
        (sealed(home.export.replace(template, other)), "import_template_unknown"),
        (b"_:export <http://x> <http://y> .", "import_unreadable"),
    ]
    for data, code in cases:
        found = await imported(client, away, data, dryRun="false")
        assert (found["status"], found["error"]["error"]) == ("failed", code), found
    assert await nothing_in(client)


async def test_parameters_of_spreadsheets_are_refused_for_exports(home: Moved) -> None:
    headers = {"Content-Type": "application/ld+json"}
    answer = await home.client.post(IMPORTS, params={"category": "battery"}, content=home.export, headers=headers)
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["category"])
    answer = await home.client.post(IMPORTS, content=b"a,b", headers={"Content-Type": "text/csv"})
    assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["category"])


ODD: tuple[Any, ...] = (None, -1, 2**63 - 1, "", "$a.b", "x" * 70_000, [[]], [{}], {"$a.b": 1}, True, "0" * 24)


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give where members stand in a record; of arrays the first entry."""
    inner = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for name, member in inner:
        yield (*place, name)
        yield from _places(member, (*place, name))


def _odd(record: dict[str, Any], seen: set[tuple[Any, ...]]) -> Iterator[dict[str, Any]]:
    """Give a record with an odd value in each place where none was put yet; all fields of passports are one place."""
    for place in list(_places(record)):
        kind = ("fields", *place[2:]) if place[0] == "fields" else place
        if kind not in seen:
            seen.add(kind)
            for odd in ODD:
                changed = copy.deepcopy(record)
                into: Any = changed
                for name in place[:-1]:
                    into = into[name]
                into[place[-1]] = odd
                yield changed


async def test_odd_values_anywhere_are_faults_or_taken_and_never_failures(home: Moved, away: Installation) -> None:
    client = await tenant(away)
    there = await _company(client)
    caller = Caller(Workspace(Id(there["id"]), there["slug"], "There", "enterprise"), "test", "owner", SCOPES, OPERATOR)
    at, origins = timestamp(away.clock()), Origins(SECOND_ORIGIN, SECOND_RESOLVER)
    arrival = Arrival(caller.tenancy, OPERATOR, at, "0" * 24, origins, coming=lambda *_: True, caller=caller)
    sections = sections_of(home.export)
    for intake in restorers(away.app.state.services):
        seen, refused = set[tuple[Any, ...]](), 0
        for record in map(orjson.loads, sections[intake.section][-8:]):
            for odd in _odd(record, seen):
                found = await intake.restorer.look(arrival, [odd])
                assert {fault.index for fault in found.faults} <= {0}
                assert {fault.code for fault in found.faults} <= CODES.keys()
                refused += bool(found.faults)
        assert refused > len(seen), intake.section
