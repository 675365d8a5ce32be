"""Binary content, kept in GridFS beside the documents it belongs to, or in S3-compatible storage."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

import obstore
from gridfs import NoFile
from gridfs.asynchronous import AsyncGridFSBucket
from obstore.exceptions import NotFoundError
from obstore.store import S3Store

from tracepass.core.ids import Id
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Environment, Tenancy
from tracepass.settings import Storage

PIECE: Final = 1024 * 1024
"""Bytes that are read from a store at once, and that a chunk of a large blob has."""
_PART: Final = 8 * 1024 * 1024
"""Bytes of one part of an upload to S3, which takes no smaller ones than 5 MB."""


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes and what is known of them; facts are texts."""

    data: bytes
    media_type: str
    tenancy: Tenancy
    facts: Mapping[str, str]


class Blobs(Protocol):
    """One bucket of binary content across all workspaces; every blob knows whose it is."""

    async def put(self, blob_id: Id, blob: Blob) -> None:
        """Store a blob under a new id."""
        ...

    async def find(self, blob_id: Id) -> Blob | None:
        """Return a blob, or None."""
        ...

    async def delete(self, blob_id: Id) -> None:
        """Delete a blob, or what there is of one; one that is gone already is no fault."""
        ...

    async def put_pieces(self, blob_id: Id, pieces: AsyncIterator[bytes], *, media_type: str, tenancy: Tenancy) -> None:
        """Store a blob of any size under a new id; it is there when this returns, and not before."""
        ...

    def pieces(self, blob_id: Id, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Give the bytes of a blob from one offset up to another.

        Raises:
            LookupError: there is no such blob.
        """
        ...


def open_blobs(database: Database, bucket: str, storage: Storage) -> Blobs:
    """Return a bucket in the storage that the installation uses."""
    return GridBlobs(database, bucket) if storage.kind == "gridfs" else ObjectBlobs(storage, bucket)


class GridBlobs:
    """A bucket in GridFS."""

    def __init__(self, database: Database, bucket: str) -> None:
        self._bucket = AsyncGridFSBucket(database.files, bucket_name=bucket)

    async def put(self, blob_id: Id, blob: Blob) -> None:
        """Store a blob under a new id."""
        metadata = {**blob.facts, **blob.tenancy.fields, "mediaType": blob.media_type}
        await self._bucket.upload_from_stream_with_id(blob_id, str(blob_id), blob.data, metadata=metadata)

    async def find(self, blob_id: Id) -> Blob | None:
        """Return a blob, or None."""
        try:
            stream = await self._bucket.open_download_stream(blob_id)
        except NoFile:
            return None
        facts: dict[str, Any] = dict(stream.metadata or {})
        tenancy = Tenancy(facts.pop("workspaceId"), facts.pop("environment"))
        return Blob(await stream.read(), facts.pop("mediaType"), tenancy, facts)

    async def delete(self, blob_id: Id) -> None:
        """Delete a blob, or what there is of one; one that is gone already is no fault."""
        try:
            await self._bucket.delete(blob_id)
        except NoFile:
            return

    async def put_pieces(self, blob_id: Id, pieces: AsyncIterator[bytes], *, media_type: str, tenancy: Tenancy) -> None:
        """Store a blob of any size under a new id; it is there when this returns, and not before."""
        metadata = {**tenancy.fields, "mediaType": media_type}
        upload = self._bucket.open_upload_stream_with_id(
            blob_id, str(blob_id), chunk_size_bytes=PIECE, metadata=metadata
        )
        async for piece in pieces:
            await upload.write(piece)
        await upload.close()

    async def pieces(self, blob_id: Id, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Give the bytes of a blob from one offset up to another.

        Raises:
            LookupError: there is no such blob.
        """
        try:
            stream = await self._bucket.open_download_stream(blob_id)
        except NoFile:
            raise LookupError(blob_id) from None
        async with stream:
            await stream.seek(start)
            while start < end and (piece := await stream.read(min(PIECE, end - start))):
                start += len(piece)
                yield piece


class ObjectBlobs:
    """A folder in a bucket of S3 or whatever speaks its protocol; what is known of a blob is its metadata."""

    def __init__(self, storage: Storage, folder: str) -> None:
        self._folder = folder
        self._store = S3Store(
            storage.bucket,
            endpoint=storage.endpoint,
            region=storage.region,
            access_key_id=storage.access_key_id,
            secret_access_key=None
            if storage.secret_access_key is None
            else storage.secret_access_key.get_secret_value(),
            client_options={"allow_http": bool(storage.endpoint and storage.endpoint.startswith("http://"))},
        )

    def _key(self, blob_id: Id) -> str:
        return f"{self._folder}/{blob_id}"

    async def put(self, blob_id: Id, blob: Blob) -> None:
        """Store a blob under a new id."""
        owner = {"workspaceid": str(blob.tenancy.workspace_id), "environment": blob.tenancy.environment}
        facts = {name.lower(): value.encode().hex() for name, value in blob.facts.items()}
        attributes = {"Content-Type": blob.media_type, **owner, **facts}
        await self._store.put_async(self._key(blob_id), blob.data, attributes=attributes)

    async def find(self, blob_id: Id) -> Blob | None:
        """Return a blob, or None."""
        try:
            found = await self._store.get_async(self._key(blob_id))
        except (FileNotFoundError, NotFoundError):
            return None
        facts: dict[str, str] = {str(name): str(value) for name, value in found.attributes.items()}
        media_type = facts.pop("Content-Type")
        environment: Environment = "test" if facts.pop("environment") == "test" else "live"
        tenancy = Tenancy(Id(facts.pop("workspaceid")), environment)
        named = {name: bytes.fromhex(value).decode() for name, value in facts.items()}
        return Blob(bytes(await found.bytes_async()), media_type, tenancy, named)

    async def delete(self, blob_id: Id) -> None:
        """Delete a blob; S3 answers alike for one that is gone already."""
        try:
            await self._store.delete_async(self._key(blob_id))
        except (FileNotFoundError, NotFoundError):
            return

    async def put_pieces(self, blob_id: Id, pieces: AsyncIterator[bytes], *, media_type: str, tenancy: Tenancy) -> None:
        """Store a blob of any size under a new id; it is there when this returns, and not before.

        What was sent of one that fails never becomes a blob; S3 keeps such parts until its own rules take them away.
        """
        owner = {"workspaceid": str(tenancy.workspace_id), "environment": tenancy.environment}
        attributes = {"Content-Type": media_type, **owner}
        upload = obstore.open_writer_async(
            self._store, self._key(blob_id), attributes=attributes, buffer_size=_PART, max_concurrency=2
        )
        async for piece in pieces:
            await upload.write(piece)
        await upload.close()

    async def pieces(self, blob_id: Id, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Give the bytes of a blob from one offset up to another.

        Raises:
            LookupError: there is no such blob.
        """
        if start == end:
            return
        try:
            found = await self._store.get_async(self._key(blob_id), options={"range": (start, end)})
        except (FileNotFoundError, NotFoundError):
            raise LookupError(blob_id) from None
        async for piece in found.stream(min_chunk_size=PIECE):
            yield bytes(piece)
