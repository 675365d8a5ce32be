"""What webhooks tell of a passport: the passport as its GET showed it just after the change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tracepass.core.changes import ChangeLog
from tracepass.core.ids import Id
from tracepass.core.mongo import Document, PyMongoError
from tracepass.core.tenancy import Tenancy
from tracepass.passports.desk import Desk
from tracepass.passports.repository import PassportRepository
from tracepass.passports.wire import entity, shown

Record = Mapping[str, Any]


class PassportEvents:
    """Gives the data of events: of passports, and of what is only noted, the details of the note."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of_all(self, records: Sequence[Record]) -> dict[Id, Mapping[str, Any] | Exception]:
        """Return the data of events by the ids of their records in the log; what cannot be told gives its fault.

        Raises:
            PyMongoError: the database does not answer.
        """
        now = await self._passports_now([record for record in records if _is_of_passport(record)])
        return {record["_id"]: await self._data_or_fault(record, now) for record in records}

    async def _passports_now(self, records: Sequence[Record]) -> dict[Id, Document]:
        """Return the passports of records as they are, one look for each tenancy."""
        homes: dict[Tenancy, set[Id]] = {}
        for record in records:
            homes.setdefault(_tenancy(record), set()).add(record["entity"]["id"])
        found: dict[Id, Document] = {}
        for tenancy, ids in homes.items():
            found |= await PassportRepository(self._desk.database, tenancy).find_all(ids)
        return found

    async def _data_or_fault(self, record: Record, now: Mapping[Id, Document]) -> Mapping[str, Any] | Exception:
        try:
            return await self._data(record, now)
        except PyMongoError:
            raise
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with one record is no reason to stop for all
            return fault

    async def _data(self, record: Record, now: Mapping[Id, Document]) -> Mapping[str, Any]:
        if not _is_of_passport(record):
            return dict(record.get("details") or {})
        state = await self._state(record, now.get(record["entity"]["id"]))
        return {"_id": record["entity"]["id"]} if state is None else shown(state, self._desk.template_of(state))

    async def _state(self, record: Record, now: Document | None) -> Document | None:
        """Return the passport at the version of the record: as it is, if that is its version still, else rebuilt."""
        if now is not None and now["version"] == record["version"]:
            return entity(now)
        log = ChangeLog(self._desk.database, _tenancy(record), clock=self._desk.clock)
        return await log.state_at("passport", record["entity"]["id"], record["version"])


def _is_of_passport(record: Record) -> bool:
    return bool(record["entity"]["type"] == "passport")


def _tenancy(record: Record) -> Tenancy:
    return Tenancy(record["workspaceId"], record["environment"])
