"""The notice that a budget runs low: one record a budget and day, from four fifths on."""

from __future__ import annotations

import math

import structlog

from tracepass.core.clock import Clock
from tracepass.core.completion import completing
from tracepass.core.mongo import Database, PyMongoError, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.quotas.models import SYSTEM
from tracepass.quotas.repository import Counter, Counters
from tracepass.quotas.windows import day_of

WARN_AT = 0.8

_log = structlog.get_logger()


class Notices:
    """Writes the notices of all workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._counters = Counters(database)
        self._log = SecurityLog(database, clock=clock)
        self._clock = clock

    async def heed(self, counter: Counter, budget: str, *, taken: int, used: int, limit: int) -> None:
        """Write the notice, if what was just taken reached four fifths of the limit."""
        if not used - taken < math.ceil(limit * WARN_AT) <= used:
            return
        try:
            # What a request has used up is no effect of the request.
            with completing(None):
                await self._write(counter, {"budget": budget, "limit": limit, "used": used})
        except PyMongoError as error:
            # The request that came so far shall not fail for it.
            _log.warning("quota warning not written", budget=budget, error=str(error))

    async def _write(self, counter: Counter, facts: dict[str, str | int]) -> None:
        today = day_of(self._clock())
        entity = ("workspace", counter.tenancy.workspace_id)

        async def work(session: Session) -> None:
            if await self._counters.mark(counter, "warnedOn", today, session=session):
                details = {**facts, "day": today}
                await self._log.note(
                    counter.tenancy,
                    "quota.warning",
                    entity=entity,
                    actor=SYSTEM,
                    details=details,
                    is_event=True,
                    session=session,
                )

        await self._database.transact(work)
