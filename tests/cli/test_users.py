"""The operator's commands for people, on a real database."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tracepass.cli import app
from tracepass.cli.installation import UnknownWorkspace
from tracepass.core.errors import Invalid, NotFound, Refusal

SECRET_KEY = "A" * 43 + "="


@pytest.fixture(autouse=True)
def _installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mongod: str, database_name: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACEPASS_MONGODB_URI", mongod)
    monkeypatch.setenv("TRACEPASS_DATABASE", database_name)
    monkeypatch.setenv("TRACEPASS_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("TRACEPASS_PUBLIC_URL", "https://api.example.test")
    _json("workspace", "create", "--name", "Acme")


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


def test_a_person_is_made_with_a_link_to_choose_a_password() -> None:
    made = _json("user", "create", "ada@example.test", "--name", "Ada", "--workspace", "acme")
    assert (made["user"]["email"], made["user"]["name"]) == ("ada@example.test", "Ada")
    assert made["link"].startswith("https://api.example.test/password/reset?token=")
    listed = _json("user", "list")["users"]
    assert [(user["email"], user["workspaces"]) for user in listed] == [("ada@example.test", {"acme": "owner"})]
    assert "ada@example.test  Ada  acme (owner)" in _text("user", "list")


def test_each_link_is_another_one() -> None:
    made = _json("user", "create", "ada@example.test", "--name", "Ada", "--workspace", "acme")
    links = {_text("user", "reset-link", name).strip() for name in ("ADA@example.test", made["user"]["id"])}
    assert len(links | {made["link"]}) == 3


def test_a_link_is_printed_alone_and_its_address_doubted_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    _json("user", "create", "ada@example.test", "--name", "Ada", "--workspace", "acme")
    for setting, doubt in (("https://api.example.test", ""), (None, "Is the server not at http://localhost:8000?")):
        if setting is None:
            monkeypatch.delenv("TRACEPASS_PUBLIC_URL")
        done = CliRunner().invoke(app, ["user", "reset-link", "ada@example.test"], catch_exceptions=False)
        assert len(done.stdout.split()) == 1
        assert done.stderr.startswith(doubt) if doubt else not done.stderr


def test_a_person_gets_a_role_in_a_second_workspace() -> None:
    _json("workspace", "create", "--name", "Other")
    _json("user", "create", "ada@example.test", "--name", "Ada", "--workspace", "acme")
    for role in ("viewer", "editor"):
        done = _json("user", "role", "ada@example.test", "--workspace", "other", "--role", role)
        assert (done["workspace"], done["role"]) == ("other", role)
    assert _json("user", "list")["users"][0]["workspaces"] == {"acme": "owner", "other": "editor"}
    assert "is admin in other" in _text("user", "role", "ada@example.test", "--workspace", "other", "--role", "admin")


def test_the_last_owner_stays_one() -> None:
    _json("user", "create", "ada@example.test", "--name", "Ada", "--workspace", "acme")
    error = _fails("user", "role", "ada@example.test", "--workspace", "acme", "--role", "viewer")
    assert isinstance(error, Refusal)
    assert error.code == "last_owner"


def test_what_cannot_be_is_refused() -> None:
    assert isinstance(_fails("user", "create", "nobody", "--name", "A", "--workspace", "acme"), Invalid)
    assert isinstance(_fails("user", "create", "a@b.test", "--name", "A", "--workspace", "none"), UnknownWorkspace)
    assert isinstance(_fails("user", "reset-link", "nobody@example.test"), NotFound)
    _json("user", "create", "ada@example.test", "--name", "Ada", "--workspace", "acme")
    again = _fails("user", "create", "Ada@example.test", "--name", "Ada", "--workspace", "acme")
    assert isinstance(again, Refusal)
    assert again.code == "email_taken"
    assert _text("user", "list").count("ada@") == 1
