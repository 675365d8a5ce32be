"""Measurements in the database, in an ordinary collection: a time series takes neither transactions nor unique keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo.errors import BulkWriteError

from tracepass.core.changes import Stale
from tracepass.core.ids import Id
from tracepass.core.mongo import DUPLICATE, Database, Document, Index, Session, Write
from tracepass.core.paging import Position
from tracepass.core.tenancy import Tenancy
from tracepass.passports.usedata import MEASUREMENTS

_TENANT = (("workspaceId", 1), ("environment", 1))
BY_TIME = "workspaceId_1_environment_1_passportId_1_field_1_measuredAt_-1__id_-1"
SHOWN = dict.fromkeys(("_id", "field", "value", "measuredAt", "externalId", "source", "recordedAt"), 1)

# Two indexes beside that of the ids: all fields of a passport are read by the first as well, merged by time.
INDEXES = (
    Index(MEASUREMENTS, (*_TENANT, ("passportId", 1), ("field", 1), ("measuredAt", -1), ("_id", -1))),
    Index(
        MEASUREMENTS,
        (*_TENANT, ("passportId", 1), ("externalId", 1)),
        unique=True,
        partial={"externalId": {"$gt": ""}},
    ),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which measurements of a passport: those of some fields, from a moment on, before another, beyond a position."""

    passport_id: Id
    fields: Sequence[str]
    since: str | None = None
    until: str | None = None
    after: Position | None = None
    ascending: bool = False

    @property
    def query(self) -> Document:
        """Return the filter in MongoDB's language."""
        bounds = {"$gte": self.since, "$lt": self.until}
        times: list[Document] = [{"measuredAt": {name: at}} for name, at in bounds.items() if at is not None]
        found: Document = {"passportId": self.passport_id, "field": {"$in": list(self.fields)}}
        if self.after is not None:
            here, beyond = ("$gte", "$lte") if self.ascending else ("$lte", "$gte")
            times.append({"measuredAt": {here: self.after.value}})
            found["$nor"] = [{"measuredAt": self.after.value, "_id": {beyond: self.after.id}}]
        return {**found, "$and": times} if times else found


class MeasurementRepository:
    """The measurements of one tenancy."""

    def __init__(self, database: Database, tenancy: Tenancy) -> None:
        self._whole = database.collection(MEASUREMENTS)
        self._measurements = database.scoped(MEASUREMENTS, tenancy)
        self._tenancy = tenancy

    async def named(self, passport_id: Id, external_ids: Collection[str]) -> dict[str, Document]:
        """Return those of a passport that have one of some external ids, by these."""
        query = {"passportId": passport_id, "externalId": {"$in": sorted(set(external_ids)), "$gt": ""}}
        return {one["externalId"]: one async for one in self._measurements.find(query, projection=SHOWN)}

    def insertion(self, measurement: Document) -> Write:
        """Return the write that adds a measurement; it raises `Stale` if its external id is taken."""
        return self._measurements.insertion(measurement, taken=Stale)

    async def insert(self, measurements: Sequence[Mapping[str, Any]], *, session: Session) -> None:
        """Add measurements, all or none.

        Raises:
            Stale: an external id is taken.
        """
        whole = [{**one, **self._tenancy.fields} for one in measurements]
        try:
            await self._whole.insert_many(whole, session=session)
        except BulkWriteError as error:
            if any(fault["code"] == DUPLICATE for fault in error.details["writeErrors"]):
                raise Stale from None
            raise

    async def page(self, wanted: Wanted, *, limit: int) -> list[Document]:
        """Return measurements in the order of their time."""
        direction = 1 if wanted.ascending else -1
        order = [("measuredAt", direction), ("_id", direction)]
        found = self._measurements.find(wanted.query, projection=SHOWN, sort=order, limit=limit, hint=BY_TIME)
        return await found.to_list()
