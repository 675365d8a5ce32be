"""Budgets: writes one by one and exactly, reads in blocks, tool calls by the minute besides."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from tracepass.core.clock import Clock
from tracepass.core.mongo import Database
from tracepass.core.turns import Turns
from tracepass.quotas.events import EpcisEvents, TakenEvents
from tracepass.quotas.models import Holder, Plan, RateLimited, Standing, Window
from tracepass.quotas.notices import Notices
from tracepass.quotas.plans import Plans
from tracepass.quotas.repository import INDEXES, Counter, Counters
from tracepass.quotas.slots import PassportTotal, Place, Slots
from tracepass.quotas.windows import day_of, day_window, midnight, minute_of, minute_window

__all__ = ["INDEXES", "EpcisEvents", "PassportTotal", "Place", "Plans", "Quotas", "Slots", "Taken", "TakenEvents"]

WRITES, READS = "writes", "passportReads"
BLOCKS_A_CAP = 100
KEPT = timedelta(days=7)


@dataclass(slots=True)
class _Block:
    """Reads this process has taken ahead: ``left`` to give out; at most ``returnable`` of them may come back."""

    counter: Counter
    used: int = 0
    left: int = 0
    returnable: int = 0


@dataclass(slots=True)
class Taken:
    """Units that a request has taken, and how its windows stand; ``block`` is where reads came from."""

    windows: list[Window]
    units: int = 0
    counter: Counter | None = None
    block: _Block | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """How every budget of a caller stands."""

    plan: Plan
    budgets: Mapping[str, Standing]

    @property
    def quota(self) -> dict[str, Any]:
        """Return the three members that /me has of writes."""
        writes = self.budgets[WRITES]
        return {"perMinute": self.plan.per_minute, "perDay": writes.limit, "usedToday": writes.used}

    @property
    def quotas(self) -> dict[str, Any]:
        """Return every budget as /me shows it."""
        return {name: standing.wire for name, standing in self.budgets.items()}


class Quotas:
    """The budgets of all workspaces; what is unlimited costs no trip to the database."""

    def __init__(self, database: Database, *, plans: Plans, clock: Clock, slots: Slots, events: EpcisEvents) -> None:
        self._plans = plans
        self._clock = clock
        self._slots = slots
        self._events = events
        self._counters = Counters(database)
        self._notices = Notices(database, clock=clock)
        self._blocks: dict[str, _Block] = {}
        self._turns = Turns()

    def plan_of(self, holder: Holder) -> Plan:
        """Return the plan of a caller's workspace."""
        return self._plans.of(holder.workspace.plan)

    async def take_writes(self, holder: Holder, units: int) -> Taken | None:
        """Take units off the day's writes, all or none; None if there are as many as one likes.

        Raises:
            RateLimited: fewer are left.
        """
        cap = self.plan_of(holder).writes_per_day
        if cap is None:
            return None
        now = self._clock()
        counter = _daily(holder, WRITES, now)
        used = await self._counters.take(counter, units, cap=cap)
        if used is None:
            held = cap if units == 1 else (await self._counters.used([counter])).get(counter.id, 0)
            raise RateLimited(day_window(now, cap, max(0, cap - held)))
        await self._notices.heed(counter, WRITES, taken=units, used=used, limit=cap)
        return Taken([day_window(now, cap, cap - used)], units, counter)

    async def take_read(self, holder: Holder, units: int = 1) -> Taken | None:
        """Take units of the day's reads, from what this process holds ahead; None if there are as many as one likes.

        Raises:
            RateLimited: fewer are left.
        """
        cap = self.plan_of(holder).reads_per_day
        if cap is None:
            return None
        now = self._clock()
        block = self._block(_daily(holder, READS, now))
        if block.left < units:
            async with self._turns.at(block.counter.id):
                await self._fill(block, cap, units)
        # Nothing is awaited since the block was seen to be full enough: nobody else can have emptied it.
        if block.left < units:
            raise RateLimited(day_window(now, cap, block.left))
        block.left -= units
        return Taken([day_window(now, cap, max(0, cap - block.used) + block.left)], units, block=block)

    def _block(self, counter: Counter) -> _Block:
        block = self._blocks.get(counter.id)
        if block is None:
            # The first read of a workspace's day forgets what was left of other days.
            day = counter.id.rpartition("/")[2]
            self._blocks = {key: held for key, held in self._blocks.items() if key.endswith(day)}
            block = self._blocks[counter.id] = _Block(counter)
        return block

    async def _fill(self, block: _Block, cap: int, units: int) -> None:
        """Take 1 % of the cap or what is needed, whichever is more, until the block has enough or the day has no more.

        Others take of the block while its notice is written, so it is looked at again after each.
        """
        while block.left < units:
            wanted = max(math.ceil(cap / BLOCKS_A_CAP), units - block.left)
            taken, block.used = await self._counters.take_up_to(block.counter, wanted, cap=cap)
            if taken == 0:
                return
            block.left += taken
            block.returnable += taken
            await self._notices.heed(block.counter, READS, taken=taken, used=block.used, limit=cap)

    async def take_call(self, holder: Holder, units: int = 1) -> Taken | None:
        """Take a tool call: one of its key's minute, exactly, and as many of the day's reads as it has items.

        Raises:
            RateLimited: of the minute, or of the day.
        """
        cap, now = self.plan_of(holder).per_minute, self._clock()
        if cap is None:
            return await self.take_read(holder, units)
        used = await self._counters.take(_minute(holder, now), 1, cap=cap)
        minute = minute_window(now, cap, 0 if used is None else cap - used)
        if used is None:
            raise RateLimited(minute)
        taken = await self.take_read(holder, units) or Taken([])
        taken.windows.append(minute)
        return taken

    async def give_back(self, taken: Taken) -> None:
        """Give units back to the day they were taken on; of one day at most as many as its cap."""
        day = taken.windows[0]
        given = 0
        if taken.block is not None:
            given = min(taken.units, taken.block.returnable)
            taken.block.left += given
            taken.block.returnable -= given
        elif taken.counter is not None and await self._counters.give_back(taken.counter, taken.units, cap=day.limit):
            given = taken.units
        taken.windows[0] = replace(day, remaining=day.remaining + given)

    async def give_back_writes(self, holder: Holder, units: int, *, at: datetime) -> None:
        """Give writes back to the day they were taken on, for whoever does not hold what took them any more."""
        cap = self.plan_of(holder).writes_per_day
        if cap is not None:
            await self._counters.give_back(_daily(holder, WRITES, at), units, cap=cap)

    async def close(self) -> None:
        """Give back the reads that this process holds ahead, because it ends."""
        blocks, self._blocks = self._blocks, {}
        for block in blocks.values():
            if block.left:
                await self._counters.put_back(block.counter, block.left)

    async def overview(self, holder: Holder) -> Overview:
        """Return how every budget of a caller stands; what is unlimited is not counted."""
        plan, now = self.plan_of(holder), self._clock()
        tomorrow = midnight(now) + timedelta(days=1)
        counted = {
            WRITES: (plan.writes_per_day, _daily(holder, WRITES, now), tomorrow),
            READS: (plan.reads_per_day, _daily(holder, READS, now), tomorrow),
            "perMinute": (plan.per_minute, _minute(holder, now), minute_window(now, 0, 0).end),
        }
        used = await self._counters.used(counter for limit, counter, _ in counted.values() if limit is not None)
        budgets = {
            name: Standing(None, None, None) if limit is None else Standing(limit, used.get(counter.id, 0), end)
            for name, (limit, counter, end) in counted.items()
        }
        budgets["passports"] = await self._slots.standing(holder)
        budgets["epcisEventsPerMonth"] = await self._events.standing(holder)
        return Overview(plan, budgets)


def _daily(holder: Holder, budget: str, now: datetime) -> Counter:
    return Counter(holder.tenancy, f"{budget}/{day_of(now)}", midnight(now) + KEPT)


def _minute(holder: Holder, now: datetime) -> Counter:
    return Counter(holder.tenancy, f"minute/{holder.credential.id}/{minute_of(now)}", now + timedelta(hours=1))
