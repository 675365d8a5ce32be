"""Spreadsheets become passports: all rows are looked at, then passports are made, or none of them stays.

The id of each passport follows from the import and the row, so that a worker that takes over from one that died sees
which rows are done. If a row is refused after all, what was made is deleted again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tracepass.core.clock import parse_timestamp, timestamp
from tracepass.core.errors import NotFound, Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.core.spool import Spool
from tracepass.core.tables import FileFaulty
from tracepass.imports.attempts import Attempt, Ended, Registry
from tracepass.imports.checking import Catalogue, Check, Findings
from tracepass.imports.needs import ImportNeeds
from tracepass.imports.reading import Sheet, opened
from tracepass.imports.rows import NewPassport
from tracepass.passports.models import ById

SIDE_BY_SIDE: Final = 8
_UNDONE_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class SheetWork:
    """Does imports of spreadsheets."""

    registry: Registry
    needs: ImportNeeds

    async def do(self, attempt: Attempt, spool: Spool) -> None:
        """Look at the rows, and make passports of them.

        Raises:
            Ended: something is wrong.
        """
        import_ = attempt.import_
        try:
            if import_["phase"] != "write":
                await self._check(attempt, await self._open(attempt, spool))
            if not import_["dryRun"]:
                await self._make(attempt, await self._open(attempt, spool))
        except FileFaulty as fault:
            raise Ended.failed(fault.code, fault.message) from None

    def made(self, attempt: Attempt) -> Document:
        """Return what the audit log tells of an import that is done."""
        return {"category": attempt.import_["category"], "passports": attempt.import_["rows"]["found"]}

    async def _open(self, attempt: Attempt, spool: Spool) -> Sheet:
        import_, templates = attempt.import_, self.needs.templates
        template = templates.get(import_["category"], import_["templateVersion"])
        return await asyncio.to_thread(opened, spool, template, templates, import_["lang"])

    async def _check(self, attempt: Attempt, sheet: Sheet) -> None:
        """Look at all rows, and at what the plan allows.

        Raises:
            Ended: something is wrong.
        """
        import_, needs = attempt.import_, self.needs
        catalogue = Catalogue(needs.products, attempt.caller, import_["category"], import_["productId"])
        found = Findings()
        check = Check(attempt.caller, needs.rehearsal, catalogue, needs.origins, found)
        found.tell(sheet.errors)
        if not sheet.errors:
            async for rows in sheet.chunks():
                await check.rows(rows)
                attempt.rows = found.rows
                share = found.last_row / sheet.expected * (1.0 if import_["dryRun"] else 0.3)
                await self.registry.report(attempt, share, {"phase": "check"}, created=0)
        await self.registry.keep(attempt, {"phase": "check", "lastRow": found.last_row, **found.wire})
        if found.count:
            where = f" in {found.failed} of {found.rows} rows" if found.rows else ""
            raise Ended.failed("import_invalid", f"{found.count} errors{where}; nothing was imported.")
        if not found.rows:
            raise Ended.failed("import_invalid", "There is no row below the names of the columns.")
        await self._pay(attempt, found)

    async def _pay(self, attempt: Attempt, found: Findings) -> None:
        """Take what the rows cost, all of it or nothing; a dry run looks whether there are places.

        Raises:
            Ended: the plan has not so much.
        """
        caller, import_, now = attempt.caller, attempt.import_, self.registry.clock()
        try:
            await self.needs.slots.refuse_many(caller, found.rows, confirmed=import_["confirmOverage"])
            if not import_["dryRun"]:
                await self.needs.quotas.take_writes(caller, found.rows)
        except Refusal as refusal:
            raise Ended.refused(refusal) from None
        if not import_["dryRun"]:
            await self.registry.keep(attempt, {"phase": "write", "units": found.rows, "unitsAt": timestamp(now)})

    async def _make(self, attempt: Attempt, sheet: Sheet) -> None:
        """Make the passports that are not made yet.

        Raises:
            Ended: one could not be made.
        """
        import_, needs = attempt.import_, self.needs
        catalogue = Catalogue(needs.products, attempt.caller, import_["category"], import_["productId"])
        total, created = import_["rows"]["found"], import_["progress"]["created"]
        async for rows in sheet.chunks(after=import_["writtenTo"]):
            await self._make_some(attempt, rows, catalogue)
            created = min(created + len(rows), total)
            if rows:
                share = 0.3 + 0.7 * created / max(total, 1)
                await self.registry.report(attempt, share, {"writtenTo": rows[-1].row}, created=created)
        attempt.import_["progress"] = {**attempt.import_["progress"], "created": total}

    async def _make_some(self, attempt: Attempt, rows: Sequence[NewPassport], catalogue: Catalogue) -> None:
        named = {row.row: own_id(attempt.import_, row.row) for row in rows}
        made = await self.needs.rehearsal.made(attempt.caller, list(named.values())) if rows else frozenset()
        room = asyncio.Semaphore(SIDE_BY_SIDE)

        async def make(row: NewPassport) -> None:
            async with room:
                await self._make_one(attempt, row, named[row.row], catalogue)

        making = [make(row) for row in rows if named[row.row] not in made]
        for outcome in await asyncio.gather(*making, return_exceptions=True):
            if isinstance(outcome, BaseException):
                raise outcome
        faults = [error for row in rows for error in row.errors]
        if faults:
            findings = Findings()
            findings.tell(faults)
            told = {name: value for name, value in findings.wire.items() if name != "rows"}
            await self.registry.keep(attempt, told)
            message = "Something changed since the rows were looked at; what was made was taken back."
            raise Ended.failed("import_conflict", message)

    async def _make_one(self, attempt: Attempt, row: NewPassport, named: Id, catalogue: Catalogue) -> None:
        caller, needs = attempt.caller, self.needs
        product = await catalogue.product_of(row)
        row.content["confirmOverage"] = attempt.import_["confirmOverage"]
        body = None if product is None else row.body(str(product["_id"]))
        if body is None:
            return
        try:
            await needs.passports.create(caller, needs.rehearsal.named(body, named), origins=needs.origins)
        except Refusal as refusal:
            # A worker that was thought dead may have made it.
            if not await needs.rehearsal.made(caller, [named]):
                row.refused(refusal)

    async def undo(self, attempt: Attempt) -> list[Id]:
        """Take back what was made; return the ids of passports that stay, because somebody has published them."""
        import_, remaining = attempt.import_, list[Id]()
        for first in range(1, import_["lastRow"] + 1, _UNDONE_AT_ONCE):
            ids = [own_id(import_, row) for row in range(first, first + _UNDONE_AT_ONCE)]
            made = sorted(await self.needs.rehearsal.made(attempt.caller, ids))
            remaining += [one for one in made if not await self._take_back(attempt, one)]
            await self.registry.keep(attempt, {})
        await self.needs.quotas.give_back_writes(
            attempt.caller, import_["units"] - len(remaining), at=parse_timestamp(import_["unitsAt"])
        )
        return remaining

    async def _take_back(self, attempt: Attempt, passport_id: Id) -> bool:
        """Delete a passport that this import has made; tell whether it is gone: somebody may have published it."""
        try:
            await self.needs.passports.delete(attempt.caller, ById(passport_id), expected=None)
        except NotFound:
            return True
        except Refusal:
            return False
        return True


def own_id(import_: Document, row: int) -> Id:
    """Return the id of the passport that an import makes of a row: time of the import, its digest, the row."""
    digest = hashlib.sha256(import_["_id"].binary).digest()
    return Id(import_["_id"].binary[:4] + digest[:5] + row.to_bytes(3, "big"))
