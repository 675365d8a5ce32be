"""Sealing: every committed record once, by one at a time, whatever comes between; and the check of what is stored."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tracepass.core.canonical import state_hash
from tracepass.core.chain import Fault
from tracepass.core.changes import INDEXES, Change, ChangeLog
from tracepass.core.ids import Id, new_id
from tracepass.core.leases import Lease, Overtaken
from tracepass.core.mongo import Database, connected
from tracepass.core.sealer import Sealer, head_id
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import OPERATOR, Tenancy
from tracepass.core.verification import ChainCheck

MOMENT = datetime(2027, 1, 1, tzinfo=UTC)
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
LEASE = {"_id": "audit-sealer"}


@pytest.fixture
async def home(mongod: str) -> AsyncIterator[Database]:
    """A database of this test's own."""
    async with connected(mongod, name=f"sealer_{new_id()}") as opened:
        await opened.create_indexes(INDEXES)
        yield opened
        await opened.drop()


@pytest.fixture
def tenancy() -> Tenancy:
    return Tenancy(new_id(), "live")


def sealer_of(home: Database, **options: Any) -> Sealer:
    return Sealer(home, clock=lambda: MOMENT, **options)


async def note(home: Database, tenancy: Tenancy, count: int) -> None:
    log = SecurityLog(home, clock=lambda: MOMENT)
    for number in range(count):
        await log.note(tenancy, "login.succeeded", entity=("user", "u"), actor=OPERATOR, details={"number": number})


async def write(home: Database, tenancy: Tenancy, versions: int) -> Id:
    entity_id, log = new_id(), ChangeLog(home, tenancy, clock=lambda: MOMENT)
    for version in range(1, versions + 1):
        change = Change(
            entity="thing",
            entity_id=entity_id,
            version=version,
            action="update",
            diff=[{"path": "version", "new": version}],
            state={"version": version},
            prev_hash=None if version == 1 else state_hash({"version": version - 1}),
        )
        await home.transact(lambda session, change=change: log.append(change, OPERATOR, session=session))  # type: ignore[misc]
    return entity_id


async def seal_all(*sealers: Sealer) -> None:
    while any([await sealer.seal_once() for sealer in sealers]):
        pass


async def faults(home: Database, tenancy: Tenancy) -> list[Fault]:
    check = ChainCheck(home, tenancy)
    return [fault async for fault in check.faults(await check.state())]


async def numbers(home: Database, tenancy: Tenancy) -> list[int]:
    found = home.scoped("changes", tenancy).find({"seal.seq": {"$gt": 0}}, sort=[("seal.seq", 1)])
    return [record["seal"]["seq"] async for record in found]


@pytest.mark.parametrize("batch", [1, 3, 7, 500])
async def test_everything_committed_is_sealed_in_every_workspace(home: Database, batch: int) -> None:
    tenancies = [Tenancy(new_id(), environment) for _ in range(3) for environment in ("live", "test")]
    for tenancy in tenancies:
        await write(home, tenancy, 4)
        await note(home, tenancy, 3)
    await seal_all(sealer_of(home, batch=batch))
    for tenancy in tenancies:
        assert await numbers(home, tenancy) == list(range(1, 8))
        assert await faults(home, tenancy) == []
        assert (await ChainCheck(home, tenancy).state()).waiting.count == 0


async def test_a_flood_of_one_workspace_holds_no_other_back(home: Database) -> None:
    flood, quiet = sorted((Tenancy(new_id(), "live") for _ in range(2)), key=lambda tenancy: tenancy.workspace_id)
    await note(home, flood, 20)
    await note(home, quiet, 1)
    sealer = sealer_of(home, batch=5)
    await sealer.seal_once()
    await sealer.seal_once()
    assert await numbers(home, quiet) == [1]
    assert len(await numbers(home, flood)) == 5


async def test_versions_are_sealed_in_their_order(home: Database, tenancy: Tenancy) -> None:
    await write(home, tenancy, 6)
    await seal_all(sealer_of(home, batch=4))
    found = home.scoped("changes", tenancy).find({"seal.seq": {"$gt": 0}}, sort=[("seal.seq", 1)])
    assert [record["version"] async for record in found] == [1, 2, 3, 4, 5, 6]


async def test_a_record_committed_after_younger_ones_is_not_lost(home: Database, tenancy: Tenancy) -> None:
    log = SecurityLog(home, clock=lambda: MOMENT)
    sealer = sealer_of(home)

    async def slow(session: Any) -> None:
        await log.note(tenancy, "slow", entity=("user", "u"), actor=OPERATOR, session=session)
        await note(home, tenancy, 2)
        await seal_all(sealer)
        assert await numbers(home, tenancy) == [1, 2]

    await home.transact(slow)
    await seal_all(sealer)
    assert await numbers(home, tenancy) == [1, 2, 3]
    assert await faults(home, tenancy) == []


