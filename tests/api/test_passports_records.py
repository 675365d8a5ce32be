"""Snapshots and history: every version can be shown again, and nobody can rewrite one unseen."""

from __future__ import annotations

import itertools
from typing import Any

import httpx2
import pytest
from bson import ObjectId
from tests.conftest import MovableClock

from tracepass.core.mongo import Database

PASSPORTS = "/api/v1/passports"


async def write(client: httpx2.AsyncClient, address: str, value: Any, key: str = "battery_mass") -> None:
    answer = await client.patch(f"{address}/fields/{key}", json={"value": value})
    assert answer.status_code == 200, answer.text


async def items(client: httpx2.AsyncClient, address: str, **params: Any) -> list[dict[str, Any]]:
    answer = await client.get(address, params={"limit": 100} | params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]["items"]
    return found


@pytest.fixture
async def address(client: httpx2.AsyncClient, make_passport: Any, clock: MovableClock) -> str:
    """A passport published at version 3, after one write as a draft."""
    passport = await make_passport(client)
    address = f"{PASSPORTS}/{passport['_id']}"
    await write(client, address, 1)
    clock.move(minutes=1)
    assert (await client.post(f"{address}/publish", json={"acknowledgeGaps": True})).status_code == 200
    clock.move(minutes=1)
    return address


