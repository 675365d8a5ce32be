"""A passport moves on to a newer version of its template: only when asked, and nothing of it is lost."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from tests.conftest import _CLOCK, Office, client_of, running
from tests.contract.checker import Checker

from tracepass.app import create_app
from tracepass.identity.models import Workspace
from tracepass.settings import Settings
from tracepass.templates.loader import DATA
from tracepass.templates.service import Templates

Json = dict[str, Any]
OLD, NEW = "2026.11.0", "2027.3.0"


def _next_version(data: Json) -> Json:
    """The battery template, a year on: one field new, one gone, one in another unit, one shorter, one not public."""
    fields = {field["key"]: field for field in data["fields"]}
    fields["rated_capacity"]["unit"] = "mAh"
    fields["product_name"]["validation"] = {"maxLength": 12}
    fields["batch_number"] |= {"accessLevel": "authority", "audiences": ["authority"]}
    del fields["rated_energy"]
    kept = list(fields.values())
    added = {**fields["batch_number"], "key": "second_batch_number", "label": "Second batch number", "required": True}
    kept.insert(kept.index(fields["batch_number"]) + 1, added)
    return {**data, "version": NEW, "fields": kept}


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The templates of the package, and the next version of battery."""
    folder = tmp_path_factory.mktemp("templates")
    shutil.copytree(DATA, folder, dirs_exist_ok=True)
    data = json.loads((DATA / "battery" / f"{OLD}.json").read_text("utf-8"))
    (folder / "battery" / f"{NEW}.json").write_text(json.dumps(_next_version(data)), "utf-8")
    return Templates.load(folder)


@pytest.fixture(scope="module")
async def later(app: FastAPI, settings: Settings, newer: Templates) -> AsyncIterator[FastAPI]:  # noqa: ARG001 - it makes the indexes
    """The application after the release that brought the next version."""
    async with running(create_app(settings, clock=_CLOCK, templates=newer)) as application:
        yield application


@pytest.fixture
async def after(later: FastAPI, office: Office, contract: Checker, workspace: Workspace) -> httpx2.AsyncClient:
    """The same client, after the release."""
    return client_of(later, contract, key=await office.key(workspace))


@pytest.fixture
def make_old(client: httpx2.AsyncClient, make_passport: Callable[..., Any]) -> Callable[..., Any]:
    """Make a passport before the release."""

    async def make(**members: Any) -> Json:
        fields = {
            "rated_capacity": {"value": 100},
            "rated_energy": {"value": 5.12},
            "product_name": {"value": "A battery with a long name", "sourceLocale": "en"},
            "batch_number": {"value": "B-7"},
            "battery_chemistry": {"value": "li_ion_lfp"},
        }
        return dict(await make_passport(client, fields=fields, **members))

    return make


