"""What can be done with exports: streamed at once, or asked of a worker, listed, fetched, taken away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tracepass.core import completion
from tracepass.core.blobs import Blobs
from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.extracts import Section, Snapshot, snapshot
from tracepass.core.ids import Id, new_id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.paging import offset
from tracepass.core.securitylog import SecurityLog
from tracepass.exports.making import Content, Making
from tracepass.exports.models import Compression, ExportCreate, ExportListQuery, FormatName
from tracepass.exports.packing import PACKERS, Packer
from tracepass.exports.repository import INDEXES, ExportDirectory, ExportRepository, SlotTaken
from tracepass.exports.signing import Links
from tracepass.exports.turtle import MOST as MOST_IN_TURTLE
from tracepass.exports.turtle import TooMuchForTurtle, turtle_of
from tracepass.exports.wire import NO_PROGRESS, file_name, is_over, shown
from tracepass.identity.models import Caller

MOST_STREAMED: Final = 500_000
"""Records that are streamed in one answer; what takes more than five minutes is for a worker."""
AT_ONCE: Final = 2
"""Exports of one workspace that may be under way at once."""
MARGIN: Final = timedelta(seconds=60)
"""A change bears the time at which it was begun, and may be there some seconds later only."""
_BEGINNING: Final = datetime.min.replace(tzinfo=UTC) + MARGIN
MAKE: Final = "exports.make"
PURGE: Final = "exports.purge"
BUCKET: Final = "exportFiles"

__all__ = ["BUCKET", "INDEXES", "MAKE", "PURGE", "Download", "ExportPage", "TenantExports"]


class ExportTooLarge(Refusal):
    """There is too much for one answer."""

    def __init__(self, records: int) -> None:
        super().__init__(
            "export_too_large",
            f"At most {MOST_STREAMED} records are streamed, and there are {records}; ask for them by POST /exports.",
            details={"limit": MOST_STREAMED, "records": records},
        )


class TooManyExports(Refusal):
    """As many exports as may be are under way."""

    def __init__(self) -> None:
        super().__init__(
            "too_many_exports",
            f"{AT_ONCE} exports of this workspace are under way; wait for one to end, or delete it.",
            details={"limit": AT_ONCE},
        )


class NotMadeYet(Refusal):
    """The export is there, its file is not."""

    def __init__(self) -> None:
        super().__init__("not_found", "The export has no file, or none yet; its `status` tells which.")


@dataclass(frozen=True, slots=True)
class ExportPage:
    """One page of exports."""

    items: list[Document]
    total: int


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is there to be fetched."""

    export: Mapping[str, Any]
    blobs: Blobs

    def pieces(self, start: int, end: int) -> AsyncGenerator[bytes, None]:
        """Give its bytes from one offset up to another."""
        return self.blobs.pieces(self.export["blobId"], start, end)


def about(export: Mapping[str, Any], company: Mapping[str, Any], *, now: datetime) -> Document:
    """Return what stands at the head of an export."""
    members = {"exportedAt": timestamp(now), "since": export["since"], "environment": export["environment"]}
    return {**{name: value for name, value in members.items() if value is not None}, "company": company}


def since_with_margin(since: str | None) -> str | None:
    """Return the moment from which changes count, so that none falls between two exports."""
    return None if since is None else timestamp(max(parse_timestamp(since), _BEGINNING) - MARGIN)


def sections_of(content: Content, since: str | None) -> list[Section]:
    """Return the sections of an export."""
    return [one for one in content.sections if since is not None or not one.only_since]


async def total_of(reading: Snapshot, content: Content, since: str | None) -> int:
    """Count the records of an export; templates, which are few, do not count."""
    return sum([await reading.count(section, since) for section in sections_of(content, since)])


