"""Binary content, kept in GridFS beside the documents it belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gridfs import NoFile
from gridfs.asynchronous import AsyncGridFSBucket

from tracepass.core.ids import Id
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes and what is known of them."""

    data: bytes
    media_type: str
    tenancy: Tenancy
    facts: Mapping[str, Any]


class Blobs:
    """One bucket of binary content across all workspaces; every blob knows whose it is."""

    def __init__(self, database: Database, bucket: str) -> None:
        self._bucket = AsyncGridFSBucket(database.files, bucket_name=bucket)

    async def put(self, blob_id: Id, blob: Blob) -> None:
        """Store a blob under a new id."""
        metadata = {**blob.tenancy.fields, **blob.facts, "mediaType": blob.media_type}
        await self._bucket.upload_from_stream_with_id(blob_id, str(blob_id), blob.data, metadata=metadata)

    async def find(self, blob_id: Id) -> Blob | None:
        """Return a blob, or None."""
        try:
            stream = await self._bucket.open_download_stream(blob_id)
        except NoFile:
            return None
        facts = dict(stream.metadata or {})
        tenancy = Tenancy(facts.pop("workspaceId"), facts.pop("environment"))
        return Blob(await stream.read(), facts.pop("mediaType"), tenancy, facts)

    async def delete(self, blob_id: Id) -> None:
        """Delete a blob; one that is gone already is no fault."""
        try:
            await self._bucket.delete(blob_id)
        except NoFile:
            return