async def _upgrade(client: httpx2.AsyncClient, passport: Json, **body: Any) -> Json:
    answer = await client.post(f"/api/v1/passports/{passport['_id']}/upgrade-template", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_passport_keeps_its_version_until_it_is_moved(after: httpx2.AsyncClient, make_old: Any) -> None:
    passport = await make_old()
    path = f"/api/v1/passports/{passport['_id']}"
    written = await after.patch(f"{path}/fields/rated_energy", json={"value": 6})
    assert written.status_code == 200
    assert (await after.get(path)).json()["templateVersion"] == OLD
    assert (await after.get("/api/v1/templates/battery")).json()["version"] == NEW


async def test_a_dry_run_lists_what_is_new_gone_and_different_and_changes_nothing(
    after: httpx2.AsyncClient, make_old: Any
) -> None:
    passport = await make_old()
    found = await _upgrade(after, passport)
    assert (found["from"], found["to"]) == (OLD, NEW)
    assert [(field["key"], field["required"]) for field in found["added"]] == [("second_batch_number", True)]
    assert [(field["key"], field["value"]) for field in found["removed"]] == [("rated_energy", "dropped")]
    assert {field["key"]: (field["changes"], field["value"]) for field in found["changed"]} == {
        "rated_capacity": (["unit"], "dropped"),
        "product_name": (["validation"], "dropped"),
        "batch_number": (["audiences", "accessLevel"], "kept"),
    }
    assert "passport" not in found
    assert (await after.get(f"/api/v1/passports/{passport['_id']}")).json()["version"] == 1


async def test_moving_on_keeps_what_fits_and_the_record_keeps_the_rest(
    after: httpx2.AsyncClient, make_old: Any
) -> None:
    passport = await make_old()
    found = await _upgrade(after, passport, dryRun=False)
    moved, path = found["passport"], f"/api/v1/passports/{passport['_id']}"

    assert (moved["templateVersion"], moved["version"]) == (NEW, 2)
    assert moved["fields"].keys().isdisjoint({"rated_energy", "rated_capacity", "product_name"})
    assert moved["fields"]["battery_chemistry"] == passport["fields"]["battery_chemistry"]
    assert moved["fields"]["batch_number"]["value"] == "B-7"
    assert moved["fields"]["batch_number"]["accessLevel"] == "authority"
    assert moved["fieldCounts"]["approved"] == passport["fieldCounts"]["approved"] - 3
    assert (await after.get(path)).json() == moved

    record = (await after.get(f"{path}/history")).json()["data"]["items"][0]
    gone = {change["path"]: change["old"] for change in record["changes"] if change["new"] is None}
    assert record["action"] == "upgrade_template"
    assert gone["fields.rated_energy"]["value"] == 5.12
    assert gone["fields.rated_capacity"]["value"] == 100

    written = await after.patch(f"{path}/fields/second_batch_number", json={"value": "B-8"})
    unknown = await after.patch(f"{path}/fields/rated_energy", json={"value": 6})
    assert (written.status_code, unknown.status_code, unknown.json()["error"]) == (200, 400, "unknown_field")


async def test_a_published_passport_shows_its_new_version_at_once(
    after: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, later: FastAPI, contract: Checker, make_old: Any
) -> None:
    passport = await make_old(published=True)
    await _upgrade(after, passport, dryRun=False)
    path = f"/p/01/{passport['gs1']['gtin']}/21/{passport['gs1']['serialNumber']}"
    scan = await client_of(later, contract).get(path, headers={"Accept": "application/ld+json"})
    page = await client_of(later, contract).get(path, headers={"Accept": "text/html"})
    snapshots = (await after.get(f"/api/v1/passports/{passport['_id']}/snapshots")).json()["data"]["items"]
    assert "B-7" not in scan.text
    assert "B-7" not in page.text
    assert snapshots[0]["reason"] == "upgrade_template"
    then = (await after.get(f"/api/v1/passports/{passport['_id']}/snapshots/2")).json()
    assert then["hashValid"] is True
    assert then["passport"]["fields"]["rated_energy"]["value"] == 5.12
    # During a rolling update, a process of the release before answers the data as well.
    assert (await anonymous.get(path, headers={"Accept": "application/ld+json"})).status_code == 200


async def test_an_approved_passport_goes_back_to_review(after: httpx2.AsyncClient, make_old: Any) -> None:
    passport = await make_old()
    for move in ("submit", "approve"):
        await after.post(f"/api/v1/passports/{passport['_id']}/{move}", json={})
    assert (await _upgrade(after, passport, dryRun=False))["passport"]["status"] == "in_review"


async def test_at_the_newest_version_there_is_nothing_to_do(client: httpx2.AsyncClient, make_passport: Any) -> None:
    passport = await make_passport(client)
    found = await _upgrade(client, passport, dryRun=False, version=OLD)
    assert (found["from"], found["to"], found["added"], found["removed"], found["changed"]) == (OLD, OLD, [], [], [])
    assert found["passport"]["version"] == 1


async def test_unknown_and_older_versions_are_refused(after: httpx2.AsyncClient, make_old: Any) -> None:
    passport = await make_old()
    await _upgrade(after, passport, dryRun=False)
    for version in ("2031.1.0", OLD):
        answer = await after.post(f"/api/v1/passports/{passport['_id']}/upgrade-template", json={"version": version})
        assert (answer.status_code, list(answer.json()["details"]["fieldErrors"])) == (400, ["version"])


@pytest.mark.parametrize("dry_run", [True, False])
@pytest.mark.parametrize("by_serial", [False, True])
async def test_an_archived_passport_stays_as_it_is(
    client: httpx2.AsyncClient,
    make_passport: Any,
    dry_run: bool,  # noqa: FBT001 - parametrized
    by_serial: bool,  # noqa: FBT001 - parametrized
) -> None:
    passport = await make_passport(client)
    await client.post(f"/api/v1/passports/{passport['_id']}/archive", json={})
    place = f"by-serial/{passport['gs1']['serialNumber']}" if by_serial else passport["_id"]
    answer = await client.post(f"/api/v1/passports/{place}/upgrade-template", json={"dryRun": dry_run})
    assert (answer.status_code, answer.json()["error"]) == (409, "passport_archived")


async def test_the_twin_by_serial_number_moves_the_same_passport(after: httpx2.AsyncClient, make_old: Any) -> None:
    passport = await make_old()
    path = f"/api/v1/passports/by-serial/{passport['gs1']['serialNumber']}/upgrade-template"
    answer = await after.post(path, json={"dryRun": False})
    assert (answer.status_code, answer.json()["passport"]["_id"]) == (200, passport["_id"])
    assert answer.headers["etag"] == '"2"'


async def test_a_default_that_the_older_template_does_not_take_is_named(
    after: httpx2.AsyncClient, make_old: Any
) -> None:
    passport = await make_old()
    place = f"/api/v1/products/{passport['productId']}"
    patched = await after.patch(place, json={"defaultFieldValues": {"second_batch_number": "B-9"}})
    assert patched.status_code == 200, patched.text
    found = (await after.post(f"{place}/apply-defaults", json={})).json()
    assert [(item["changedKeys"], item["unfitKeys"]) for item in found["passports"]] == [([], ["second_batch_number"])]
