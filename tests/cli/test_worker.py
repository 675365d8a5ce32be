"""`tracepass worker --once`: what is due is done, and the command ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from tests.receiver import receiving
from typer.testing import CliRunner, Result

from tracepass.assembly import INDEXES, build_services
from tracepass.cli import app
from tracepass.core.clock import system_clock
from tracepass.core.mongo import connected
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import OPERATOR
from tracepass.identity.models import SCOPES, Caller
from tracepass.identity.service import Workspaces
from tracepass.settings import Settings
from tracepass.webhooks.models import WebhookCreate
from tracepass.webhooks.service import Webhooks


@pytest.fixture(autouse=True)
def _installation(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mongod: str, database_name: str) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TRACEPASS_MONGODB_URI", mongod)
    monkeypatch.setenv("TRACEPASS_DATABASE", database_name)
    monkeypatch.setenv("TRACEPASS_SECRET_KEY", "A" * 43 + "=")
    monkeypatch.setenv("TRACEPASS_WEBHOOKS__ALLOW_LOCAL", "true")


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


def work_once() -> subprocess.CompletedProcess[str]:
    """Run the command as cron does."""
    command = [sys.executable, "-m", "tracepass", "worker", "--once"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


async def _happen(url: str) -> None:
    """Let something happen of which a receiver is to be told."""
    settings = Settings()
    assert settings.mongodb_uri is not None
    async with connected(settings.mongodb_uri.get_secret_value(), name=settings.database) as database:
        await database.create_indexes(INDEXES)
        workspace = await Workspaces(database, clock=system_clock).get_by_slug("acme")
        caller = Caller(workspace, "live", "owner", SCOPES, OPERATOR)
        webhooks = build_services(database, settings, system_clock)[Webhooks]
        await webhooks.create(caller, WebhookCreate(url=url, events=["quota.warning"]))
        log, entity = SecurityLog(database, clock=system_clock), ("workspace", workspace.id)
        await log.note(caller.tenancy, "quota.warning", entity=entity, actor=OPERATOR, is_event=True)


def test_what_is_due_is_done_and_the_command_ends(
    mongo_client: MongoClient[dict[str, Any]], database_name: str
) -> None:
    assert run("workspace", "create", "--name", "Acme").exit_code == 0

    async def work() -> list[str]:
        async with receiving() as receiver:
            await _happen(receiver.url())
            outcome = await asyncio.to_thread(work_once)
            assert outcome.returncode == 0, outcome.stderr
            return receiver.types

    assert asyncio.run(work()) == ["quota.warning"]
    changes = mongo_client[database_name]["changes"]
    assert changes.count_documents({"unsealed": True}) == 0
    assert changes.count_documents({"outbox": True}) == 0
    assert run("audit", "verify", "acme").exit_code == 0
    leases = mongo_client[database_name]["leases"].find()
    assert {lease["holder"] for lease in leases} == {None}


def test_with_nothing_to_do_it_ends_as_well() -> None:
    assert run("indexes").exit_code == 0
    outcome = work_once()
    assert outcome.returncode == 0, outcome.stderr


def test_without_a_database_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACEPASS_MONGODB_URI", "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=200")
    outcome = work_once()
    assert outcome.returncode == 1
    assert "tracepass: The database refused" in outcome.stderr
