"""Exports whose worker is killed, whose reader leaves, whose database fails: nothing half is ever taken for whole."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from pymongo import MongoClient
from tests.api.tenants import furnish
from tests.conftest import Make, MovableClock, Office
from tests.contract.server import served
from tests.faults.installation import environment

from tracepass.app import create_app
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database
from tracepass.exports.service import BUCKET
from tracepass.identity.models import Workspace
from tracepass.settings import Settings
from tracepass.worker import work_once

EXPORTS = "/api/v1/exports"
LINKS, TITLE = 1500, "x" * 40_000
Mongo = MongoClient[dict[str, Any]]


@pytest.mark.parametrize("moment", ["write", "close"])
async def test_an_export_whose_worker_is_killed_is_made_by_another(
    client: httpx2.AsyncClient,
    make_product: Make,
    database: Database,
    settings: Settings,
    clock: MovableClock,
    moment: str,
) -> None:
    await furnish(client, make_product)
    export = (await client.post(EXPORTS, json={})).json()["_id"]

    assert await run_to_death(settings, moment) == -signal.SIGKILL
    dead = await blob_of(database, export)
    assert await chunks(database, dead) > 0
    assert (await client.get(f"{EXPORTS}/{export}")).json()["status"] == "running"
    assert (await client.get(f"{EXPORTS}/{export}/download")).status_code == 404
    clock.move(seconds=61)
    while await work_once(database, settings, clock):
        pass

    done = (await client.get(f"{EXPORTS}/{export}")).json()
    answer = await client.get(f"{EXPORTS}/{export}/download")
    assert (done["status"], len(answer.content)) == ("done", done["file"]["size"])
    assert answer.json()["counts"]["passports"] == 1
    assert await chunks(database, dead) == 0
    assert await chunks(database, await blob_of(database, export)) > 0


async def run_to_death(settings: Settings, moment: str) -> int:
    assert settings.mongodb_uri is not None
    assert settings.secret_key is not None
    told = (settings.mongodb_uri.get_secret_value(), settings.database, settings.secret_key.get_secret_value(), moment)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.faults.exporting", *told, env=environment()
    )
    return await asyncio.wait_for(process.wait(), 60)


async def blob_of(database: Database, export: str) -> Id:
    found = await database.collection("exports").find_one({"_id": Id(export)})
    assert found is not None
    return Id(found["blobId"])


async def chunks(database: Database, blob: Id) -> int:
    return await database.collection(f"{BUCKET}.chunks").count_documents({"files_id": blob})


@pytest.fixture
async def large(database: Database, workspace: Workspace) -> None:
    """More than the buffers between a server and its reader hold."""
    tenant = {"workspaceId": workspace.id, "environment": "live", "title": TITLE}
    links = [{"_id": new_id(), "anchor": f"/8004/4012345{number}", **tenant} for number in range(LINKS)]
    await database.collection("links").insert_many(links)


@pytest.fixture
def server(settings: Settings) -> Iterator[str]:
    """A server of its own, with real connections."""
    with served(create_app(settings)) as address:
        yield address


@pytest.mark.usefixtures("large")
async def test_a_reader_that_leaves_frees_the_cursor(
    server: str, office: Office, workspace: Workspace, mongo_client: Mongo, settings: Settings
) -> None:
    connection = await begun(server, await office.key(workspace))
    await opened(mongo_client, settings)

    connection.close()

    await eventually(lambda: cursors(mongo_client, settings) == [])


@pytest.mark.usefixtures("large")
async def test_an_answer_whose_source_fails_is_broken_off(
    server: str, office: Office, workspace: Workspace, mongo_client: Mongo, settings: Settings
) -> None:
    connection = await begun(server, await office.key(workspace))
    reading = await opened(mongo_client, settings)

    mongo_client[settings.database].command({"killCursors": "links", "cursors": reading})
    received = await asyncio.to_thread(rest_of, connection)

    assert b'"digest"' not in received
    assert not received.endswith(b"0\r\n\r\n")


async def begun(server: str, key: str) -> socket.socket:
    """Ask for an export and read no more than its beginning."""
    address = urlsplit(server)
    connection = socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30)
    head = f"GET {EXPORTS}/tenant HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
    connection.sendall(head.encode())
    assert b"200 OK" in await asyncio.to_thread(connection.recv, 4096)
    return connection


def rest_of(connection: socket.socket) -> bytes:
    with connection:
        end = b""
        while piece := connection.recv(1 << 20):
            end = end[-1000:] + piece
        return end[-1000:]


def cursors(mongo_client: Mongo, settings: Settings) -> list[int]:
    """The cursors on links that exports have open and that wait to be read on."""
    pipeline: list[dict[str, Any]] = [
        {"$currentOp": {"allUsers": True, "idleCursors": True}},
        {"$match": {"type": "idleCursor", "ns": f"{settings.database}.links"}},
        {"$match": {"cursor.originatingCommand.readConcern.level": "snapshot"}},
    ]
    return [found["cursor"]["cursorId"] for found in mongo_client.admin.aggregate(pipeline)]


async def opened(mongo_client: Mongo, settings: Settings) -> list[int]:
    """Wait until an export has a cursor open, and give it: it may be read on again by the next look."""
    found: list[int] = []

    def look() -> bool:
        found[:] = cursors(mongo_client, settings)
        return bool(found)

    await eventually(look)
    return found


async def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds, for 20 seconds at most."""
    await asyncio.wait_for(asyncio.to_thread(look_until, holds), 20)


def look_until(holds: Callable[[], bool]) -> None:
    while not holds():
        time.sleep(0.05)
