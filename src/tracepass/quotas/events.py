"""EPCIS events of a month: so many are included, more are sold in blocks of a thousand, on the free plan none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from tracepass.core.clock import Clock
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Tenancy
from tracepass.quotas.models import (
    EVENTS_A_BLOCK,
    EventsHardBlock,
    EventsOverageRequired,
    Holder,
    Plan,
    Standing,
)
from tracepass.quotas.notices import Notices
from tracepass.quotas.plans import Plans
from tracepass.quotas.repository import Counter, EventCounters
from tracepass.quotas.windows import month_end, month_of

KEPT = timedelta(days=400)
"""Longer than bills are disputed."""


@dataclass(frozen=True, slots=True)
class TakenEvents:
    """Events that were counted, and of which month."""

    counter: Counter
    units: int

    @property
    def kept(self) -> Document:
        """Return it as work keeps it that gives back later what it did not need."""
        return {"name": self.counter.name, "purgeAt": self.counter.purge_at, "units": self.units}

    @classmethod
    def of(cls, tenancy: Tenancy, kept: Document) -> Self:
        """Return what was kept of it."""
        return cls(Counter(tenancy, kept["name"], kept["purgeAt"]), kept["units"])


class EpcisEvents:
    """The EPCIS events of all workspaces; those of test keys count apart."""

    def __init__(self, database: Database, *, plans: Plans, clock: Clock) -> None:
        self._database = database
        self._counters = EventCounters(database)
        self._plans = plans
        self._clock = clock
        self._notices = Notices(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)

    async def take(self, holder: Holder, units: int, *, confirmed: bool) -> TakenEvents | None:
        """Count events, all or none; None if there are as many as one likes.

        Raises:
            EventsOverageRequired: they do not fit into the month, and more were not confirmed.
            EventsHardBlock: they do not fit, and the plan sells no more.
        """
        plan = self._plans.of(holder.workspace.plan)
        limit, counter = plan.epcis_events_per_month, self._counter(holder)
        if limit is None:
            return None
        found = await self._counters.take(counter, units, limit=limit, block=EVENTS_A_BLOCK)
        if found is None:
            await self._counters.make(counter)
            found = await self._counters.take(counter, units, limit=limit, block=EVENTS_A_BLOCK)
        if found is not None:
            await self._notices.heed(counter, "epcisEventsPerMonth", taken=units, used=found["used"], limit=limit)
        elif confirmed and plan.overage_cents is not None:
            await self._buy(holder, counter, units, limit)
        else:
            raise await self._refusal(plan, counter, units, limit)
        return TakenEvents(counter, units)

    async def _buy(self, holder: Holder, counter: Counter, units: int, limit: int) -> None:
        async def work(session: Session) -> None:
            before = await self._counters.buy(counter, units, limit=limit, block=EVENTS_A_BLOCK, session=session)
            await self._record(holder, before, units, limit, session=session)

        await self._database.transact(work)

    async def _record(self, holder: Holder, before: Document, units: int, limit: int, *, session: Session) -> None:
        used = before["used"] + units
        blocks = max(before["blocks"], -(-(used - limit) // EVENTS_A_BLOCK))
        if blocks == before["blocks"]:
            return
        details = {
            "budget": "epcisEventsPerMonth",
            "limit": limit,
            "used": used,
            "blocks": blocks - before["blocks"],
            "blockSize": EVENTS_A_BLOCK,
        }
        await self._log.note(
            holder.tenancy,
            "overage.confirmed",
            entity=("workspace", holder.tenancy.workspace_id),
            actor=holder.actor,
            details=details,
            session=session,
        )

    async def _refusal(
        self, plan: Plan, counter: Counter, units: int, limit: int
    ) -> EventsHardBlock | EventsOverageRequired:
        found = await self._counters.find(counter)
        facts = {"limit": limit, "used": 0 if found is None else found["used"], "requested": units}
        return EventsHardBlock(plan, facts) if plan.overage_cents is None else EventsOverageRequired(plan, facts)

    async def give_back(self, taken: TakenEvents, *, session: Session | None = None) -> None:
        """Give events back to the month they were taken of; blocks that were bought stay bought."""
        await self._counters.give_back(taken.counter, taken.units, session=session)

    async def standing(self, holder: Holder) -> Standing:
        """Return how many events a month has, and how many are used."""
        limit = self._plans.of(holder.workspace.plan).epcis_events_per_month
        if limit is None:
            return Standing(None, None, None)
        found = await self._counters.find(self._counter(holder))
        return Standing(limit, 0 if found is None else found["used"], month_end(self._clock()))

    def _counter(self, holder: Holder) -> Counter:
        now = self._clock()
        return Counter(holder.tenancy, f"epcisEvents/{month_of(now)}", month_end(now) + KEPT)
