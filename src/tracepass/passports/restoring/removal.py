"""Passports that were taken in, taken away again with all that hangs on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tracepass.core.arrivals import settled
from tracepass.core.changes import deleted
from tracepass.core.ids import Id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Document, Session
from tracepass.core.restores import Arrival
from tracepass.passports.desk import Desk, key_of
from tracepass.passports.expiring import EXPIRE
from tracepass.passports.life.repository import LIFE
from tracepass.passports.repository import IDENTIFIERS, PASSPORTS, SCANS
from tracepass.passports.restoring.claims import ArrivingClaims
from tracepass.passports.usedata import MEASUREMENTS

_NEEDED = {"gs1": 1, "granularity": 1, "version": 1, "status": 1, "stateHash": 1}


async def take_away(desk: Desk, jobs: Jobs, claims: ArrivingClaims, arrival: Arrival, ids: Sequence[Id]) -> None:
    """Delete passports, and what scanners, jobs, claims and logs of use know of them."""

    async def work(session: Session) -> None:
        passports = desk.database.scoped(PASSPORTS, arrival.tenancy)
        query = {"_id": {"$in": list(ids)}}
        stored = await passports.find(query, projection=_NEEDED, session=session).to_list()
        if not stored:
            return
        changes = [replace(deleted("passport", one), status=one["status"]) for one in stored]
        await desk.log(arrival.caller).append_all(changes, arrival.actor, session=session)
        await passports.delete_all(query, session=session)
        await _forget(desk, jobs, arrival, stored, session)
        gtins = {one["gs1"]["gtin"] for one in stored}
        await claims.release(arrival.tenancy, gtins, arrival.import_id, session=session)

    await settled(lambda: desk.database.transact(work))


async def _forget(desk: Desk, jobs: Jobs, arrival: Arrival, stored: Sequence[Document], session: Session) -> None:
    ids = [one["_id"] for one in stored]
    keys = [key_of(arrival.caller, one["gs1"], one["granularity"]) for one in stored]
    claims = desk.database.scoped(IDENTIFIERS, arrival.tenancy)
    await claims.delete_all({"_id": {"$in": keys}, "passportId": {"$in": ids}}, session=session)
    for name in (LIFE, MEASUREMENTS, SCANS):
        beside = desk.database.scoped(name, arrival.tenancy)
        await beside.delete_all({"passportId": {"$in": ids}}, session=session)
    await jobs.withdraw(EXPIRE, arrival.tenancy, [str(one) for one in ids], session=session)
