"""Files that come from another installation: what is known of them; their bytes are uploaded afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tracepass.api.policy import FILE_LIMIT
from tracepass.core.arriving import Moment, faults_of, in_order_of, members_of, moment_faults, read
from tracepass.core.blobs import Blobs
from tracepass.core.bulk import insert_all
from tracepass.core.clock import parse_timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.restores import Arrival, Findings
from tracepass.core.schema import WireId, WireModel
from tracepass.files.repository import COLLECTION, WAITING, FileRepository
from tracepass.files.service import NAME_LENGTH, safe_name

NOTE: Final = "filesWithoutBytes"


def _check_name(name: str) -> str:
    if safe_name(name) != name:
        message = "is no name of a file"
        raise ValueError(message)
    return name


class FileRecord(WireModel):
    """A file as an export tells it."""

    file_id: Annotated[WireId, Field(alias="_id")]
    name: Annotated[str, StringConstraints(min_length=1, max_length=NAME_LENGTH), AfterValidator(_check_name)]
    media_type: Literal["application/pdf", "image/png", "image/jpeg", "image/webp", "text/csv"]
    # Pictures are written anew after they were measured, so some are a little larger than what may be uploaded.
    size: Annotated[int, Field(ge=1, le=4 * FILE_LIMIT)]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    created_at: Moment

    @property
    def stored(self) -> Document:
        """Return the file as it is kept while its bytes are not here."""
        return {**self.model_dump(by_alias=True, exclude={"file_id"}), "_id": self.file_id, WAITING: True}


class FileRestorer:
    """Takes in files without bytes."""

    def __init__(self, database: Database, *, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold files against the rules."""
        found = Findings(notes={NOTE: len(records)})
        for index, record in enumerate(records):
            try:
                moment = parse_timestamp(read(FileRecord, record).created_at)
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
            else:
                found.faults += moment_faults(index, arrival, [("createdAt", moment)])
        return found

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Write what is known of files."""
        files = [in_order_of(members_of(record), read(FileRecord, record).stored) for record in records]

        async def work(session: Session) -> None:
            there = await FileRepository(self._database, arrival.tenancy).present([file["_id"] for file in files])
            fresh = [file for file in files if file["_id"] not in there]
            await insert_all(self._database, COLLECTION, arrival.tenancy, fresh, session=session)

        await self._database.transact(work)

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take files away, with bytes that were uploaded meanwhile."""
        files = FileRepository(self._database, arrival.tenancy)
        for file_id in await files.present([Id(one) for one in ids]):
            await files.delete(file_id)
            await self._blobs.delete(file_id)
