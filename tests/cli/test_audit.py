"""`tracepass audit verify` on a real database: what it says, and its exit code."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner, Result

from tracepass.assembly import INDEXES
from tracepass.cli import app
from tracepass.core.clock import system_clock
from tracepass.core.errors import Invalid
from tracepass.core.mongo import connected
from tracepass.core.sealer import Sealer

GTIN = "04012345000016"
Changes = Any


@pytest.fixture(autouse=True)
def _installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mongod: str, database_name: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACEPASS_MONGODB_URI", mongod)
    monkeypatch.setenv("TRACEPASS_DATABASE", database_name)
    monkeypatch.setenv("TRACEPASS_SECRET_KEY", "A" * 43 + "=")


@pytest.fixture
def changes(mongo_client: MongoClient[dict[str, Any]], database_name: str) -> Changes:
    return mongo_client[database_name]["changes"]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def seal(mongod: str, name: str) -> None:
    """Do what the worker does."""

    async def work() -> None:
        async with connected(mongod, name=name) as database:
            await database.create_indexes(INDEXES)
            sealer = Sealer(database, clock=system_clock)
            while await sealer.seal_once():
                pass
            await sealer.lease.release()

    asyncio.run(work())


@pytest.fixture
def acme(mongod: str, database_name: str) -> str:
    """A workspace with four sealed entries: its first key, two more, one of them revoked."""
    assert run("workspace", "create", "--name", "Acme").exit_code == 0
    for name in ("one", "two"):
        made = json.loads(run("api-key", "create", "--workspace", "acme", "--name", name, "--json").stdout)
    assert run("api-key", "revoke", made["key"]["id"], "--workspace", "acme").exit_code == 0
    seal(mongod, database_name)
    return "acme"


def test_a_sound_chain_is_said_to_be_sound(acme: str) -> None:
    done = run("audit", "verify", acme)
    assert done.exit_code == 0
    assert "acme live: sound, 4 entries, head 4:" in done.stdout
    assert "nothing waits to be sealed" in done.stdout


def test_all_workspaces_are_checked_where_none_is_named(acme: str) -> None:
    run("workspace", "create", "--name", "Other")
    report = json.loads(run("audit", "verify", "--json").stdout)
    assert report["sound"] is True
    assert [(chain["workspace"], chain["entries"], chain["waiting"]["count"]) for chain in report["chains"]] == [
        (acme, 4, 0),
        ("other", 0, 1),
    ]


def test_the_unsealed_tail_is_named(acme: str, changes: Changes) -> None:
    run("api-key", "create", "--workspace", acme, "--name", "late")
    waiting = changes.find_one({"unsealed": True})
    done = run("audit", "verify", acme)
    assert done.exit_code == 0
    assert f"1 not sealed yet, {waiting['_id']} of {waiting['at']}" in done.stdout


def test_a_tampered_entry_is_named_with_its_record_and_the_exit_code_is_1(acme: str, changes: Changes) -> None:
    victim = changes.find_one_and_update({"seal.seq": 3}, {"$set": {"details.name": "forged"}})
    done = run("audit", "verify", acme)
    assert done.exit_code == 1
    assert f"the record of entry 3 is not the one that was sealed (record {victim['_id']})" in done.stdout
    assert "acme live: 1 faults, 4 entries" in done.stdout


def test_a_program_gets_every_fault_as_json(acme: str, changes: Changes) -> None:
    changes.delete_one({"seal.seq": 2})
    changes.delete_one({"seal.seq": 4})
    done = run("audit", "verify", acme, "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    assert report["sound"] is False
    assert [fault["message"] for fault in report["chains"][0]["faults"]] == [
        "entry 2 is missing",
        "entry 4 is cut off at the end",
    ]


def test_a_chain_is_held_against_an_entry_noted_down_earlier(acme: str) -> None:
    head = json.loads(run("audit", "verify", acme, "--json").stdout)["chains"][0]["head"]
    assert run("audit", "verify", acme, "--anchor", f"{head['seq']}:{head['hash']}").exit_code == 0
    done = run("audit", "verify", acme, "--anchor", f"{head['seq']}:{'0' * 64}")
    assert done.exit_code == 1
    assert "entry 4 has another hash than the one noted down" in done.stdout


@pytest.mark.parametrize("arguments", [("acme", "--anchor", "4"), ("--anchor", "4:" + "0" * 64)])
def test_an_anchor_that_cannot_be_compared_is_refused(arguments: tuple[str, ...]) -> None:
    assert isinstance(run("audit", "verify", *arguments).exception, Invalid)


def test_what_the_operator_settles_is_in_the_log_of_whom_it_concerns(
    acme: str, mongo_client: MongoClient[dict[str, Any]], database_name: str, changes: Changes
) -> None:
    database = mongo_client[database_name]
    owner = database["workspaces"].find_one({"slug": acme})
    assert owner is not None
    claim = {"_id": GTIN, "gtin": GTIN, "workspaceId": owner["_id"], "environment": "live", "firm": True}
    database["gtins"].insert_one({**claim, "claimedAt": "2027-01-01T00:00:00.000Z"})
    run("workspace", "create", "--name", "Other")
    for arguments in (
        ("gtin", "show", GTIN),
        ("gtin", "transfer", GTIN, "--to", "other"),
        ("gtin", "release", GTIN),
        ("prefix", "verify", GTIN[1:9], "--workspace", acme),
    ):
        assert run(*arguments).exit_code == 0
    noted = [(str(one["workspaceId"] == owner["_id"]), one["action"]) for one in changes.find({"unsealed": True})]
    assert sorted(noted) == [
        ("False", "api_key.created"),
        ("False", "gtin.released"),
        ("False", "gtin.transferred"),
        ("True", "gtin.shown"),
        ("True", "gtin.transferred"),
        ("True", "prefix.verified"),
    ]
