"""Exports whose files lie in S3-compatible storage: made, fetched in parts, taken away."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import httpx2
import pytest
from tests.api.tenants import furnish
from tests.conftest import Make, MovableClock, Office, client_of, running

from tracepass.app import create_app
from tracepass.core.mongo import Database
from tracepass.identity.models import Workspace
from tracepass.settings import Settings, Storage
from tracepass.worker import work_once

server = pytest.importorskip("moto.server", reason="the S3 server of the tests is not installed")
EXPORTS = "/api/v1/exports"


@pytest.fixture(scope="module")
def stored_in_s3(settings: Settings) -> Iterator[Settings]:
    """Settings of an installation that keeps files in S3."""
    storing = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    storing.start()
    host, port = storing.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    httpx2.put(f"{endpoint}/exports").raise_for_status()
    storage = Storage(kind="s3", bucket="exports", endpoint=endpoint, access_key_id="test", secret_access_key="test")
    yield settings.model_copy(update={"storage": storage})
    storing.stop()


@pytest.fixture
async def here(
    stored_in_s3: Settings, office: Office, workspace: Workspace, clock: MovableClock
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of that installation."""
    async with running(create_app(stored_in_s3, clock=clock)) as app:
        yield client_of(app, office.contract, key=await office.key(workspace))


async def test_a_file_in_s3_is_made_fetched_in_parts_and_taken_away(
    here: httpx2.AsyncClient,
    make_product: Make,
    database: Database,
    stored_in_s3: Settings,
    clock: MovableClock,
) -> None:
    await furnish(here, make_product)
    export = (await here.post(EXPORTS, json={})).json()["_id"]
    while await work_once(database, stored_in_s3, clock):
        pass
    path = f"{EXPORTS}/{export}/download"

    first = await here.get(path, headers={"Range": "bytes=0-9999"})
    rest = await here.get(path, headers={"Range": "bytes=10000-", "If-Range": first.headers["etag"]})
    told = json.loads(first.content + rest.content)

    assert (first.status_code, rest.status_code) == (206, 206)
    assert told["counts"]["passports"] == 1
    assert (await here.get(path)).json() == told
    assert (await here.delete(f"{EXPORTS}/{export}")).status_code == 200
    assert (await here.get(path)).status_code == 404
