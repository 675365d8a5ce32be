"""Budgets on a real database, where no request needs to be in between: tool calls and EPCIS events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tracepass.core.errors import Refusal
from tracepass.core.ids import new_id
from tracepass.core.mongo import Database, connected
from tracepass.core.tenancy import Actor, Environment, Tenancy
from tracepass.identity.models import Caller, Credential, Workspace
from tracepass.quotas.models import EventsHardBlock, EventsOverageRequired, RateLimited
from tracepass.quotas.service import EpcisEvents, Plans, Quotas, Slots


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2027, 3, 30, 10, 20, 15, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class NoPassports:
    """A workspace without passports."""

    async def count_all(self, tenancy: Tenancy) -> int:  # noqa: ARG002 - the shape of a counter
        return 0


Holders = Callable[..., Caller]


@pytest.fixture
async def database(mongod: str, database_name: str) -> AsyncIterator[Database]:
    async with connected(mongod, name=database_name) as opened:
        yield opened


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def make(database: Database, hands: Hands) -> Callable[[], tuple[Quotas, EpcisEvents]]:
    """Make the budgets of one process."""

    def made() -> tuple[Quotas, EpcisEvents]:
        plans = Plans.load()
        slots = Slots(database, plans=plans, clock=hands, passports=NoPassports())
        events = EpcisEvents(database, plans=plans, clock=hands)
        return Quotas(database, plans=plans, clock=hands, slots=slots, events=events), events

    return made


@pytest.fixture
def quotas(make: Any) -> Quotas:
    found: Quotas = make()[0]
    return found


@pytest.fixture
def events(make: Any) -> EpcisEvents:
    found: EpcisEvents = make()[1]
    return found


def holder(plan: str, *, workspace: Any = None, environment: Environment = "live") -> Caller:
    """A caller with a key of its own."""
    home = Workspace(id=workspace or new_id(), slug="home", name="Home", plan=plan)
    actor, key = Actor("api_key", None, "via API key"), Credential("api_key", new_id())
    return Caller(home, environment, "admin", frozenset(), actor, key)


async def _outcome(work: Any) -> str:
    try:
        await work
    except Refusal as refusal:
        details = refusal.details or {}
        return str(details.get("window", refusal.code))
    return "taken"


class TestToolCalls:
    async def test_a_minute_is_counted_exactly_and_for_each_key(self, make: Any) -> None:
        caller = holder("free")
        other_key = holder("free", workspace=caller.workspace.id)
        processes = [make()[0] for _ in range(3)]
        found = await asyncio.gather(*(_outcome(processes[one % 3].take_call(caller, 1)) for one in range(100)))
        assert (found.count("taken"), found.count("minute")) == (60, 40)
        assert await _outcome(processes[0].take_call(other_key, 1)) == "taken"

    async def test_the_next_minute_starts_anew(self, quotas: Quotas, hands: Hands) -> None:
        caller = holder("free")
        for _ in range(60):
            await quotas.take_call(caller, 1)
        with pytest.raises(RateLimited) as refused:
            await quotas.take_call(caller, 1)
        assert refused.value.details == {"window": "minute", "limit": 60}
        assert refused.value.headers is not None
        assert refused.value.headers["Retry-After"] == "45"
        hands.move(seconds=45)
        taken = await quotas.take_call(caller, 1)
        assert taken is not None
        assert [(window.name, window.remaining) for window in taken.windows] == [("day", 939), ("minute", 59)]

    async def test_a_call_is_one_read_of_the_day(self, quotas: Quotas, hands: Hands) -> None:
        caller = holder("free")
        for minute in range(17):
            for _ in range(60 if minute < 16 else 40):
                await quotas.take_call(caller, 1)
            hands.move(minutes=1)
        assert await _outcome(quotas.take_call(caller, 1)) == "day"
        assert await _outcome(quotas.take_read(caller, 1)) == "day"

    async def test_larger_plans_know_the_minute_alone(self, quotas: Quotas) -> None:
        taken = await quotas.take_call(holder("starter"), 1)
        assert taken is not None
        assert [(window.name, window.limit) for window in taken.windows] == [("minute", 300)]
        await quotas.give_back(taken)
        assert taken.windows[0].remaining == 299, "a minute is a rate, and nothing of it comes back"

    async def test_the_largest_plan_counts_nothing(self, quotas: Quotas) -> None:
        assert await quotas.take_call(holder("enterprise"), 1) is None

    async def test_a_batch_is_one_call_and_as_many_reads_as_it_has_items(self, quotas: Quotas) -> None:
        taken = await quotas.take_call(holder("free"), 50)
        assert taken is not None
        assert [window.remaining for window in taken.windows] == [950, 59]


class TestReads:
    async def test_a_batch_takes_more_than_a_block_at_once(self, quotas: Quotas) -> None:
        caller = holder("free")
        taken = await quotas.take_read(caller, 995)
        assert taken is not None
        assert taken.windows[0].remaining == 5
        assert await _outcome(quotas.take_read(caller, 6)) == "day"
        assert await _outcome(quotas.take_read(caller, 5)) == "taken"
        assert await _outcome(quotas.take_read(caller, 1)) == "day"

    async def test_reads_come_back_at_most_as_often_as_the_cap(self, quotas: Quotas) -> None:
        caller = holder("free")
        count = 0
        while await _outcome(_taken_and_returned(quotas, caller)) == "taken":
            count += 1
        assert count == 2000


async def _taken_and_returned(quotas: Quotas, caller: Caller) -> None:
    taken = await quotas.take_read(caller, 1)
    assert taken is not None
    await quotas.give_back(taken)


class TestEvents:
    async def test_the_free_plan_is_blocked_hard(self, events: EpcisEvents) -> None:
        caller = holder("free")
        await events.take(caller, 10, confirmed=False)
        with pytest.raises(EventsHardBlock) as refused:
            await events.take(caller, 1, confirmed=True)
        assert refused.value.code == "epcis_events_hard_block"
        assert refused.value.details == {"limit": 10, "used": 10, "requested": 1}

    async def test_others_buy_by_the_thousand(self, events: EpcisEvents, database: Database) -> None:
        caller = holder("basic")
        await events.take(caller, 999, confirmed=False)
        with pytest.raises(EventsOverageRequired) as refused:
            await events.take(caller, 2, confirmed=False)
        assert refused.value.details == {"limit": 1000, "used": 999, "requested": 2, "blockSize": 1000}
        await events.take(caller, 2, confirmed=True)
        await events.take(caller, 999, confirmed=False)
        assert await _outcome(events.take(caller, 1, confirmed=False)) == "epcis_events_overage_required"
        await events.take(caller, 1001, confirmed=True)
        notes = database.collection("changes").find({"action": "overage.confirmed"})
        assert [note["details"]["blocks"] async for note in notes] == [1, 2]

    async def test_a_block_that_is_not_used_up_is_not_bought_again(
        self, events: EpcisEvents, database: Database
    ) -> None:
        caller = holder("basic")
        for _ in range(3):
            await events.take(caller, 500, confirmed=True)
        assert await database.collection("changes").count_documents({"action": "overage.confirmed"}) == 1

    async def test_many_at_once_take_no_more_than_there_are(self, make: Any) -> None:
        caller = holder("basic")
        processes = [make()[1] for _ in range(3)]
        found = await asyncio.gather(
            *(_outcome(processes[one % 3].take(caller, 30, confirmed=False)) for one in range(50))
        )
        assert found.count("taken") == 33

    async def test_events_come_back_and_months_begin_anew(self, events: EpcisEvents, hands: Hands) -> None:
        caller = holder("free")
        taken = await events.take(caller, 10, confirmed=False)
        assert taken is not None
        await events.give_back(taken)
        await events.take(caller, 10, confirmed=False)
        assert (await events.standing(caller)).wire == {
            "limit": 10, "used": 10, "resetsAt": "2027-04-01T00:00:00.000Z",
        }  # fmt: skip
        hands.move(days=2)
        assert (await events.standing(caller)).used == 0
        await events.take(caller, 10, confirmed=False)

    async def test_test_keys_count_apart_and_the_largest_plan_not_at_all(self, events: EpcisEvents) -> None:
        caller = holder("free")
        await events.take(caller, 10, confirmed=False)
        await events.take(holder("free", workspace=caller.workspace.id, environment="test"), 10, confirmed=False)
        assert await events.take(holder("enterprise"), 10**9, confirmed=False) is None
