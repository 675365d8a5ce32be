"""What can be done with measurements: take them, list them, tell the newest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tracepass.core import completion
from tracepass.core.changes import Stale
from tracepass.core.clock import timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document, Session
from tracepass.core.paging import Position, read_cursor, write_cursor
from tracepass.core.securitylog import SecurityLog
from tracepass.identity.models import Caller
from tracepass.measurements.models import MeasurementBatch, MeasurementQuery
from tracepass.measurements.readings import Sorted, external_ids, newest, read, sort_out
from tracepass.measurements.repository import INDEXES, MeasurementRepository, Wanted
from tracepass.passports.models import Locator
from tracepass.passports.usedata import UseData, latest_values

ATTEMPTS = 20
RECORDED = "measurements.recorded"

__all__ = ["INDEXES", "MeasurementPage", "Measurements"]


@dataclass(frozen=True, slots=True)
class MeasurementPage:
    """One page of measurements."""

    items: list[Document]
    next_cursor: str | None


class Measurements:
    """The measurements of passports of every workspace."""

    def __init__(self, use: UseData) -> None:
        self._use = use
        self._log = SecurityLog(use.database, clock=use.clock)

    async def record(self, caller: Caller, which: Locator, body: MeasurementBatch) -> Document:
        """Take measurements, those that are right in one transaction; return what became of each.

        Raises:
            NotFound: this workspace has no such passport.
            PassportArchived, NotMeasurable: the passport takes none.
        """
        passport = await self._use.load(caller, which)
        fields, now = self._use.fields_of(passport), self._use.clock()
        readings = read(body.measurements, fields, passport["_id"], now=now)
        kept = MeasurementRepository(self._use.database, caller.tenancy)
        names = external_ids(readings)
        for _ in range(ATTEMPTS):
            stored = await kept.named(passport["_id"], names) if names else {}
            sorted_ = sort_out(readings, stored)
            if not sorted_.new:
                return sorted_.outcome
            try:
                await self._write(caller, passport, sorted_, day=timestamp(now)[:10])
            except Stale:
                passport = await self._use.load(caller, which)
                self._use.fields_of(passport)
                continue
            return sorted_.outcome
        raise Refusal("conflict", "Others measure the same thing at the same time; try again.")

    async def _write(self, caller: Caller, passport: Document, sorted_: Sorted, *, day: str) -> None:
        kept, new = MeasurementRepository(self._use.database, caller.tenancy), sorted_.new
        is_first = passport.get("measuredOn", "") < day
        writes = [self._use.keeping(caller, passport, newest(new), day=day if is_first else None)]
        if is_first:
            about = ("passport", passport["_id"])
            writes.append(self._log.noting(caller.tenancy, RECORDED, entity=about, actor=caller.actor))
        completion.foresee(sorted_.outcome)
        writes += completion.marking("passport", passport["_id"], passport["version"])
        if len(new) == 1:
            # It may share its transaction with what others write; many go faster by themselves.
            await self._use.database.write([*writes, kept.insertion(new[0])])
            return

        async def insert(session: Session) -> None:
            await kept.insert(new, session=session)

        await self._use.database.write(writes, also=insert)

    async def list_(self, caller: Caller, which: Locator, query: MeasurementQuery) -> MeasurementPage:
        """Return one page of measurements, by the time at which they were measured.

        Raises:
            NotFound: this workspace has no such passport.
        """
        passport = await self._use.load(caller, which)
        measured = sorted(passport.get("dynamic", {}))
        wanted = Wanted(
            passport["_id"],
            measured if query.field is None else [name for name in measured if name == query.field],
            None if query.from_ is None else timestamp(query.from_),
            None if query.to is None else timestamp(query.to),
            None if query.cursor is None else read_cursor(query.cursor),
            query.order == "asc",
        )
        if not wanted.fields:
            return MeasurementPage([], None)
        kept = MeasurementRepository(self._use.database, caller.tenancy)
        found = await kept.page(wanted, limit=query.limit + 1)
        items = found[: query.limit]
        last = items[-1] if len(found) > query.limit else None
        cursor = None if last is None else write_cursor(Position(last["measuredAt"], last["_id"]))
        return MeasurementPage(items, cursor)

    async def latest(self, caller: Caller, which: Locator) -> Document:
        """Return the newest value of each field that was measured.

        Raises:
            NotFound: this workspace has no such passport.
        """
        passport = await self._use.load(caller, which)
        return {"passportId": passport["_id"], "dynamic": latest_values(passport)}

    async def courses(
        self, caller: Caller, passport_id: Id, fields: Sequence[str], *, most: int
    ) -> Mapping[str, list[Document]]:
        """Return the newest measurements of some fields of a passport, the oldest of them first."""
        kept = MeasurementRepository(self._use.database, caller.tenancy)
        pages = (kept.page(Wanted(passport_id, [name]), limit=most) for name in fields)
        found = await asyncio.gather(*pages)
        return {name: page[::-1] for name, page in zip(fields, found, strict=True)}
