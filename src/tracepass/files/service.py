"""What can be done with files."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from tracepass.core.blobs import Blob, Blobs
from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id, new_id
from tracepass.core.media import clean_image, document_type, image_type
from tracepass.core.mongo import Database, Document
from tracepass.core.tenancy import Tenancy
from tracepass.files.repository import INDEXES, TAKING, WAITING, FileRepository
from tracepass.identity.models import Caller

BUCKET = "documents"
NAME_LENGTH = 200
GIVING = timedelta(minutes=1)
"""How long it takes at most to keep the bytes of a file that waits for them."""
SHOWN = ("name", "mediaType", "size", "sha256", "createdAt")

__all__ = ["BUCKET", "INDEXES", "TAKING", "WAITING", "Files", "References"]


class FileNotUploaded(Refusal):
    """The file came from another installation, and its bytes have not come after it yet."""

    def __init__(self, file: Document) -> None:
        facts = {name: file[name] for name in ("name", "size", "sha256")}
        super().__init__(
            "file_not_uploaded",
            "The file was imported without its bytes; upload them with POST /api/v1/files, and they are its own.",
            details=facts,
        )


class References(Protocol):
    """What files need to know of passports."""

    async def is_referred(self, tenancy: Tenancy, file_id: Id) -> bool:
        """Tell whether any passport refers to a file."""
        ...

    async def is_public(self, tenancy: Tenancy, file_id: Id) -> bool:
        """Tell whether an approved public field of a published passport refers to a file."""
        ...


class Openings(Protocol):
    """What files need to know of access grants."""

    async def opens_file(self, caller: Caller, file_id: Id) -> bool:
        """Tell whether a value that the holder of a grant may read refers to a file; it counts as a use."""
        ...


class Files:
    """Files of every workspace, one at a time."""

    def __init__(
        self, database: Database, *, blobs: Blobs, clock: Clock, references: References, openings: Openings
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._references = references
        self._openings = openings

    async def add(self, caller: Caller, name: str, data: bytes) -> Document:
        """Store a file; pictures lose their metadata. Bytes that an imported file waits for become its own.

        Raises:
            Refusal: the content is none of PDF, PNG, JPEG, WebP, CSV.
            Invalid: a picture is broken or too large.
        """
        sent, media_type = data, document_type(data)
        if image_type(data) is not None:
            data, media_type = await asyncio.to_thread(clean_image, data)
        waiting = await self._completed(caller, {_digest(one): one for one in (sent, data)})
        if waiting is not None:
            return waiting
        file: Document = {
            "_id": new_id(),
            "name": safe_name(name),
            "mediaType": media_type,
            "size": len(data),
            "sha256": _digest(data),
            "createdAt": timestamp(self._clock()),
        }
        await self._blobs.put(file["_id"], Blob(data, media_type, caller.tenancy, {"name": file["name"]}))
        await FileRepository(self._database, caller.tenancy).insert(file)
        return file

    async def _completed(self, caller: Caller, found: Mapping[str, bytes]) -> Document | None:
        """Give bytes to a file that waits for them, by their digest; return it, or None if none does.

        What another installation has cleaned is told by the digest of what was sent.
        """
        files, now = FileRepository(self._database, caller.tenancy), self._clock()
        for digest, data in found.items():
            kind = image_type(data) or document_type(data)
            facts = {"sha256": digest, "size": len(data), "mediaType": kind}
            file = await files.waiting_for(facts, now=timestamp(now), before=timestamp(now - GIVING))
            if file is not None and await self._give(caller, file, data):
                return {name: file[name] for name in ("_id", *SHOWN)}
        return None

    async def _give(self, caller: Caller, file: Document, data: bytes) -> bool:
        """Give bytes to a file; tell whether it was there until it had them."""
        files = FileRepository(self._database, caller.tenancy)
        try:
            await self._blobs.delete(file["_id"])
            await self._blobs.put(file["_id"], Blob(data, file["mediaType"], caller.tenancy, {"name": file["name"]}))
        except BaseException:
            await files.left(file["_id"])
            raise
        if await files.arrived(file["_id"]):
            return True
        await self._blobs.delete(file["_id"])
        return False

    async def get(self, readers: Sequence[Caller | None], file_id: Id) -> tuple[Document, bytes]:
        """Return a file's facts and bytes to its workspace, to those granted access, or to anybody while it is public.

        A browser may hold a session and an access grant, so there may be two ``readers`` in one.

        Raises:
            NotFound: there is none, or it is not for this reader.
            FileNotUploaded: its bytes are not here yet.
        """
        blob = await self._blobs.find(file_id)
        if blob is None:
            await self._refuse_waiting(readers, file_id)
        if blob is None or not await self._may_read(readers, blob, file_id):
            raise NotFound("file")
        return {"name": blob.facts["name"], "mediaType": blob.media_type}, blob.data

    async def _refuse_waiting(self, readers: Sequence[Caller | None], file_id: Id) -> None:
        for reader in readers:
            if reader is not None and reader.grant is None:
                file = await FileRepository(self._database, reader.tenancy).find(file_id)
                if file is not None and file.get(WAITING):
                    raise FileNotUploaded(file)

    async def _may_read(self, readers: Sequence[Caller | None], blob: Blob, file_id: Id) -> bool:
        at_home = [reader for reader in readers if reader is not None and reader.tenancy == blob.tenancy]
        if any(reader.grant is None for reader in at_home) or await self._references.is_public(blob.tenancy, file_id):
            return True
        return bool(at_home) and await self._openings.opens_file(at_home[-1], file_id)

    async def delete(self, caller: Caller, file_id: Id) -> None:
        """Delete a file.

        Raises:
            NotFound: the workspace has no such file.
            Refusal: ``file_in_use``, while a passport refers to it.
        """
        files = FileRepository(self._database, caller.tenancy)
        if await files.find(file_id) is None:
            raise NotFound("file")
        if await self._references.is_referred(caller.tenancy, file_id):
            raise Refusal("file_in_use", "A passport refers to this file; empty that field first.")
        await files.delete(file_id)
        await self._blobs.delete(file_id)

    async def missing(self, tenancy: Tenancy, file_ids: Sequence[Id]) -> list[Id]:
        """Return those of the ids that no file of the workspace has."""
        present = await FileRepository(self._database, tenancy).present(file_ids)
        return [identifier for identifier in file_ids if identifier not in present]


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def safe_name(name: str) -> str:
    """Return the last part of a file's name without control characters."""
    tail = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(character for character in tail if character.isprintable())
    return printable[:NAME_LENGTH] or "file"
