"""What webhooks tell of a passport: the passport as its GET showed it just after the change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tracepass.core.changes import ChangeLog
from tracepass.core.tenancy import Tenancy
from tracepass.passports.desk import Desk
from tracepass.passports.models import ById
from tracepass.passports.repository import PassportRepository
from tracepass.passports.wire import entity, shown


class PassportEvents:
    """Gives the data of events: of passports, and of what is only noted, the details of the note."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def of(self, record: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the data of an event; ``record`` is its record in the log."""
        if record["entity"]["type"] != "passport":
            return dict(record.get("details") or {})
        state = await self._state(record)
        return {"_id": record["entity"]["id"]} if state is None else shown(state, self._desk.template_of(state))

    async def _state(self, record: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return the passport at the version of the record: as it is, if that is its version still, else rebuilt."""
        tenancy = Tenancy(record["workspaceId"], record["environment"])
        passport_id, version = record["entity"]["id"], record["version"]
        found = await PassportRepository(self._desk.database, tenancy).find(ById(passport_id))
        if found and found[0]["version"] == version:
            return entity(found[0])
        log = ChangeLog(self._desk.database, tenancy, clock=self._desk.clock)
        return await log.state_at("passport", passport_id, version)
