"""Exports are taken in again: surveyed, looked at by the features, then written section by section, or not at all.

Who takes over from a worker that died surveys the file anew, makes the same ids, and writes on behind the line that
was written last; features pass over what is there already.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tracepass.core.clock import parse_timestamp, timestamp
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Document
from tracepass.core.restores import Arrival, Intake
from tracepass.core.spool import Spool
from tracepass.imports.attempts import Attempt, Ended, Registry
from tracepass.imports.claims import Claims
from tracepass.imports.exportfile import ExportFaulty, kinds_of
from tracepass.imports.needs import ImportNeeds
from tracepass.imports.newids import Maker, NewIds
from tracepass.imports.survey import AT_ONCE, Batch, Batches, Survey, batches_of
from tracepass.quotas.service import TakenEvents

PASSPORTS: Final = "passports"
EVENTS: Final = "epcisEvents"
SURVEYED, LOOKED_AT = 0.1, 0.4
"""How far an import is when the file was surveyed, and when the features have looked at it."""


@dataclass(frozen=True, slots=True)
class ExportWork:
    """Does imports of exports."""

    registry: Registry
    needs: ImportNeeds

    async def do(self, attempt: Attempt, spool: Spool) -> None:
        """Look at what the file holds, and write it.

        Raises:
            Ended: something is wrong.
        """
        import_ = attempt.import_
        try:
            survey = await self._survey(attempt, spool)
            if import_["phase"] != "write":
                await self._check(attempt, survey)
            if not import_["dryRun"]:
                await self._write(attempt, survey)
        except ExportFaulty as fault:
            raise Ended.failed(fault.code, fault.message) from None

    def made(self, attempt: Attempt) -> Document:
        """Return what the audit log tells of an import that is done."""
        return {"exportedAt": attempt.import_["exportedAt"], "counts": attempt.import_["counts"]}

    def _kinds(self) -> dict[str, str]:
        sections = [(intake.section, intake.kind) for intake in self.needs.intakes]
        return kinds_of(sections, after=PASSPORTS)

    def _intakes(self) -> Mapping[str, Intake]:
        return {intake.section: intake for intake in self.needs.intakes}

    async def _survey(self, attempt: Attempt, spool: Spool) -> Survey:
        """Read the file to its end.

        Raises:
            Ended: something is wrong with it, or the key may not bring what it holds.
            ExportFaulty: it is no export, or not a whole one.
        """
        ids = NewIds(attempt.import_["_id"], self._intakes())
        survey = Survey(spool, self._kinds(), self.needs.templates, ids)
        phase = attempt.import_["phase"] or "check"
        while await survey.go_on():
            attempt.rows = survey.tally.rows
            created = attempt.import_["progress"]["created"]
            await self.registry.report(attempt, survey.file.share * SURVEYED, {"phase": phase}, created=created)
        twice = await asyncio.to_thread(ids.close)
        if twice and not survey.tally.count:
            await asyncio.to_thread(survey.twice, twice)
        if phase == "check":
            about = {"exportedAt": str(survey.file.head.get("exportedAt"))[:40], "counts": ids.counts}
            await self.registry.keep(attempt, {"phase": phase, **about, **survey.tally.wire})
        _refuse_faults(survey)
        self._refuse_scopes(attempt, ids.counts)
        return survey

    def _refuse_scopes(self, attempt: Attempt, counts: Mapping[str, int]) -> None:
        wanted = {intake.scope for intake in self.needs.intakes if counts.get(intake.section)}
        missing = sorted(wanted - attempt.caller.rights)
        if missing:
            message = f"What the file holds needs the scope {missing[0]}, which the key that sent it does not have."
            raise Ended.failed("insufficient_scope", message, {"missing": missing})

    def _arrival(self, attempt: Attempt, ids: NewIds) -> Arrival:
        caller, import_, claims = attempt.caller, attempt.import_, Claims()
        return Arrival(
            tenancy=caller.tenancy,
            actor=caller.actor,
            at=import_["startedAt"],
            import_id=str(import_["_id"]),
            origins=self.needs.origins,
            coming=ids.coming,
            caller=caller,
            claim=claims.claim,
            claimed=claims.claimed,
        )

    async def _check(self, attempt: Attempt, survey: Survey) -> None:
        """Have the features look at all records, and see what the plan allows.

        Raises:
            Ended: something is wrong.
        """
        arrival, intakes, tally = self._arrival(attempt, survey.ids), self._intakes(), survey.tally
        rest = 1.0 if attempt.import_["dryRun"] else LOOKED_AT
        async for batch in batches_of(Batches(survey.spool, survey.kinds, intakes, survey.ids)):
            findings = await intakes[batch.section].restorer.look(arrival, batch.records)
            tally.take(findings, batch.section, batch.lines)
            share = SURVEYED + (rest - SURVEYED) * batch.share
            await self.registry.report(attempt, share, {}, created=0)
        await self.registry.keep(attempt, tally.wire)
        _refuse_faults(survey)
        await self._pay(attempt, survey.ids)

    async def _pay(self, attempt: Attempt, ids: NewIds) -> None:
        """Take what the records cost, all of it or nothing; a dry run looks whether there are places.

        Raises:
            Ended: the plan has not so much.
        """
        import_, needs, now = attempt.import_, self.needs, self.registry.clock()
        caller, confirmed, counts = attempt.caller, import_["confirmOverage"], ids.counts
        units = sum(-(-counts.get(intake.section, 0) // intake.a_write) for intake in needs.intakes)
        try:
            await needs.slots.refuse_many(caller, counts.get(PASSPORTS, 0), confirmed=confirmed)
            if import_["dryRun"]:
                return
            await needs.quotas.take_writes(caller, units)
            taken = await self._take_more(attempt, counts, units)
        except Refusal as refusal:
            raise Ended.refused(refusal) from None
        members = {"phase": "write", "widths": ids.widths, "units": units, "unitsAt": timestamp(now)}
        await self.registry.keep(attempt, {**members, "events": None if taken is None else taken.kept})

    async def _take_more(self, attempt: Attempt, counts: Mapping[str, int], units: int) -> TakenEvents | None:
        """Take what is not writes, and give those back if it cannot be had."""
        caller, needs, confirmed = attempt.caller, self.needs, attempt.import_["confirmOverage"]
        taken: TakenEvents | None = None
        try:
            if counts.get(EVENTS):
                taken = await needs.events.take(caller, counts[EVENTS], confirmed=confirmed)
            await needs.slots.take_many(caller, counts.get(PASSPORTS, 0), confirmed=confirmed)
        except Refusal:
            await needs.quotas.give_back_writes(caller, units, at=self.registry.clock())
            if taken is not None:
                await needs.events.give_back(taken)
            raise
        return taken

    async def _write(self, attempt: Attempt, survey: Survey) -> None:
        """Write what is not written yet.

        Raises:
            Ended: something cannot be written any more.
        """
        arrival, intakes = self._arrival(attempt, survey.ids), self._intakes()
        total, created = survey.tally.rows, attempt.import_["progress"]["created"]
        behind = attempt.import_["writtenTo"]
        async for batch in batches_of(Batches(survey.spool, survey.kinds, intakes, survey.ids, behind)):
            await self._write_some(arrival, intakes[batch.section], batch)
            created = min(created + len(batch.records), total)
            share = LOOKED_AT + (1 - LOOKED_AT) * batch.share
            await self.registry.report(attempt, share, {"writtenTo": batch.lines[-1]}, created=created)
        await self.needs.slots.forget(attempt.caller.workspace.id)
        attempt.import_["progress"] = {**attempt.import_["progress"], "created": total}

    async def _write_some(self, arrival: Arrival, intake: Intake, batch: Batch) -> None:
        try:
            await intake.restorer.write(arrival, batch.records)
        except Refusal as refusal:
            where = f"lines {batch.lines[0]} to {batch.lines[-1]}"
            details = {**(refusal.details or {}), "section": batch.section, "code": refusal.code}
            message = f"Something changed since the file was looked at ({where}): {refusal.message}"
            raise Ended.failed("import_conflict", f"{message} What was written was taken back.", details) from None

    async def undo(self, attempt: Attempt) -> list[Id]:
        """Take away what was written, in the opposite order; return the ids of what others have built on meanwhile."""
        remaining: list[Id] = []
        import_, arrival = attempt.import_, self._arrival(attempt, NewIds(attempt.import_["_id"], {}))
        for intake in reversed(self.needs.intakes):
            width = import_["widths"].get(intake.section)
            if width is not None:
                maker, count = Maker.of(import_["_id"], intake.section, width), import_["counts"][intake.section]
                for first in range(0, count, AT_ONCE):
                    ids = [maker.text(rank) for rank in range(first, min(first + AT_ONCE, count))]
                    staying = await intake.restorer.remove(arrival, ids)
                    remaining += [Id(one) for one in staying or ()]
                    await self.registry.keep(attempt, {})
        await self._give_back(attempt)
        return remaining

    async def _give_back(self, attempt: Attempt) -> None:
        import_, caller = attempt.import_, attempt.caller
        await self.needs.quotas.give_back_writes(caller, import_["units"], at=parse_timestamp(import_["unitsAt"]))
        if import_["events"] is not None:
            await self.needs.events.give_back(TakenEvents.of(caller.tenancy, import_["events"]))
        await self.needs.slots.forget(caller.workspace.id)


def _refuse_faults(survey: Survey) -> None:
    tally = survey.tally
    if tally.count:
        failed = tally.wire["rows"]["failed"]
        message = f"{tally.count} errors in {failed} of {tally.rows} records; nothing was imported."
        raise Ended.failed("import_invalid", message)
