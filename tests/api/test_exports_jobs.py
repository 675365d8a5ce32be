"""Exports that a worker makes: progress, downloads in parts, links that expire, and an end to all of it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any

import httpx2
import pytest
import zstandard
from tests.api.tenants import furnish
from tests.conftest import Make, MovableClock, Office

from tracepass.core.blobs import open_blobs
from tracepass.core.ids import Id
from tracepass.core.mongo import Database
from tracepass.exports.service import BUCKET
from tracepass.identity.models import Workspace
from tracepass.settings import Settings
from tracepass.worker import work_once

EXPORTS = "/api/v1/exports"


@pytest.fixture
def work(database: Database, settings: Settings, clock: MovableClock) -> Any:
    """Do every job that is due."""

    async def do() -> None:
        while await work_once(database, settings, clock):
            pass

    return do


@pytest.fixture
async def ready(client: httpx2.AsyncClient, make_product: Make, work: Any) -> dict[str, Any]:
    """An export that is done."""
    await furnish(client, make_product)
    made = await ordered(client)
    await work()
    return dict((await client.get(f"{EXPORTS}/{made['_id']}")).json())


async def ordered(client: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post(EXPORTS, json=body)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{EXPORTS}/{answer.json()['_id']}"
    return dict(answer.json())


def path_of(export: dict[str, Any]) -> str:
    return f"{EXPORTS}/{export['_id']}/download"


def linked(export: dict[str, Any]) -> str:
    return str(export["downloadUrl"]).removeprefix("https://api.example.test")


async def test_an_export_waits_then_is_done_and_tells_how_to_get_it(
    client: httpx2.AsyncClient, make_product: Make, work: Any
) -> None:
    await furnish(client, make_product)
    queued = await ordered(client)
    assert (queued["status"], queued["file"], queued["downloadUrl"]) == ("queued", None, None)
    assert (await client.get(path_of(queued))).status_code == 404

    await work()
    done = (await client.get(f"{EXPORTS}/{queued['_id']}")).json()

    assert done["status"] == "done"
    assert done["progress"]["percentage"] == 100
    assert done["progress"]["counts"]["passports"] == 1
    assert done["file"]["name"].endswith(".jsonld")
    assert [one["_id"] for one in (await client.get(EXPORTS)).json()["data"]["items"]] == [queued["_id"]]


async def test_its_file_says_what_the_stream_says_and_its_digest_is_right(
    client: httpx2.AsyncClient, ready: dict[str, Any]
) -> None:
    streamed = (await client.get(f"{EXPORTS}/tenant")).json()

    answer = await client.get(path_of(ready))
    told = json.loads(answer.content)

    digest = base64.b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["repr-digest"] == ready["file"]["digest"] == f"sha-256=:{digest}:"
    assert int(answer.headers["content-length"]) == ready["file"]["size"] == len(answer.content)
    assert answer.headers["accept-ranges"] == "bytes"
    for member in ("exportedAt", "digest"):
        del streamed[member], told[member]
    assert told == streamed


async def test_a_packed_export_is_a_packed_file(client: httpx2.AsyncClient, make_product: Make, work: Any) -> None:
    await furnish(client, make_product)
    export = await ordered(client, format="ndjson", compression="zstd")
    await work()

    answer = await client.get(path_of(export))

    assert answer.headers["content-type"] == "application/zstd"
    assert answer.headers["content-disposition"].endswith('.ndjson.zst"')
    lines = zstandard.ZstdDecompressor().decompressobj().decompress(answer.content).decode().split("\n")
    assert json.loads(lines[0])["@type"] == "TenantExport"
    assert "digest" in json.loads(lines[-2])


async def test_a_download_is_taken_up_where_it_was_broken_off(
    client: httpx2.AsyncClient, ready: dict[str, Any]
) -> None:
    whole = (await client.get(path_of(ready))).content
    first = await client.get(path_of(ready), headers={"Range": "bytes=0-999"})
    tag = first.headers["etag"]

    rest = await client.get(path_of(ready), headers={"Range": "bytes=1000-", "If-Range": tag})

    assert (first.status_code, rest.status_code) == (206, 206)
    assert rest.headers["content-range"] == f"bytes 1000-{len(whole) - 1}/{len(whole)}"
    assert first.content + rest.content == whole


@pytest.mark.parametrize(
    ("wish", "status", "span"),
    [
        ("bytes=-10", 206, slice(-10, None)),
        ("bytes=5-5", 206, slice(5, 6)),
        ("bytes=10-99999999999", 206, slice(10, None)),
        ("bytes=-99999999999", 206, slice(None)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("bytes=9-3", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
    ],
)
async def test_ranges_are_given_as_the_standard_says(
    client: httpx2.AsyncClient, ready: dict[str, Any], wish: str, status: int, span: slice
) -> None:
    whole = (await client.get(path_of(ready))).content
    answer = await client.get(path_of(ready), headers={"Range": wish})
    assert (answer.status_code, answer.content) == (status, whole[span])


@pytest.mark.parametrize("wish", ["bytes=99999999999-", "bytes=-0"])
async def test_a_range_behind_the_end_cannot_be_given(
    client: httpx2.AsyncClient, ready: dict[str, Any], wish: str
) -> None:
    answer = await client.get(path_of(ready), headers={"Range": wish})
    assert (answer.status_code, answer.json()["error"]) == (416, "range_not_satisfiable")
    assert answer.headers["content-range"] == f"bytes */{ready['file']['size']}"


async def test_another_tag_gets_the_whole_file_and_the_same_tag_nothing(
    client: httpx2.AsyncClient, ready: dict[str, Any]
) -> None:
    whole = await client.get(path_of(ready), headers={"Range": "bytes=5-", "If-Range": '"another"'})
    known = await client.get(path_of(ready), headers={"If-None-Match": whole.headers["etag"]})
    head = await client.head(path_of(ready))
    assert (whole.status_code, len(whole.content)) == (200, ready["file"]["size"])
    assert known.status_code == 304
    assert (head.headers["content-length"], head.content) == (str(ready["file"]["size"]), b"")


async def test_a_link_opens_the_file_without_a_key_for_an_hour(
    client: httpx2.AsyncClient, anonymous: httpx2.AsyncClient, ready: dict[str, Any], clock: MovableClock
) -> None:
    assert (await anonymous.get(linked(ready))).content == (await client.get(path_of(ready))).content
    assert (await anonymous.get(path_of(ready))).status_code == 401

    clock.move(minutes=61)

    answer = await anonymous.get(linked(ready))
    assert (answer.status_code, answer.json()["error"]) == (410, "gone")
    fresh = (await client.get(f"{EXPORTS}/{ready['_id']}")).json()
    assert (await anonymous.get(linked(fresh))).status_code == 200


async def test_a_link_that_was_altered_opens_nothing(anonymous: httpx2.AsyncClient, ready: dict[str, Any]) -> None:
    path, _, token = linked(ready).partition("?token=")
    expires, _, proof = token.partition(".")
    altered = [
        f"{int(expires) + 3600}.{proof}",
        f"{expires}.{proof[:-1]}{'A' if proof[-1] != 'A' else 'B'}",
        "x",
        token[1:],
    ]
    for one in altered:
        answer = await anonymous.get(path, params={"token": one})
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")
    other = path.replace(ready["_id"], "0123456789abcdef01234567")
    assert (await anonymous.get(other, params={"token": token})).status_code == 401


async def test_others_do_not_find_it(
    stranger: httpx2.AsyncClient, office: Office, workspace: Workspace, ready: dict[str, Any]
) -> None:
    for client in (stranger, await office.client(workspace, environment="test")):
        for answer in (
            await client.get(f"{EXPORTS}/{ready['_id']}"),
            await client.get(path_of(ready)),
            await client.delete(f"{EXPORTS}/{ready['_id']}"),
        ):
            assert answer.status_code == 404
        assert (await client.get(EXPORTS)).json()["data"]["total"] == 0


async def test_two_may_be_under_way_at_once_however_many_are_asked_for(client: httpx2.AsyncClient, work: Any) -> None:
    answers = await asyncio.gather(*[client.post(EXPORTS, json={}) for _ in range(6)])
    assert sorted(answer.status_code for answer in answers) == [202, 202, 409, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status_code == 409)
    assert (refused.json()["error"], refused.json()["details"]) == ("too_many_exports", {"limit": 2})

    await work()

    assert (await client.post(EXPORTS, json={})).status_code == 202


async def test_one_that_waits_is_cancelled_and_gives_its_place_free(client: httpx2.AsyncClient, work: Any) -> None:
    first, _ = await ordered(client), await ordered(client)
    assert (await client.delete(f"{EXPORTS}/{first['_id']}")).status_code == 200
    await ordered(client)

    await work()

    assert (await client.get(f"{EXPORTS}/{first['_id']}")).status_code == 404
    assert [one["status"] for one in (await client.get(EXPORTS)).json()["data"]["items"]] == ["done", "done"]


async def test_a_deleted_export_leaves_no_file(
    client: httpx2.AsyncClient, ready: dict[str, Any], database: Database
) -> None:
    assert await chunks_of(database, ready["_id"]) > 0
    blob = await blob_of(database, ready["_id"])

    await client.delete(f"{EXPORTS}/{ready['_id']}")

    assert (await client.get(path_of(ready))).status_code == 404
    assert await chunks(database, blob) == 0


async def blob_of(database: Database, export_id: str) -> Id:
    found = await database.collection("exports").find_one({"_id": Id(export_id)})
    assert found is not None
    return Id(found["blobId"])


async def chunks_of(database: Database, export_id: str) -> int:
    return await chunks(database, await blob_of(database, export_id))


async def chunks(database: Database, blob: Id) -> int:
    return await database.collection(f"{BUCKET}.chunks").count_documents({"files_id": blob})


async def test_after_seven_days_it_is_gone(
    client: httpx2.AsyncClient, ready: dict[str, Any], clock: MovableClock, work: Any, database: Database
) -> None:
    blob = await blob_of(database, ready["_id"])
    clock.move(days=7, minutes=1)
    assert (await client.get(path_of(ready))).status_code == 404

    await work()

    assert (await client.get(f"{EXPORTS}/{ready['_id']}")).status_code == 404
    assert await chunks(database, blob) == 0


async def test_an_increment_is_made_as_well(
    client: httpx2.AsyncClient, make_passport: Make, work: Any, clock: MovableClock
) -> None:
    await make_passport(client)
    clock.move(minutes=5)
    passport = await make_passport(client)
    export = await ordered(client, since=passport["createdAt"])
    await work()

    found = json.loads((await client.get(path_of(export))).content)

    assert [one["_id"] for one in found["passports"]] == [passport["_id"]]
    assert found["deleted"] == []


async def test_a_repetition_under_a_key_asks_for_one_export(client: httpx2.AsyncClient) -> None:
    answers = [await client.post(EXPORTS, json={}, headers={"Idempotency-Key": "nightly"}) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert (await client.get(EXPORTS)).json()["data"]["total"] == 1


async def test_a_half_made_one_is_made_anew_and_leaves_nothing_behind(
    client: httpx2.AsyncClient,
    make_product: Make,
    database: Database,
    settings: Settings,
    clock: MovableClock,
    work: Any,
) -> None:
    await furnish(client, make_product)
    export = await ordered(client)
    half = await leave_half(database, settings, clock, export["_id"])
    assert (await client.get(path_of(export))).status_code == 404
    assert await chunks(database, half) == 1

    clock.move(seconds=61)
    await work()

    assert (await client.get(path_of(export))).status_code == 200
    assert await chunks(database, half) == 0


async def leave_half(database: Database, settings: Settings, clock: MovableClock, export_id: str) -> Id:
    """Leave an export as a worker leaves it that dies while it writes the file."""
    blob = Id()
    query = {"_id": f"exports.make/{export_id}"}
    due = (clock().isoformat(timespec="milliseconds")[:-6] + "Z").replace("+00:00", "")
    await database.collection("jobs").update_one(query, {"$set": {"progress": {"blobId": blob}, "dueAt": due}})
    change = {"$set": {"status": "running", "blobId": blob}, "$inc": {"attempt": 1}}
    await database.collection("exports").update_one({"_id": Id(export_id)}, change)
    assert open_blobs(database, BUCKET, settings.storage)
    await database.collection(f"{BUCKET}.chunks").insert_one({"files_id": blob, "n": 0, "data": b"half"})
    return blob


async def test_one_that_never_ends_is_given_up(client: httpx2.AsyncClient, database: Database, work: Any) -> None:
    export = await ordered(client)
    change = {"$set": {"status": "running", "attempt": 5}}
    await database.collection("exports").update_one({"_id": Id(export["_id"])}, change)

    await work()

    found = (await client.get(f"{EXPORTS}/{export['_id']}")).json()
    assert (found["status"], found["error"]["error"]) == ("failed", "internal_error")
    assert (await client.post(EXPORTS, json={})).status_code == 202


async def test_two_workers_make_it_once(
    client: httpx2.AsyncClient,
    make_product: Make,
    database: Database,
    settings: Settings,
    clock: MovableClock,
) -> None:
    await furnish(client, make_product)
    while await work_once(database, settings, clock):
        pass
    export = await ordered(client)

    await asyncio.gather(*[work_once(database, settings, clock) for _ in range(2)])

    found = await database.collection("exports").find_one({"_id": Id(export["_id"])})
    assert found is not None
    assert (found["status"], found["attempt"]) == ("done", 1)


async def test_a_made_export_is_written_down_in_the_audit_log(
    ready: dict[str, Any], database: Database, workspace: Workspace
) -> None:
    query = {"workspaceId": workspace.id, "environment": "live", "unsealed": True, "entity.id": Id(ready["_id"])}
    note = await database.collection("changes").find_one(query)
    assert note is not None
    assert (note["action"], note["details"]["size"]) == ("export.made", ready["file"]["size"])
    assert note["actor"]["type"] == "api_key"


@pytest.mark.parametrize("body", [{"format": "turtle"}, {"compression": "rar"}, {"since": "yesterday"}, {"x": 1}])
async def test_what_cannot_be_made_is_refused(client: httpx2.AsyncClient, body: dict[str, Any]) -> None:
    answer = await client.post(EXPORTS, json=body)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
