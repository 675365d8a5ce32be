"""Measurements taken in again from an export, the newest of each field beside the passport as if they had just come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from tracepass.core.arrivals import settled
from tracepass.core.arriving import CLOCKS_DIFFER, Moment, faults_of, in_order_of, members_of, read
from tracepass.core.clock import timestamp
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.ids import Id, find_id
from tracepass.core.mongo import Document, Session
from tracepass.core.restores import Arrival, Fault, Findings
from tracepass.core.schema import Text, WireId, WireModel
from tracepass.measurements.models import FieldKey
from tracepass.measurements.readings import SKEW, is_too_large
from tracepass.measurements.repository import MeasurementRepository
from tracepass.passports.usedata import MEASUREMENTS, Latest, UseData
from tracepass.templates import models as templates
from tracepass.templates.service import check_value

"""How far the clock of the other installation may have been ahead of ours."""
_Units = Mapping[Id, tuple[Document, Mapping[str, templates.Field]]]


class ArrivedMeasurement(WireModel):
    """A reading as an export tells it."""

    id: WireId = Field(alias="_id")
    passport_id: WireId
    field: FieldKey
    value: Any
    measured_at: Moment
    external_id: Text | None = None
    source: Text | None = None
    recorded_at: Moment


class MeasurementRestorer:
    """Takes in what products told of themselves whose passports come along."""

    def __init__(self, use: UseData) -> None:
        self._use = use

    async def look(self, arrival: Arrival, records: Sequence[Document]) -> Findings:
        """Hold readings against the rules; their fields are looked at once their passports are there."""
        found = Findings()
        for index, record in enumerate(records):
            try:
                one = read(ArrivedMeasurement, record)
            except Refusal as refusal:
                found.faults += faults_of(index, refusal)
                continue
            faults = self._faults(arrival, one)
            found.faults += [Fault(index, code, member, message) for code, member, message in faults]
        return found

    def _faults(self, arrival: Arrival, one: ArrivedMeasurement) -> list[tuple[str, str, str]]:
        now = self._use.clock()
        faults: list[tuple[str, str, str]] = []
        if one.measured_at > timestamp(now + SKEW + CLOCKS_DIFFER):
            faults.append(("validation_error", "measuredAt", "must not lie in the future"))
        if one.recorded_at > timestamp(now + CLOCKS_DIFFER):
            faults.append(("validation_error", "recordedAt", "must not lie in the future"))
        if is_too_large(one.value):
            faults.append(("validation_error", "value", "is too large: a table has 16 kB at most"))
        if not arrival.coming("passports", str(one.passport_id)):
            faults.append(("validation_error", "passportId", "names a passport that does not come along"))
        if one.external_id is not None and arrival.claim("externalId", f"{one.passport_id}/{one.external_id}"):
            sentence = f"{one.external_id!r} names another measurement of this passport."
            faults.append(("external_id_taken", "externalId", sentence))
        return faults

    async def write(self, arrival: Arrival, records: Sequence[Document]) -> None:
        """Write readings, those that are there already but for, and what passports keep of them.

        Raises:
            Refusal: one cannot be written; ``details`` name it.
        """
        readings = [_stored(record) for record in records]

        async def work(session: Session) -> None:
            await self._write(arrival, readings, session)

        await settled(lambda: self._use.database.transact(work))

    async def _write(self, arrival: Arrival, readings: Sequence[Document], session: Session) -> None:
        kept = self._use.database.scoped(MEASUREMENTS, arrival.tenancy)
        query = {"_id": {"$in": [one["_id"] for one in readings]}}
        there = {one["_id"] async for one in kept.find(query, projection={"_id": 1}, session=session)}
        new = [one for one in readings if one["_id"] not in there]
        if not new:
            return
        ids = {one["passportId"] for one in new}
        units = await self._use.measurable(arrival.tenancy, ids, session=session)
        for one in new:
            _check(one, units)
        await MeasurementRepository(self._use.database, arrival.tenancy).insert(new, session=session)
        for passport_id in sorted(ids):
            latest = [_latest(one) for one in new if one["passportId"] == passport_id]
            await self._use.keep_arrived(arrival.tenancy, units[passport_id][0], latest, session=session)

    async def remove(self, arrival: Arrival, ids: Sequence[str]) -> None:
        """Take readings away; what passports keep of them goes with the passports, which came along."""
        kept = self._use.database.scoped(MEASUREMENTS, arrival.tenancy)
        await kept.delete_all({"_id": {"$in": [found for found in map(find_id, ids) if found is not None]}})


def _stored(record: Document) -> Document:
    """Return a reading as it is kept, its members in the order in which they were told."""
    one, told = read(ArrivedMeasurement, record), members_of(record)
    made = {name: value for name, value in told.items() if value is not None}
    return in_order_of(told, {**made, "_id": one.id, "passportId": one.passport_id, "value": one.value})


def _check(one: Document, units: _Units) -> None:
    """Hold a reading against the template of its passport.

    Raises:
        Invalid: it does not fit; ``details`` name it.
    """
    faults: dict[str, list[str]] = {}
    _, fields = units.get(one["passportId"], ({}, {}))
    field = fields.get(one["field"])
    if field is None:
        faults["field"] = ["is not measured by what the passport is of"]
    else:
        for problem in check_value(field, one["value"]):
            inside = problem.within("value")
            faults.setdefault(inside.path, []).append(problem.message)
    if faults:
        refusal = Invalid(faults)
        refusal.details = {**(refusal.details or {}), "_id": str(one["_id"])}
        raise refusal


def _latest(one: Document) -> Latest:
    return Latest(one["field"], one["value"], one["measuredAt"], one["recordedAt"])