class TestSnapshots:
    async def test_drafts_have_none(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        passport = await make_passport(client)
        address = f"{PASSPORTS}/{passport['_id']}/snapshots"
        assert await items(client, address) == []
        assert (await client.get(f"{address}/1")).status_code == 404

    async def test_they_say_what_changed_why_and_by_whom(self, client: httpx2.AsyncClient, address: str) -> None:
        await write(client, address, 2)
        await client.patch(f"{address}/parties/importer", json={"legalName": "I", "legacyOperatorId": "1"})
        await client.post(f"{address}/suspend", json={"reason": "recall"})
        found = await items(client, f"{address}/snapshots")
        assert [snapshot["version"] for snapshot in found] == [6, 5, 4, 3]
        assert [snapshot["changedKeys"] for snapshot in found] == [
            ["status", "suspendedAt", "suspensionReason"],
            ["parties"],
            ["battery_mass"],
            ["publishedAt", "publishedIncomplete", "status"],
        ]
        assert [snapshot["reason"] for snapshot in found] == ["recall", "set_party", "write_fields", "publish"]
        assert found[0]["eventType"] == "passport.suspended"
        assert found[0]["actor"]["label"].startswith("via API key")
        assert [snapshot["prevHash"] for snapshot in found[:-1]] == [snapshot["stateHash"] for snapshot in found[1:]]
        page = await items(client, f"{address}/snapshots", limit=1, page=2)
        assert [snapshot["version"] for snapshot in page] == [5]

    async def test_each_shows_the_passport_as_it_was(self, client: httpx2.AsyncClient, address: str) -> None:
        published = (await client.get(address)).json()
        await write(client, address, 2)
        for reference in ("3", (await items(client, f"{address}/snapshots"))[-1]["_id"]):
            snapshot = (await client.get(f"{address}/snapshots/{reference}")).json()
            assert snapshot["hashValid"] is True
            assert snapshot["passport"]["status"] == "published"
            assert snapshot["passport"]["fields"]["battery_mass"] == published["fields"]["battery_mass"]
            assert snapshot["passport"]["version"] == 3

    async def test_the_one_in_force_at_a_moment_is_found(
        self, client: httpx2.AsyncClient, address: str, clock: MovableClock
    ) -> None:
        before = clock()
        clock.move(minutes=1)
        await write(client, address, 2)
        at = f"{address}/snapshots"
        assert (await client.get(at, params={"at": before.isoformat()})).json()["version"] == 3
        assert (await client.get(at, params={"at": clock().isoformat()})).json()["version"] == 4
        assert (await client.get(at, params={"at": "2020-01-01T00:00:00Z"})).status_code == 404
        bad = await client.get(at, params={"at": "then"})
        assert (bad.status_code, list(bad.json()["details"]["fieldErrors"])) == (400, ["at"])

    async def test_at_a_moment_when_it_was_a_draft_again_there_is_none(
        self, client: httpx2.AsyncClient, make_passport: Any, clock: MovableClock
    ) -> None:
        passport = await make_passport(client)
        address = f"{PASSPORTS}/{passport['_id']}"
        await client.post(f"{address}/submit")
        clock.move(minutes=1)
        submitted = clock()
        clock.move(minutes=1)
        await client.post(f"{address}/reject")
        clock.move(minutes=1)
        at = f"{address}/snapshots"
        assert (await client.get(at, params={"at": submitted.isoformat()})).json()["version"] == 2
        assert (await client.get(at, params={"at": clock().isoformat()})).status_code == 404

    @pytest.mark.parametrize(
        ("reference", "status"),
        [("0", 404), ("1", 404), ("2", 404), ("999999999", 404), ("0" * 24, 404), ("latest", 400), ("-1", 400)],
    )
    async def test_what_is_no_snapshot_is_told_apart(
        self, client: httpx2.AsyncClient, address: str, reference: str, status: int
    ) -> None:
        assert (await client.get(f"{address}/snapshots/{reference}")).status_code == status

    async def test_one_of_another_passport_is_unknown(
        self, client: httpx2.AsyncClient, address: str, make_passport: Any
    ) -> None:
        other = await make_passport(client, published=True)
        record = (await items(client, f"{PASSPORTS}/{other['_id']}/snapshots"))[0]["_id"]
        assert (await client.get(f"{address}/snapshots/{record}")).status_code == 404

    async def test_more_than_fifty_versions_can_each_be_rebuilt(self, client: httpx2.AsyncClient, address: str) -> None:
        states = {}
        for number in range(104):
            key, value = ("product_name", f"Name {number}") if number % 3 else ("battery_mass", number)
            await write(client, address, value, key)
            states[number + 4] = (key, value)
        for version, (key, value) in states.items():
            if version in {4, 48, 49, 50, 51, 99, 100, 101, 107}:
                snapshot = (await client.get(f"{address}/snapshots/{version}")).json()
                assert snapshot["hashValid"] is True
                assert snapshot["passport"]["fields"][key]["value"] == value
        found = await items(client, f"{address}/snapshots")
        found += await items(client, f"{address}/snapshots", page=2)
        assert [snapshot["version"] for snapshot in found] == list(range(107, 2, -1))
        assert all(new["prevHash"] == old["stateHash"] for new, old in itertools.pairwise(found))

    @pytest.mark.parametrize("tampered", ["diff", "stateHash", "full"])
    async def test_a_record_that_was_tampered_with_shows(
        self, client: httpx2.AsyncClient, address: str, database: Database, tampered: str
    ) -> None:
        version = 3
        if tampered == "full":
            for number in range(47):
                await write(client, address, number)
            version = 50
        record = (await client.get(f"{address}/snapshots/{version}")).json()
        assert record["hashValid"] is True
        changes = database.collection("changes")
        forged: dict[str, dict[str, Any]] = {
            "diff": {"$push": {"diff": {"path": "status", "new": "archived"}}},
            "stateHash": {"$set": {"stateHash": "0" * 64}},
            "full": {"$set": {"full.fields.battery_mass.value": 4711}},
        }
        await changes.update_one({"_id": ObjectId(record["_id"])}, forged[tampered])
        assert (await client.get(f"{address}/snapshots/{version}")).json()["hashValid"] is False


class TestHistory:
    async def test_it_tells_every_change_member_by_member(self, client: httpx2.AsyncClient, address: str) -> None:
        await write(client, address, 2)
        found = await items(client, f"{address}/history")
        assert [(entry["version"], entry["action"]) for entry in found] == [
            (4, "write_fields"),
            (3, "publish"),
            (2, "write_fields"),
            (1, "create"),
        ]
        changes = {change["path"]: (change["old"], change["new"]) for change in found[0]["changes"]}
        assert changes["fields.battery_mass.value"] == (1, 2)
        assert changes["version"] == (3, 4)
        assert set(found[0]) == {"_id", "version", "action", "actor", "at", "changes"}

    async def test_a_deleted_passport_has_none_to_show(self, client: httpx2.AsyncClient, make_passport: Any) -> None:
        passport = await make_passport(client)
        await client.delete(f"{PASSPORTS}/{passport['_id']}")
        for tail in ("history", "snapshots", "snapshots/1", "scans", "qr"):
            assert (await client.get(f"{PASSPORTS}/{passport['_id']}/{tail}")).status_code == 404


async def test_an_unscanned_passport_has_no_scans(client: httpx2.AsyncClient, address: str) -> None:
    assert (await client.get(f"{address}/scans")).json() == {"total": 0, "days": []}
