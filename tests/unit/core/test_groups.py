"""Group commit: who goes with whom, and who is told what."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from tracepass.core.bundles import Apart, Bundle, columns
from tracepass.core.groups import AT_ONCE, LARGEST, MOST, Groups
from tracepass.core.writes import Insert, Update

BUSY = 5


class Taken(Exception):
    """A key is there already."""


class Lost(Exception):
    """The server was lost."""


whose: ContextVar[str] = ContextVar("whose", default="nobody's")


def bundle(key: str, *collections: str, size: int = 0) -> Bundle:
    """The bundle of one member, which writes each of some collections."""
    names = collections or ("things",)
    return Bundle.of([Insert(name, {"_id": key, "padding": "x" * size}, Taken) for name in names])


def keys(bundles: Sequence[Bundle]) -> list[str]:
    """Whose bundles these are."""
    return [one.statements[0]["_id"] for one in bundles]


class Ledger:
    """Writes down every transaction; each takes until it is let go."""

    def __init__(self, *, taken: frozenset[str] = frozenset(), nameless: bool = False) -> None:
        self.transactions: list[list[str]] = []
        self.contexts: list[str] = []
        self.go = asyncio.Event()
        self.go.set()
        self.lost = False
        self.arrived = asyncio.Semaphore(0)
        self._taken = taken
        self._nameless = nameless

    async def write(self, bundles: Sequence[Bundle]) -> None:
        self.transactions.append(keys(bundles))
        self.arrived.release()
        self.contexts.append(whose.get())
        await self.go.wait()
        if self.lost:
            raise Lost
        for place, key in enumerate(keys(bundles)):
            if key in self._taken:
                if len(bundles) > 1:
                    raise Apart(None if self._nameless else place)
                raise Taken(key)


async def outcome(groups: Groups, one: Bundle) -> str | None:
    """What a member is told."""
    try:
        await groups.write(one)
    except (Taken, Lost) as fault:
        return repr(fault)
    return None


async def occupied(ledger: Ledger, patience: float = 60) -> tuple[Groups, list[asyncio.Task[str | None]]]:
    """Groups of which as many are under way as may be."""
    ledger.go.clear()
    groups = Groups(ledger.write, patience=patience)
    busy = []
    for number in range(AT_ONCE):
        busy.append(asyncio.create_task(outcome(groups, bundle(f"busy {number}"))))
        for _ in range(BUSY):
            await asyncio.sleep(0)
    return groups, busy


async def test_who_comes_alone_goes_at_once() -> None:
    ledger = Ledger()
    await Groups(ledger.write).write(bundle("a"))
    assert ledger.transactions == [["a"]]


async def test_those_who_come_while_groups_are_under_way_go_together() -> None:
    ledger = Ledger()
    groups, busy = await occupied(ledger)
    others = [asyncio.create_task(outcome(groups, bundle(f"{number}"))) for number in range(10)]
    await asyncio.sleep(0)
    assert len(ledger.transactions) == AT_ONCE
    ledger.go.set()
    assert await asyncio.gather(*busy, *others) == [None] * (AT_ONCE + 10)
    assert ledger.transactions[AT_ONCE:] == [[f"{number}" for number in range(10)]]


async def test_a_group_has_a_bound_of_members_and_of_bytes() -> None:
    ledger = Ledger()
    groups = Groups(ledger.write)
    await asyncio.gather(*(groups.write(bundle(f"{number}")) for number in range(MOST + 3)))
    assert [len(group) for group in ledger.transactions] == [MOST, 3]
    ledger.transactions.clear()
    third = LARGEST // 3
    await asyncio.gather(*(groups.write(bundle(f"{number}", size=third)) for number in range(4)))
    assert sorted(len(group) for group in ledger.transactions) == [2, 2]
    ledger.transactions.clear()
    await asyncio.gather(
        groups.write(bundle("a")), groups.write(bundle("huge", size=LARGEST)), groups.write(bundle("b"))
    )
    assert sorted(ledger.transactions) == [["a", "b"], ["huge"]]


async def test_only_the_like_go_together() -> None:
    ledger = Ledger()
    groups, busy = await occupied(ledger)
    twice = bundle("twice", "things", "things")
    waiting = [bundle("a"), bundle("m", "things", "marks"), bundle("b"), twice, bundle("n", "things", "marks")]
    others = [asyncio.create_task(outcome(groups, one)) for one in waiting]
    await asyncio.sleep(0)
    ledger.go.set()
    await asyncio.gather(*busy, *others)
    assert sorted(ledger.transactions[AT_ONCE:]) == [["a", "b"], ["m", "n"], ["twice"]]


async def test_who_does_not_hold_is_told_alone_and_the_others_go_without() -> None:
    ledger = Ledger(taken=frozenset({"2", "5"}))
    groups = Groups(ledger.write)
    told = await asyncio.gather(*(outcome(groups, bundle(f"{number}")) for number in range(8)))
    assert told == [None, None, "Taken('2')", None, None, "Taken('5')", None, None]
    assert sorted(map(len, ledger.transactions)) == [1, 1, 6, 7, 8]


@pytest.mark.parametrize("nameless", [True, False])
async def test_where_too_many_do_not_hold_each_goes_alone(*, nameless: bool) -> None:
    ledger = Ledger(taken=frozenset("13579"), nameless=nameless)
    groups = Groups(ledger.write)
    told = await asyncio.gather(*(outcome(groups, bundle(f"{number}")) for number in range(10)))
    assert told == [f"Taken('{number}')" if number % 2 else None for number in range(10)]


async def test_a_lost_server_is_told_to_all_and_nobody_goes_again() -> None:
    ledger = Ledger()
    ledger.lost = True
    groups = Groups(ledger.write)
    assert await asyncio.gather(*(outcome(groups, bundle(f"{number}")) for number in range(3))) == ["Lost()"] * 3
    assert ledger.transactions == [["0", "1", "2"]]


async def test_who_gives_up_disturbs_nobody() -> None:
    ledger = Ledger()
    groups, busy = await occupied(ledger)
    others = [asyncio.create_task(outcome(groups, bundle(key))) for key in "abc"]
    await asyncio.sleep(0)
    others[1].cancel()
    busy[0].cancel()
    await asyncio.sleep(0)
    ledger.go.set()
    assert await asyncio.gather(others[0], others[2], *busy[1:]) == [None] * (AT_ONCE + 1)
    assert ledger.transactions[AT_ONCE:] == [["a", "c"]]
    await groups.close()


async def test_a_group_belongs_to_the_context_of_nobody() -> None:
    ledger = Ledger()
    whose.set("mine")
    await Groups(ledger.write).write(bundle("a"))
    assert ledger.contexts == ["nobody's"]


async def test_a_slow_group_holds_up_nobody_for_long() -> None:
    ledger = Ledger()
    groups, busy = await occupied(ledger, 0.5)
    other = asyncio.create_task(outcome(groups, bundle("a")))
    started = asyncio.get_running_loop().time()
    for _ in range(AT_ONCE + 1):
        await ledger.arrived.acquire()
    assert asyncio.get_running_loop().time() - started >= 0.2
    ledger.go.set()
    await asyncio.gather(other, *busy)


async def test_whoever_closes_waits_for_what_is_under_way() -> None:
    ledger = Ledger()
    groups, busy = await occupied(ledger)
    closing = asyncio.create_task(groups.close())
    await asyncio.sleep(0)
    assert not closing.done()
    ledger.go.set()
    await closing
    assert await asyncio.gather(*busy) == [None] * AT_ONCE


def test_what_only_looks_looks_once() -> None:
    look = Update("things", {"_id": "there"}, {"$set": {"version": 1}}, Taken, only_looks=True)
    change = Update("marks", {"_id": "there"}, {"$inc": {"version": 1}}, Taken)
    looks, changes = columns([Bundle.of([look, change])] * 3)
    assert (len(looks.statements), len(changes.statements)) == (1, 3)
