"""Places for passports: how many live passports a workspace has, and whether one more is included.

A place is taken before a passport is made and given back if it is not made, so that a counter is never too low. A
process that dies in between leaves it too high: before anybody is refused, passports are counted anew, unless a place
was moved within the last two minutes, for what is under way then cannot be counted yet.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from tracepass.core.clock import Clock, timestamp
from tracepass.core.completion import completing
from tracepass.core.errors import Refusal
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Tenancy
from tracepass.quotas.models import CURRENCY, Holder, OverageRequired, Plan, Standing
from tracepass.quotas.notices import Notices
from tracepass.quotas.plans import Plans
from tracepass.quotas.repository import PLACES, Counter, PlaceCounters

SETTLED = timedelta(minutes=2)
"""Far longer than a passport can be under way: its transaction ends after 20 seconds."""
ATTEMPTS = 3


class PassportTotal(Protocol):
    """What places need to know of passports."""

    async def count_all(self, tenancy: Tenancy) -> int:
        """Count the passports of a workspace in one environment."""
        ...


@dataclass(frozen=True, slots=True)
class Place:
    """A place that was taken; ``used`` counts it. Beyond ``limit`` it was bought."""

    plan: Plan
    limit: int
    used: int

    @property
    def bought(self) -> bool:
        """Tell whether it is beyond what the plan includes."""
        return self.used > self.limit


class Slots:
    """The places of all workspaces; test passports need none, and an unlimited plan costs no trip."""

    def __init__(self, database: Database, *, plans: Plans, clock: Clock, passports: PassportTotal) -> None:
        self._counters = PlaceCounters(database)
        self._plans = plans
        self._clock = clock
        self._passports = passports
        self._notices = Notices(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)

    @asynccontextmanager
    async def place(self, holder: Holder, *, confirmed: bool) -> AsyncIterator[Place | None]:
        """Hold a place for a passport that is made in the block; None where places are not counted.

        A refusal gives it back. Of any other failure nobody knows whether the passport was made after all, so the place
        stays taken until passports are counted anew.

        Raises:
            OverageRequired: none is left, and none is sold or that was not confirmed.
        """
        limit = self._limit(holder)
        if limit is None:
            yield None
            return
        counter = Counter(holder.tenancy, PLACES)
        used = await self._take(holder, counter, limit, confirmed=confirmed)
        try:
            yield Place(self._plans.of(holder.workspace.plan), limit, used)
        except Refusal:
            await self._counters.free(counter)
            raise
        await self._notices.heed(counter, "passports", taken=1, used=used, limit=limit)

    async def take_many(self, holder: Holder, units: int, *, confirmed: bool) -> None:
        """Take places for passports that are made later, all or none; once they are, or are not after all, `forget`.

        Raises:
            OverageRequired: too few are left, and no more are sold or that was not confirmed.
        """
        limit = self._limit(holder)
        if limit is None or not units:
            return
        counter = Counter(holder.tenancy, PLACES)
        used = await self._take(holder, counter, limit, confirmed=confirmed, units=units)
        await self._notices.heed(counter, "passports", taken=units, used=used, limit=limit)
        place = Place(self._plans.of(holder.workspace.plan), limit, used)
        if place.bought:
            entity = ("workspace", holder.tenancy.workspace_id)
            bought = {**_purchase(place), "passports": min(units, used - limit)}
            await self._log.note(holder.tenancy, "overage.confirmed", entity=entity, actor=holder.actor, details=bought)

    async def _take(self, holder: Holder, counter: Counter, limit: int, *, confirmed: bool, units: int = 1) -> int:
        for _ in range(ATTEMPTS):
            used = await self._counters.take(counter, cap=limit, at=self._now(), units=units)
            if used is not None:
                return used
            if not await self._recounted(counter, limit - units + 1):
                break
        plan = self._plans.of(holder.workspace.plan)
        used = None
        if confirmed and plan.overage_cents is not None:
            used = await self._counters.take(counter, cap=None, at=self._now(), units=units)
        if used is None:
            raise OverageRequired(plan, limit=limit, used=await self._used(counter))
        return used

    async def _recounted(self, counter: Counter, limit: int) -> bool:
        """Make the counter, or set one right that is too high; tell whether it may have room by now."""
        seen = await self._counters.find(counter)
        if seen is not None and seen["used"] < limit:
            # Another has made it, or given a place back, this very moment.
            return True
        if seen is not None and seen["movedAt"] > timestamp(self._clock() - SETTLED):
            return False
        used = await self._passports.count_all(counter.tenancy)
        if seen is None:
            await self._counters.insert(counter, used, at=self._now())
            return True
        return used < seen["used"] and await self._counters.correct(seen, used)

    async def refuse_many(self, holder: Holder, units: int, *, confirmed: bool) -> None:
        """Refuse a batch that the places left are too few for; each of its items takes its own place later.

        Raises:
            OverageRequired: they are too few, and no more are sold or that was not confirmed.
        """
        limit, plan = self._limit(holder), self._plans.of(holder.workspace.plan)
        if limit is None or (confirmed and plan.overage_cents is not None):
            return
        counter = Counter(holder.tenancy, PLACES)
        used = await self._used(counter)
        if used + units > limit:
            await self._recounted(counter, 0)
            used = await self._used(counter)
        if used + units > limit:
            raise OverageRequired(plan, limit=limit, used=used)

    async def record_purchase(self, place: Place | None, holder: Holder, passport_id: Id, *, session: Session) -> None:
        """Write down a place that was bought, in the transaction that makes its passport."""
        if place is None or not place.bought:
            return
        # The passport itself is what the request has done; that it was paid for comes along.
        with completing(None):
            await self._log.note(
                holder.tenancy,
                "overage.confirmed",
                entity=("passport", passport_id),
                actor=holder.actor,
                details=_purchase(place),
                session=session,
            )

    @asynccontextmanager
    async def freeing(self, holder: Holder) -> AsyncIterator[None]:
        """Give a place back once the passport is gone that is deleted in the block."""
        if self._limit(holder) is None:
            yield
            return
        counter = Counter(holder.tenancy, PLACES)
        await self._counters.touch(counter, at=self._now())
        yield
        await self._counters.free(counter)

    async def standing(self, holder: Holder) -> Standing:
        """Return how many places there are, and how many are taken."""
        limit = self._limit(holder)
        if limit is None:
            return Standing(None, None, None)
        return Standing(limit, await self._used(Counter(holder.tenancy, PLACES)), None)

    async def forget(self, workspace_id: Id) -> None:
        """Let the next one count, because the plan of a workspace has changed, or how many were made is not known."""
        await self._counters.drop(workspace_id)

    async def _used(self, counter: Counter) -> int:
        seen = await self._counters.find(counter)
        return await self._passports.count_all(counter.tenancy) if seen is None else int(seen["used"])

    def _limit(self, holder: Holder) -> int | None:
        return None if holder.tenancy.environment == "test" else self._plans.of(holder.workspace.plan).max_passports

    def _now(self) -> str:
        return timestamp(self._clock())


def _purchase(place: Place) -> dict[str, Any]:
    """Return what the log tells of a place that was bought."""
    return {
        "budget": "passports",
        "limit": place.limit,
        "used": place.used,
        "overageCents": place.plan.overage_cents,
        "currency": CURRENCY,
    }