async def test_of_many_sealers_one_works_and_nothing_forks(home: Database, tenancy: Tenancy) -> None:
    await note(home, tenancy, 30)
    sealers = [sealer_of(home, batch=4) for _ in range(5)]
    sealed = await asyncio.gather(*(sealer.seal_once() for sealer in sealers))
    assert sorted(sealed) == [0, 0, 0, 0, 4]
    await asyncio.gather(*(_until_sealed(home, tenancy, sealer, 30) for sealer in sealers))
    assert await numbers(home, tenancy) == list(range(1, 31))
    assert await faults(home, tenancy) == []


async def _until_sealed(home: Database, tenancy: Tenancy, sealer: Sealer, count: int) -> None:
    while len(await numbers(home, tenancy)) < count:
        await sealer.seal_once()
        await sealer.lease.release()


async def test_sealers_that_all_believe_to_hold_the_lease_seal_nothing_twice(home: Database, tenancy: Tenancy) -> None:
    await note(home, tenancy, 12)
    stale, fresh = sealer_of(home, batch=5), sealer_of(home, batch=5)
    assert await stale.lease.hold()
    waiting = await stale._waiting(None)  # noqa: SLF001 - it is stopped right here, before it writes
    await home.collection("leases").update_one(LEASE, {"$set": {"until": LONG_AGO}})
    assert await fresh.seal_once() == 5
    with pytest.raises(Overtaken):
        await stale._seal_guarded(waiting)  # noqa: SLF001 - it goes on, and does not know
    assert await numbers(home, tenancy) == [1, 2, 3, 4, 5]
    assert await faults(home, tenancy) == []


async def test_a_lease_is_held_by_one_until_it_runs_out_or_is_let_go(home: Database) -> None:
    first, second = (Lease(home, "audit-sealer", holder=name, seconds=60) for name in "ab")
    assert await first.hold()
    assert not await second.hold()
    assert await first.hold()
    await home.collection("leases").update_one(LEASE, {"$set": {"until": LONG_AGO}})
    assert await second.hold()
    assert not await first.hold()
    await first.release()
    assert not await first.hold()
    await second.release()
    assert await first.hold()


async def test_a_sealer_that_was_overtaken_goes_on_later(home: Database, tenancy: Tenancy) -> None:
    await note(home, tenancy, 1)
    stop, sealer = asyncio.Event(), sealer_of(home)
    task = asyncio.create_task(sealer.run(stop))
    async with asyncio.timeout(10):
        await _until(home, tenancy, [1])
        await home.collection("leases").update_one(LEASE, {"$set": {"holder": "other"}, "$inc": {"token": 1}})
        await note(home, tenancy, 1)
        await _until(home, tenancy, [1, 2])
    stop.set()
    await task
    lease = await home.collection("leases").find_one(LEASE)
    assert lease is not None
    assert lease["holder"] is None


async def _until(home: Database, tenancy: Tenancy, expected: list[int]) -> None:
    """Look again and again; each look lets the sealer go on."""
    while await numbers(home, tenancy) != expected:
        pass


async def test_a_broken_chain_is_left_alone_and_the_others_are_sealed(home: Database, tenancy: Tenancy) -> None:
    other = Tenancy(new_id(), "live")
    await note(home, tenancy, 2)
    await seal_all(sealer_of(home))
    await home.collection("auditHeads").delete_one({"_id": head_id(tenancy)})
    await home.collection("leases").delete_one(LEASE)
    await note(home, tenancy, 2)
    await note(home, other, 2)
    sealer = sealer_of(home, batch=2)
    for _ in range(4):
        await sealer.seal_once()
    assert await numbers(home, tenancy) == [1, 2]
    assert await numbers(home, other) == [1, 2]
    assert [fault.kind for fault in await faults(home, tenancy)] == ["head"]


async def test_a_head_turned_back_stops_its_chain_rather_than_number_twice(home: Database, tenancy: Tenancy) -> None:
    await note(home, tenancy, 2)
    sealer = sealer_of(home)
    await seal_all(sealer)
    await home.collection("auditHeads").update_one({"_id": head_id(tenancy)}, {"$set": {"seq": 1}})
    await note(home, tenancy, 1)
    assert await sealer.seal_once() == 0
    assert await numbers(home, tenancy) == [1, 2]


@pytest.mark.parametrize("members", [{"seq": "1"}, {"hash": None}])
async def test_a_head_of_another_kind_stops_its_chain_and_no_sealer(
    home: Database, tenancy: Tenancy, members: dict[str, Any]
) -> None:
    await note(home, tenancy, 1)
    sealer = sealer_of(home)
    await seal_all(sealer)
    await home.collection("auditHeads").update_one({"_id": head_id(tenancy)}, {"$set": members})
    await note(home, tenancy, 1)
    assert await sealer.seal_once() == 0
    assert [fault.kind for fault in await faults(home, tenancy)] == ["head"]