class TenantExports:
    """The exports of every workspace."""

    def __init__(self, database: Database, *, clock: Clock, content: Content, blobs: Blobs, links: Links) -> None:
        self._database = database
        self._clock = clock
        self._content = content
        self._blobs = blobs
        self._links = links
        self._jobs = Jobs(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)
        self._directory = ExportDirectory(database)

    async def stream(
        self, caller: Caller, form: FormatName, compression: Compression, since: datetime | None
    ) -> AsyncGenerator[bytes, None]:
        """Return the bytes of an export, made while they are read.

        Raises:
            TooMuchForTurtle, ExportTooLarge: there is too much.
        """
        export = _asked(caller, form, compression, since)
        pieces = self._pieces(caller, export)
        if form == "turtle":
            pieces = self._as_turtle(pieces, PACKERS[compression]())
        first = await anext(pieces)
        details = {name: export[name] for name in ("format", "since") if export[name] is not None}
        await self._log.note(
            caller.tenancy, "export.made", entity=("export", new_id()), actor=caller.actor, details=details
        )
        return _from(first, pieces)

    async def _pieces(self, caller: Caller, export: Document) -> AsyncGenerator[bytes, None]:
        now, since, form = self._clock(), since_with_margin(export["since"]), export["format"]
        async with snapshot(self._database, caller.tenancy) as reading:
            records = await total_of(reading, self._content, since)
            if form == "turtle" and records > MOST_IN_TURTLE:
                raise TooMuchForTurtle(records)
            if records > MOST_STREAMED:
                raise ExportTooLarge(records)
            making = Making(self._content, form, PACKERS["none" if form == "turtle" else export["compression"]]())
            async with aclosing(making.run(reading, about(export, company_of(caller), now=now), since)) as pieces:
                async for piece in pieces:
                    yield piece

    async def _as_turtle(self, pieces: AsyncGenerator[bytes, None], packer: Packer) -> AsyncGenerator[bytes, None]:
        statements = b"".join([piece async for piece in pieces])
        written = await asyncio.to_thread(turtle_of, statements, origin=self._content.origin)
        yield packer.compress(written) + packer.flush()

    async def create(self, caller: Caller, body: ExportCreate) -> Document:
        """Ask a worker for an export.

        Raises:
            TooManyExports: two of the workspace are under way.
        """
        asked = _asked(caller, body.format, body.compression, body.since)
        export: Document = {
            **asked,
            "_id": new_id(),
            "status": "queued",
            "progress": dict(NO_PROGRESS),
            "error": None,
            "createdAt": timestamp(self._clock()),
            "startedAt": None,
            "finishedAt": None,
            "expiresAt": None,
            "file": None,
            "attempt": 0,
            "company": company_of(caller),
            "actor": caller.actor.wire,
        }
        for slot in range(AT_ONCE):
            try:
                await self._insert(caller, {**export, "slot": slot})
            except SlotTaken:
                continue
            return shown(export, None)
        raise TooManyExports

    async def _insert(self, caller: Caller, export: Document) -> None:
        async def work(session: Session) -> None:
            await ExportRepository(self._database, caller.tenancy).insert(export, session=session)
            key = str(export["_id"])
            await self._jobs.enqueue(MAKE, key, caller.tenancy, {"exportId": export["_id"]}, session=session)
            await completion.mark("export", export["_id"], None, session=session)

        await self._database.transact(work)

    async def list_(self, caller: Caller, query: ExportListQuery, *, origin: str) -> ExportPage:
        """Return one page of exports, newest first."""
        exports = ExportRepository(self._database, caller.tenancy)
        found = await exports.page(skip=offset(query.page, query.limit), limit=query.limit)
        return ExportPage([self._shown(export, origin) for export in found], await exports.count())

    async def get(self, caller: Caller, export_id: Id, *, origin: str) -> Document:
        """Return an export; one that is done with a link to its file.

        Raises:
            NotFound: this workspace has no such export.
        """
        return self._shown(await self._load(caller, export_id), origin)

    async def delete(self, caller: Caller, export_id: Id) -> None:
        """Take an export and its file away; one that is being made is not made any further.

        Raises:
            NotFound: this workspace has no such export.
        """
        gone = await ExportRepository(self._database, caller.tenancy).take_away(export_id)
        if gone is None:
            raise NotFound("export")
        if gone["status"] == "done":
            await self._blobs.delete(gone["blobId"])

    async def download(self, caller: Caller | None, export_id: Id, *, token: str | None) -> Download:
        """Return the file of an export to its workspace, or to whoever has a link to it.

        Raises:
            LinkInvalid, LinkExpired: the token does not open it.
            NotFound, NotMadeYet: there is no such export, or no file of it.
        """
        if caller is None:
            self._links.check(export_id, token or "")
            export = await self._directory.find(export_id)
        else:
            export = await self._load(caller, export_id)
        if export is None or is_over(export, self._clock()):
            raise NotFound("export")
        if export["status"] != "done":
            raise NotMadeYet
        return Download(export, self._blobs)

    def _shown(self, export: Document, origin: str) -> Document:
        if export["status"] != "done" or is_over(export, self._clock()):
            return shown(export, None)
        token, until = self._links.token(export["_id"], until=parse_timestamp(export["expiresAt"]))
        return shown(export, (f"{origin}/api/v1/exports/{export['_id']}/download?token={token}", until))

    async def _load(self, caller: Caller, export_id: Id) -> Document:
        export = await ExportRepository(self._database, caller.tenancy).find(export_id)
        if export is None:
            raise NotFound("export")
        return export

    def name_of(self, caller: Caller, form: FormatName) -> str:
        """Return the name under which a streamed export is saved."""
        return file_name(caller.tenancy, self._clock(), form)


def company_of(caller: Caller) -> Document:
    """Return whose data they are."""
    home = caller.workspace
    company: Document = {"id": str(home.id), "name": home.name, "slug": home.slug, "defaultLocale": home.default_locale}
    return {**company, "branding": home.branding} if home.branding else company


def _asked(caller: Caller, form: FormatName, compression: Compression, since: datetime | None) -> Document:
    moment = None if since is None else timestamp(since)
    return {"format": form, "compression": compression, "since": moment, "environment": caller.environment}


async def _from(first: bytes, rest: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(rest):
        yield first
        async for piece in rest:
            yield piece
