"""What products in use tell of themselves, as far as passports keep it: the newest value of each field.

It stands beside the passport, outside its version: readings that come in by the minute make no history, no snapshot and
no event, and do not stand in the way of those who edit the passport.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tracepass.core.changes import Stale
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Document, Session, Write
from tracepass.core.tenancy import Tenancy
from tracepass.identity.models import Caller
from tracepass.passports.desk import Desk, kept_beside
from tracepass.passports.lifecycle import PassportArchived
from tracepass.passports.models import Locator
from tracepass.passports.repository import PASSPORTS
from tracepass.passports.wire import latest_values
from tracepass.templates.models import Field, Template

MEASUREMENTS: Final = "measurements"
__all__ = ["MEASUREMENTS", "Latest", "NotMeasurable", "UseData", "forget_measurements", "latest_values"]
NOT_A_UNIT: Final = "What a product in use tells is about one unit; this passport is of a {granularity}."
NO_FIELDS: Final = "Nothing is measured in this category: no field of {category!r} is filled by the product in use."


class NotMeasurable(Refusal):
    """The passport is of a kind of thing that tells nothing of itself in use."""

    def __init__(self, message: str) -> None:
        super().__init__("not_measurable", message)


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest value of a field that a call brings."""

    field: str
    value: Any
    measured_at: str
    recorded_at: str

    @property
    def kept(self) -> Document:
        """Return it as it is kept; the database compares members in this order, so the newest of two is the greater."""
        return {"measuredAt": self.measured_at, "recordedAt": self.recorded_at, "value": self.value}


class UseData:
    """Reads passports for those who measure, and keeps the newest values beside them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.database = desk.database
        self.clock = desk.clock

    async def load(self, caller: Caller, which: Locator) -> Document:
        """Return a passport as it is stored.

        Raises:
            NotFound: this workspace has no such passport.
            SerialAmbiguous: the serial stands under several GTINs.
        """
        return await self._desk.load(caller, which)

    def template_of(self, passport: Document) -> Template:
        """Return the template a passport was made with."""
        return self._desk.template_of(passport)

    def fields_of(self, passport: Document) -> Mapping[str, Field]:
        """Return the fields that the product in use fills.

        Raises:
            PassportArchived: it takes nothing any more.
            NotMeasurable: it is not of one unit, or its category has no such fields.
        """
        if passport["status"] == "archived":
            raise PassportArchived
        fields = measured_fields(self._desk.template_of(passport))
        if not fields:
            raise NotMeasurable(NO_FIELDS.format(category=passport["category"]))
        if passport["granularity"] != "item":
            raise NotMeasurable(NOT_A_UNIT.format(granularity=passport["granularity"]))
        return fields

    async def measurable(
        self, tenancy: Tenancy, ids: Collection[Id], *, session: Session
    ) -> dict[Id, tuple[Document, Mapping[str, Field]]]:
        """Return those passports of some ids that are of one unit, each with the fields that the unit fills."""
        found = self.database.scoped(PASSPORTS, tenancy).find({"_id": {"$in": list(ids)}}, session=session)
        units = [one async for one in found if one["granularity"] == "item"]
        return {one["_id"]: (one, measured_fields(self._desk.template_of(one))) for one in units}

    async def keep_arrived(
        self, tenancy: Tenancy, passport: Document, readings: Sequence[Latest], *, session: Session
    ) -> None:
        """Keep what a passport that was taken in was told, in the transaction that read it and adds the readings.

        Of several of one moment the first that is given counts, unless another was recorded later.
        """
        newest: Document = dict(passport.get("dynamic", {}))
        for one in readings:
            before = newest.get(one.field)
            if before is None or (before["measuredAt"], before["recordedAt"]) < (one.measured_at, one.recorded_at):
                newest[one.field] = one.kept
        day = max([one.recorded_at[:10] for one in readings] + [passport.get("measuredOn", "")])
        members: Document = {"dynamic": newest, "measuredFields": len(newest), "measuredOn": day}
        kept = kept_beside({**passport, "dynamic": newest}, self._desk.template_of(passport))
        members["complianceKey"] = kept["complianceKey"]
        await self.database.scoped(PASSPORTS, tenancy).update(
            {"_id": passport["_id"]}, {"$set": members}, session=session
        )

    def keeping(self, caller: Caller, passport: Document, latest: Mapping[str, Latest], *, day: str | None) -> Write:
        """Return the write that keeps the newest values; a value that is older than what is there changes nothing.

        ``day`` is given with the first values of a day. The write raises `Stale` if the passport is gone or in another
        state by now, if it has the values of that day already, or if a field is new and another wrote it meanwhile.
        """
        known = passport.get("dynamic", {})
        query: Document = {"_id": passport["_id"], "status": passport["status"]}
        members: Document = {}
        if not latest.keys() <= known.keys():
            query |= {"version": passport["version"], "measuredFields": passport.get("measuredFields")}
            members["measuredFields"] = len(latest.keys() | known.keys())
            newest = {name: one.kept for name, one in latest.items()}
            grown = {**passport, "dynamic": {**newest, **known}}
            members["complianceKey"] = kept_beside(grown, self._desk.template_of(passport))["complianceKey"]
        if day is not None:
            query["measuredOn"] = passport.get("measuredOn")
            members["measuredOn"] = day
        change: Document = {"$max": {f"dynamic.{name}": one.kept for name, one in latest.items()}}
        if members:
            change["$set"] = members
        return self.database.scoped(PASSPORTS, caller.tenancy).updating(query, change, missed=Stale)


async def forget_measurements(database: Database, tenancy: Tenancy, passport_id: Id, *, session: Session) -> int:
    """Delete what the product of a passport that is deleted told of itself; return how many measurements there were."""
    return await database.scoped(MEASUREMENTS, tenancy).delete_all({"passportId": passport_id}, session=session)


def measured_fields(template: Template) -> Mapping[str, Field]:
    """Return the fields of a template that the product in use fills, by key."""
    return {key: field for key, field in template.fields.items() if field.filled_by == "telemetry"}
