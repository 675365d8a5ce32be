"""The log of changes: every version is rebuilt, across the whole copies too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tracepass.core.canonical import state_hash
from tracepass.core.changes import FULL_COPY_EVERY, INDEXES, Change, ChangeLog, Stale, deleted, imported
from tracepass.core.differences import differences
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, connected
from tracepass.core.tenancy import Actor, Tenancy

ACTOR = Actor("api_key", "1", "via API key tp_live_x")
MOMENT = datetime(2027, 1, 1, tzinfo=UTC)
LAST = 2 * FULL_COPY_EVERY + 7


@pytest.fixture(scope="module")
async def home(mongod: str) -> AsyncIterator[Database]:
    """A database of this module's own."""
    async with connected(mongod, name=f"changes_{new_id()}") as opened:
        await opened.create_indexes(INDEXES)
        yield opened
        await opened.drop()


def log_of(home: Database, tenancy: Tenancy) -> ChangeLog:
    return ChangeLog(home, tenancy, clock=lambda: MOMENT)


def state_of(version: int) -> dict[str, Any]:
    """The state at a version: members come, change and go."""
    fields = {f"f{number}": {"value": version} for number in range(version % 5)}
    state: dict[str, Any] = {"version": version, "fields": fields, "tags": list(range(version % 3))}
    return state | ({"odd": {"$set": {"a.b": version}}} if version % 2 else {})


async def append(home: Database, log: ChangeLog, entity_id: Id, version: int) -> str:
    before = {} if version == 1 else state_of(version - 1)
    change = Change(
        entity="thing",
        entity_id=entity_id,
        version=version,
        action="create" if version == 1 else "update",
        diff=[] if version == 1 else differences(before, state_of(version)),
        state=state_of(version),
        prev_hash=None if version == 1 else state_hash(before),
        reason=f"reason {version}",
    )
    return await home.transact(lambda session: log.append(change, ACTOR, session=session))


@pytest.fixture(scope="module")
async def long(home: Database) -> tuple[ChangeLog, Id]:
    """The log of a thing of 107 versions."""
    log, entity_id = log_of(home, Tenancy(new_id(), "live")), new_id()
    for version in range(1, LAST + 1):
        assert await append(home, log, entity_id, version) == state_hash(state_of(version))
    return log, entity_id


async def test_every_version_is_rebuilt_exactly(long: tuple[ChangeLog, Id]) -> None:
    log, entity_id = long
    for version in range(1, LAST + 1):
        assert await log.state_at("thing", entity_id, version) == state_of(version)


@pytest.mark.parametrize("version", [0, LAST + 1, -5])
async def test_a_version_that_never_was_is_none(long: tuple[ChangeLog, Id], version: int) -> None:
    log, entity_id = long
    assert await log.state_at("thing", entity_id, version) is None
    assert await log.state_at("thing", new_id(), 1) is None


async def test_records_chain_by_their_hashes(long: tuple[ChangeLog, Id]) -> None:
    log, entity_id = long
    page = await log.page("thing", entity_id, skip=0, limit=LAST)
    assert page.total == len(page.items) == LAST
    assert [record["version"] for record in page.items] == list(range(LAST, 0, -1))
    for newer, older in zip(page.items, page.items[1:], strict=False):
        assert newer["prevHash"] == older["stateHash"]
    assert page.items[-1]["prevHash"] is None
    assert all("full" not in record for record in page.items)
    assert page.items[0]["actor"] == ACTOR.wire
    assert page.items[0]["at"] == "2027-01-01T00:00:00.000Z"


async def test_pages_and_conditions_narrow_what_is_read(long: tuple[ChangeLog, Id]) -> None:
    log, entity_id = long
    page = await log.page("thing", entity_id, skip=2, limit=3, where={"version": {"$lte": 50}})
    assert ([record["version"] for record in page.items], page.total) == ([48, 47, 46], 50)
    found = await log.find("thing", entity_id, where={"version": {"$lt": 9}})
    assert found is not None
    assert (found["version"], found["reason"]) == (8, "reason 8")
    assert await log.find("thing", entity_id, where={"version": 0}) is None


async def test_another_tenancy_sees_nothing(home: Database, long: tuple[ChangeLog, Id]) -> None:
    _, entity_id = long
    for other in (Tenancy(new_id(), "live"), Tenancy(new_id(), "test")):
        log = log_of(home, other)
        assert await log.state_at("thing", entity_id, 1) is None
        assert (await log.page("thing", entity_id, skip=0, limit=1)).total == 0


async def test_a_version_is_written_once(home: Database, long: tuple[ChangeLog, Id]) -> None:
    log, entity_id = long
    with pytest.raises(Stale):
        await append(home, log, entity_id, 5)


async def test_a_log_that_lost_its_first_copy_tells_nothing_rather_than_something_wrong(home: Database) -> None:
    log, entity_id = log_of(home, Tenancy(new_id(), "live")), new_id()
    for version in (1, 2, 3):
        await append(home, log, entity_id, version)
    await home.collection("changes").delete_one({"entity.id": entity_id, "version": 1})
    assert await log.state_at("thing", entity_id, 3) is None


async def test_imported_things_begin_at_their_version_and_are_written_together(home: Database) -> None:
    tenancy = Tenancy(new_id(), "live")
    log = log_of(home, tenancy)
    states = [{"_id": new_id(), **state_of(version)} for version in (1, 7, 50)]
    changes = [imported("thing", state, "f00d") for state in states]

    digests = await home.transact(lambda session: log.append_all(changes, ACTOR, session=session))

    assert digests == [state_hash(state) for state in states]
    for state in states:
        page = await log.page("thing", state["_id"], skip=0, limit=10)
        assert [(one["version"], one["action"], one["reason"]) for one in page.items] == [
            (state["version"], "import", "import f00d")
        ]
        assert await log.state_at("thing", state["_id"], state["version"]) == state
    with pytest.raises(Stale):
        await home.transact(lambda session: log.append_all(changes, ACTOR, session=session))
    gone = deleted("thing", {**states[1], "stateHash": digests[1]})
    await home.transact(lambda session: log.append_all([gone], ACTOR, session=session))
    assert (await log.page("thing", states[1]["_id"], skip=0, limit=1)).items[0]["prevHash"] == digests[1]