async def test_many_workspaces_are_sealed_together_but_for_the_broken_one(home: Database) -> None:
    tenancies = [Tenancy(new_id(), "live") for _ in range(30)]
    for tenancy in tenancies:
        await note(home, tenancy, 1)
    await home.collection("auditHeads").insert_one({"_id": head_id(tenancies[3]), "seq": "x", "hash": ""})
    assert await sealer_of(home).seal_once() == 29
    assert [len(await numbers(home, tenancy)) for tenancy in tenancies] == [1] * 3 + [0] + [1] * 26


async def test_the_unsealed_tail_is_named(home: Database, tenancy: Tenancy) -> None:
    await note(home, tenancy, 1)
    await seal_all(sealer_of(home))
    await note(home, tenancy, 3)
    state = await ChainCheck(home, tenancy).state()
    waiting = await home.scoped("changes", tenancy).find({"unsealed": True}, sort=[("at", 1), ("_id", 1)]).to_list()
    assert (state.entries, state.waiting.count) == (1, 3)
    assert state.waiting.first == {"_id": str(waiting[0]["_id"]), "at": "2027-01-01T00:00:00.000Z"}
    assert state.waiting.last == {"_id": str(waiting[2]["_id"]), "at": "2027-01-01T00:00:00.000Z"}
    assert await faults(home, tenancy) == []


Tamper = Callable[[Any, dict[int, Id]], Any]
NOTE, CHANGE = 2, 5
"""In the chain of the test below, entry 2 is a note and entry 5 a change."""

TAMPERINGS: dict[str, tuple[Tamper, set[str]]] = {
    "a value": (
        lambda changes, ids: changes.update_one({"_id": ids[NOTE]}, {"$set": {"details.number": 9}}),
        {"altered"},
    ),
    "the actor": (
        lambda changes, ids: changes.update_one({"_id": ids[CHANGE]}, {"$set": {"actor.id": "x"}}),
        {"altered"},
    ),
    "the moment": (lambda changes, ids: changes.update_one({"_id": ids[NOTE]}, {"$set": {"at": "2020"}}), {"altered"}),
    "the workspace": (
        lambda changes, ids: changes.update_one({"_id": ids[NOTE]}, {"$set": {"workspaceId": new_id()}}),
        {"missing"},
    ),
    "an entry deleted": (lambda changes, ids: changes.delete_one({"_id": ids[NOTE]}), {"missing"}),
    "the last deleted": (lambda changes, ids: changes.delete_one({"_id": ids[max(ids)]}), {"truncated"}),
    "a number": (lambda changes, ids: changes.update_one({"_id": ids[NOTE]}, {"$set": {"seal.seq": 99}}), {"missing"}),
    "a number of no kind": (
        lambda changes, ids: changes.update_one({"_id": ids[NOTE]}, {"$set": {"seal.seq": "2"}}),
        {"missing"},
    ),
    "the seal taken off": (
        lambda changes, ids: changes.update_one({"_id": ids[CHANGE]}, {"$unset": {"seal": ""}}),
        {"missing", "unchained"},
    ),
    "sealed again": (
        lambda changes, ids: changes.update_one(
            {"_id": ids[NOTE]}, {"$unset": {"seal": ""}, "$set": {"unsealed": True}}
        ),
        {"missing"},
    ),
}


@pytest.mark.parametrize("what", TAMPERINGS)
async def test_whatever_is_done_to_the_database_is_found(home: Database, tenancy: Tenancy, what: str) -> None:
    await note(home, tenancy, 3)
    await write(home, tenancy, 4)
    sealer = sealer_of(home)
    await seal_all(sealer)
    records = home.collection("changes")
    ids = {
        record["seal"]["seq"]: record["_id"]
        async for record in records.find({**tenancy.fields, "seal.seq": {"$gt": 0}})
    }
    assert await faults(home, tenancy) == []
    tamper, expected = TAMPERINGS[what]
    await tamper(records, ids)
    assert expected <= {fault.kind for fault in await faults(home, tenancy)}
    await seal_all(sealer)
    assert await faults(home, tenancy) != []


async def test_a_version_deleted_before_it_was_sealed_is_missed(home: Database, tenancy: Tenancy) -> None:
    thing = await write(home, tenancy, 3)
    await home.collection("changes").delete_one(
        {"entity.id": thing, "version": 2, **tenancy.fields, "entity.type": "thing"}
    )
    await seal_all(sealer_of(home))
    assert [fault.message for fault in await faults(home, tenancy)] == [
        f"version 3 of thing {thing} is next to version 1"
    ]
