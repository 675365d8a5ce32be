"""Who read what with which grant: counted by grant, passport and day, and the first of them is an audit entry."""

from __future__ import annotations

from typing import Any

from tracepass.accessgrants.repository import UseKnown, UseRepository
from tracepass.core.clock import Clock, timestamp
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.identity.models import Caller

USED = "access_grant.used"
_DAY = len("2026-11-21")


class GrantUses:
    """Writes down the uses of access grants; a reading whose use cannot be written down is not answered."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._log = SecurityLog(database, clock=clock)

    async def record(self, caller: Caller, passport_id: Id, door: str) -> None:
        """Write down that the holder of a grant reads a passport now, through a door such as ``viewer``.

        Raises:
            PyMongoError: the database is away.
        """
        uses, now, grant_id = UseRepository(self._database, caller.tenancy), timestamp(self._clock()), caller.grant
        if grant_id is None:
            message = "only holders of access grants use them"
            raise TypeError(message)
        day, grant = now[:_DAY], grant_id.id
        if await uses.add(grant, passport_id, day=day, door=door, at=now):
            return
        use: dict[str, Any] = {
            "_id": new_id(),
            "grantId": grant,
            "passportId": passport_id,
            "day": day,
            "count": 1,
            "doors": {door: 1},
            "firstAt": now,
            "lastAt": now,
        }
        try:
            await self._database.transact(lambda session: self._begin(caller, use, door, session))
        except UseKnown:
            await uses.add(grant, passport_id, day=day, door=door, at=now)

    async def _begin(self, caller: Caller, use: dict[str, Any], door: str, session: Session) -> None:
        await UseRepository(self._database, caller.tenancy).begin(use, session=session)
        entity = ("access_grant", use["grantId"])
        details = {"passportId": str(use["passportId"]), "door": door, "day": use["day"]}
        await self._log.note(caller.tenancy, USED, entity=entity, actor=caller.actor, details=details, session=session)
