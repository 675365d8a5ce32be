"""The operator's commands on a real database, in process; tests/faults runs them beside a server."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from typer.testing import CliRunner

from tracepass.assembly import INDEXES
from tracepass.cli import app
from tracepass.cli.checks import machine
from tracepass.cli.checks.machine import check_disk, check_mongod, check_port, check_secret_key
from tracepass.cli.installation import DatabaseAway, IndexesMissing, UnknownWorkspace
from tracepass.cli.server import prepare_indexes
from tracepass.core.errors import Invalid, NotFound
from tracepass.settings import Settings

SECRET_KEY = "A" * 43 + "="
GTIN = "04012345000016"


@pytest.fixture(autouse=True)
def _installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mongod: str, database_name: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACEPASS_MONGODB_URI", mongod)
    monkeypatch.setenv("TRACEPASS_DATABASE", database_name)
    monkeypatch.setenv("TRACEPASS_SECRET_KEY", SECRET_KEY)


def _text(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def _json(*arguments: str) -> Any:
    return json.loads(_text(*arguments, "--json"))


def _fails(*arguments: str) -> Exception:
    error = CliRunner().invoke(app, arguments).exception
    assert isinstance(error, Exception)
    return error


def test_a_new_workspace_comes_with_a_live_key() -> None:
    made = _json("workspace", "create", "--name", "Müller & Söhne", "--plan", "growth", "--locale", "de")
    assert made["apiKey"].startswith("tp_live_")
    identity = made["workspace"].pop("id")
    assert len(identity) == 24
    assert made["workspace"] == {
        "slug": "muller-sohne",
        "name": "Müller & Söhne",
        "plan": "growth",
        "defaultLocale": "de",
    }


def test_two_workspaces_of_one_name_get_two_slugs() -> None:
    slugs = {_json("workspace", "create", "--name", "Twin")["workspace"]["slug"] for _ in range(2)}
    assert len(slugs) == 2


def test_a_person_reads_the_slug_and_the_key() -> None:
    text = _text("workspace", "create", "--name", "Acme")
    assert "acme" in text
    assert "tp_live_" in text


def test_an_unknown_plan_is_refused() -> None:
    assert isinstance(_fails("workspace", "create", "--name", "Acme", "--plan", "gold"), Invalid)


def test_keys_are_made_listed_and_revoked() -> None:
    _json("workspace", "create", "--name", "Acme")
    made = _json("api-key", "create", "--workspace", "acme", "--name", "ERP", "--environment", "test")
    assert made["apiKey"].startswith("tp_test_")
    assert made["key"]["environment"] == "test"
    assert made["workspace"]["slug"] == "acme"
    listed = _json("api-key", "list", "--workspace", "acme")["keys"]
    assert [(key["name"], key["revokedAt"]) for key in listed] == [("ERP", None), ("First key", None)]
    assert "hash" not in listed[0]
    assert _json("api-key", "revoke", made["key"]["id"], "--workspace", "acme") == {"revoked": made["key"]["id"]}
    assert "revoked 2" in _text("api-key", "list", "--workspace", "acme")


def test_a_key_is_revoked_by_its_prefix_once() -> None:
    prefix = _json("workspace", "create", "--name", "Acme")["apiKey"][:12]
    assert prefix in _text("api-key", "revoke", prefix, "--workspace", "acme")
    assert isinstance(_fails("api-key", "revoke", prefix, "--workspace", "acme"), NotFound)


def test_a_key_for_an_unknown_workspace_is_refused() -> None:
    error = _fails("api-key", "create", "--workspace", "nobody", "--name", "x")
    assert isinstance(error, UnknownWorkspace)
    assert str(error) == "There is no workspace nobody."


def test_a_key_with_an_unknown_scope_is_refused() -> None:
    _json("workspace", "create", "--name", "Acme")
    assert isinstance(_fails("api-key", "create", "--workspace", "acme", "--name", "x", "--scope", "all"), Invalid)


def test_indexes_are_created_once() -> None:
    first = _json("indexes")
    assert len(first["created"]) == first["total"] == len(INDEXES)
    assert _json("indexes") == {"created": [], "total": len(INDEXES)}
    assert "indexes are there" in _text("indexes")


def test_a_server_refuses_a_database_by_uri_without_its_indexes_and_makes_those_of_its_own() -> None:
    with pytest.raises(IndexesMissing, match="tracepass indexes"):
        prepare_indexes(Settings(), own=False)
    prepare_indexes(Settings(), own=True)
    prepare_indexes(Settings(), own=False)


def _claim(mongo_client: MongoClient[dict[str, Any]], database_name: str, *, firm: bool) -> None:
    holder = mongo_client[database_name].workspaces.find_one({"slug": "holder"})
    assert holder is not None
    mongo_client[database_name].gtins.insert_one(
        {
            "_id": GTIN,
            "gtin": GTIN,
            "workspaceId": holder["_id"],
            "environment": "live",
            "firm": firm,
            "claimedAt": "2026-01-01T00:00:00.000Z",
        }
    )


@pytest.mark.parametrize("firm", [True, False])
def test_a_gtin_is_shown_transferred_and_released(
    mongo_client: MongoClient[dict[str, Any]], database_name: str, *, firm: bool
) -> None:
    _json("workspace", "create", "--name", "Holder")
    heir = _json("workspace", "create", "--name", "Heir")["workspace"]
    _claim(mongo_client, database_name, firm=firm)
    assert _json("gtin", "show", "4012345000016")["firm"] is firm
    assert _json("gtin", "transfer", GTIN, "--to", "heir")["to"] == "heir"
    assert _json("gtin", "show", GTIN)["workspaceId"] == heir["id"]
    assert "is free" in _text("gtin", "release", GTIN)
    assert isinstance(_fails("gtin", "show", GTIN), NotFound)


def test_a_gtin_with_a_wrong_check_digit_is_refused() -> None:
    assert isinstance(_fails("gtin", "show", "04012345000015"), Invalid)


def test_a_plan_is_changed_shown_and_in_the_audit_log(mongo_client: MongoClient[Any], database_name: str) -> None:
    slug = _json("workspace", "create", "--name", "Voltwerk")["workspace"]["slug"]
    assert _json("plan", "set", slug, "basic") == {"workspace": slug, "plan": "basic", "before": "free"}
    shown = _json("plan", "show", slug)
    assert shown["plan"] == "basic"
    assert shown["budgets"]["passports"] == {"limit": 25, "used": 0, "resetsAt": None}
    assert "  writes: 0 of 200\n" in _text("plan", "show", slug)
    [note] = mongo_client[database_name]["changes"].find({"action": "plan.changed"})
    assert (note["actor"]["type"], note["details"]) == ("operator", {"from": "free", "to": "basic"})
    assert _text("plan", "set", slug, "pro") == f"{slug} has the plan pro now; it was basic.\n"
    assert "  writes: unlimited\n" in _text("plan", "show", slug)


def test_a_plan_that_does_not_exist_is_refused() -> None:
    assert isinstance(_fails("plan", "set", "voltwerk", "platinum"), Invalid)


def test_a_company_prefix_is_verified_for_a_workspace() -> None:
    _json("workspace", "create", "--name", "Holder")
    verified = _json("prefix", "verify", "4012345", "--workspace", "holder")
    assert (verified["prefix"], verified["workspace"]) == ("4012345", "holder")
    assert isinstance(_fails("prefix", "verify", "12x", "--workspace", "holder"), Invalid)


def test_the_doctor_finds_missing_indexes_and_then_nothing() -> None:
    ill = CliRunner().invoke(app, ["doctor", "--port", "0", "--json"])
    assert ill.exit_code == 1
    wrong = [check for check in json.loads(ill.stdout)["checks"] if not check["ok"]]
    assert [check["name"] for check in wrong] == ["indexes"]
    assert "tracepass indexes" in wrong[0]["remedy"]
    _json("indexes")
    assert _json("doctor", "--port", "0")["ok"] is True
    assert "ok     database" in _text("doctor", "--port", "0")


def test_the_doctor_says_when_the_database_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracepass.core.mongo.SELECTION_TIMEOUT_MS", 50)
    monkeypatch.setenv("TRACEPASS_MONGODB_URI", "mongodb://%2Fnowhere.sock/")
    assert isinstance(_fails("indexes"), DatabaseAway)


def _wrong(settings: Settings) -> list[str]:
    return [check.line for check in check_mongod(settings) if not check.ok]


def test_the_doctor_looks_for_a_mongod_that_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TRACEPASS_MONGODB_URI")
    assert "no such file" in _wrong(Settings(mongod=tmp_path / "absent"))[0]
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\nkill -ILL $$\n")
    assert "cannot be run" in _wrong(Settings(mongod=broken))[0]
    broken.chmod(0o700)
    assert "AVX" in _wrong(Settings(mongod=broken))[0]
    assert _wrong(Settings()) == []


def test_the_doctor_names_missing_libraries_and_missing_avx(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TRACEPASS_MONGODB_URI")
    ldd = tmp_path / "ldd"
    ldd.write_text("#!/bin/sh\necho '	libcurl.so.4 => not found'\n")
    ldd.chmod(0o700)
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("flags : fpu sse sse2\n")
    monkeypatch.setattr("shutil.which", lambda _: str(ldd))
    monkeypatch.setattr(machine, "_CPUINFO", cpuinfo)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    lines = "\n".join(_wrong(Settings()))
    assert "libcurl.so.4" in lines
    assert "apt install libcurl4 libssl3" in lines
    assert "lacks it" in lines


def test_the_doctor_counts_the_room_on_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path / "not" / "yet")
    assert check_disk(settings).ok
    monkeypatch.setattr(machine, "_LEAST_FREE_BYTES", 10**18)
    assert not check_disk(settings).ok


def test_the_doctor_asks_for_the_secret_key(monkeypatch: pytest.MonkeyPatch) -> None:
    assert check_secret_key(Settings()).found == "set"
    monkeypatch.delenv("TRACEPASS_SECRET_KEY")
    assert not check_secret_key(Settings()).ok
    monkeypatch.delenv("TRACEPASS_MONGODB_URI")
    assert check_secret_key(Settings()).ok


def test_the_doctor_tells_a_free_port_from_a_taken_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        assert not check_port("127.0.0.1", port).ok
    assert check_port("127.0.0.1", port).ok
