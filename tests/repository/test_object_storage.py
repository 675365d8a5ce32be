"""Pictures and files in S3-compatible storage, against a server that speaks its protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tracepass.core.blobs import Blob, Blobs, open_blobs
from tracepass.core.ids import new_id
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy
from tracepass.settings import Storage

server = pytest.importorskip("moto.server", reason="the S3 server of the tests is not installed")


@pytest.fixture(scope="module")
def storage() -> Iterator[Storage]:
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    settings = Storage(kind="s3", bucket="pictures", endpoint=endpoint, access_key_id="test", secret_access_key="test")
    yield settings
    running.stop()


@pytest.fixture(params=["gridfs", "s3"])
def blobs(request: pytest.FixtureRequest, database: Database) -> Blobs:
    if request.param == "gridfs":
        return open_blobs(database, "things", Storage())
    settings: Storage = request.getfixturevalue("storage")
    import httpx2  # noqa: PLC0415 - only this branch talks to the server itself

    httpx2.put(f"{settings.endpoint}/{settings.bucket}").raise_for_status()
    return open_blobs(database, "things", settings)


async def test_a_blob_comes_back_as_it_was_put(blobs: Blobs) -> None:
    blob_id, blob = new_id(), Blob(b"\x89PNG...", "image/png", Tenancy(new_id(), "test"), {"name": "Zelle - ü.png"})

    await blobs.put(blob_id, blob)

    assert await blobs.find(blob_id) == blob


async def test_a_deleted_blob_is_gone_and_deleting_it_again_is_no_fault(blobs: Blobs) -> None:
    blob_id = new_id()
    await blobs.put(blob_id, Blob(b"1", "text/csv", Tenancy(new_id(), "live"), {}))

    await blobs.delete(blob_id)
    await blobs.delete(blob_id)

    assert await blobs.find(blob_id) is None


async def test_a_blob_that_never_was_is_none(blobs: Blobs) -> None:
    assert await blobs.find(new_id()) is None


async def pieces_of(*pieces: bytes) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


async def test_a_blob_of_many_pieces_comes_back_from_any_place_on(blobs: Blobs) -> None:
    blob_id, piece = new_id(), bytes(range(256)) * 4096
    sent = [piece] * 20 + [b"end"]
    whole = b"".join(sent)

    await blobs.put_pieces(blob_id, pieces_of(*sent), media_type="text/csv", tenancy=Tenancy(new_id(), "live"))

    for start, end in ((0, len(whole)), (0, 1), (1_048_575, 1_048_577), (len(whole) - 5, len(whole)), (7, 7)):
        assert b"".join([one async for one in blobs.pieces(blob_id, start, end)]) == whole[start:end]
    await blobs.delete(blob_id)
    with pytest.raises(LookupError):
        await anext(blobs.pieces(blob_id, 0, 1))


async def test_a_blob_whose_pieces_break_off_is_not_there_and_leaves_nothing(blobs: Blobs) -> None:
    blob_id = new_id()

    async def breaking() -> AsyncIterator[bytes]:
        yield b"x" * 9_000_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put_pieces(blob_id, breaking(), media_type="text/csv", tenancy=Tenancy(new_id(), "live"))

    assert await blobs.find(blob_id) is None
    await blobs.delete(blob_id)


async def test_a_blob_of_no_bytes_is_one(blobs: Blobs) -> None:
    blob_id = new_id()
    await blobs.put_pieces(blob_id, pieces_of(), media_type="text/csv", tenancy=Tenancy(new_id(), "live"))
    found = await blobs.find(blob_id)
    assert found is not None
    assert found.data == b""
