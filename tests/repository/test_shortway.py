"""Writes that go to the database in one message, and the long way for a driver that this was not written for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pymongo.errors import BulkWriteError, DuplicateKeyError

from tracepass.core.mongo import Database, Insert, Session, Update, connected

# ruff: noqa: SLF001 - the way is closed, and its connections broken, from outside


class Taken(Exception):
    """A key is there already."""


class Missed(Exception):
    """A document is not as it was."""


@pytest.fixture(params=["short", "long"])
async def home(request: pytest.FixtureRequest, mongod: str, database_name: str) -> AsyncIterator[Database]:
    """A database of this test's own, reached either way."""
    async with connected(mongod, name=database_name) as opened:
        assert opened._short_way.is_open
        opened._short_way.is_open = request.param == "short"
        await opened.collection("things").insert_one({"_id": "there", "version": 3})
        await opened.collection("marks").insert_one({"_id": "first"})
        yield opened


def thing(key: str) -> Insert:
    """The write of a thing."""
    return Insert("things", {"_id": key, "version": 1}, Taken)


def staying(version: int) -> Update:
    """The write that holds only while the thing is at a version."""
    return Update("things", {"_id": "there", "version": version}, {"$set": {"version": version}}, Missed)


async def keys(home: Database) -> set[str]:
    """What things there are."""
    return {row["_id"] async for row in home.collection("things").find({"_id": {"$gte": ""}})}


async def test_all_writes_are_done_together(home: Database) -> None:
    await home.write([staying(3), thing("a"), Insert("marks", {"_id": "a"}, Taken)])
    assert await keys(home) == {"there", "a"}
    assert await home.find_one("marks", {"_id": "a"}) == {"_id": "a"}


async def test_a_key_that_is_taken_undoes_all(home: Database) -> None:
    with pytest.raises(Taken):
        await home.write([thing("a"), thing("there"), thing("b")])
    assert await keys(home) == {"there"}


async def test_a_document_that_is_not_as_it_was_undoes_all(home: Database) -> None:
    with pytest.raises(Missed):
        await home.write([thing("a"), staying(2), thing("there")])
    assert await keys(home) == {"there"}


async def test_the_first_write_that_does_not_hold_speaks(home: Database) -> None:
    with pytest.raises(Taken):
        await home.write([thing("there"), staying(2)])


async def test_what_else_belongs_to_it_is_done_or_undone_with_it(home: Database) -> None:
    async def also(session: Session) -> None:
        await home.collection("marks").insert_one({"_id": "also"}, session=session)

    await home.write([thing("a")], also=also)
    assert await home.find_one("marks", {"_id": "also"}, {"_id": 1}) is not None
    with pytest.raises(DuplicateKeyError):
        await home.write([thing("b")], also=also)
    assert await keys(home) == {"there", "a"}


async def test_two_that_only_look_are_not_in_each_others_way(home: Database) -> None:
    await asyncio.gather(*(home.write([staying(3), thing(f"t{number}")]) for number in range(20)))
    assert len(await keys(home)) == 21


async def test_writers_of_one_document_all_succeed_in_the_end(home: Database) -> None:
    more = Update("things", {"_id": "there"}, {"$inc": {"version": 1}}, Missed)
    await asyncio.gather(*(home.write([more, thing(f"t{number}")]) for number in range(10)))
    found = await home.find_one("things", {"_id": "there"})
    assert found == {"_id": "there", "version": 13}
    assert len(await keys(home)) == 11


async def test_a_document_is_found_in_part_or_not_at_all(home: Database) -> None:
    assert await home.find_one("things", {"_id": "there"}, {"version": 1, "_id": 0}) == {"version": 3}
    assert await home.find_one("things", {"_id": "away"}) is None


@pytest.mark.parametrize("lasting", [True, False])
async def test_of_many_documents_those_are_inserted_that_are_not_there(home: Database, *, lasting: bool) -> None:
    documents = [{"_id": key, "version": 1} for key in ("a", "there", "b", "a")]
    assert await home.insert_missing("things", documents, lasting=lasting) == [True, False, True, False]
    assert await keys(home) == {"there", "a", "b"}
    assert await home.find_one("things", {"_id": "there"}) == {"_id": "there", "version": 3}
    assert await home.insert_missing("things", [{"_id": "c"}], lasting=lasting) == [True]


async def test_what_breaks_another_rule_is_no_matter_of_keys(home: Database) -> None:
    await home.collection("strict").database.create_collection("strict", validator={"version": {"$gt": 0}})
    with pytest.raises(BulkWriteError):
        await home.insert_missing("strict", [{"_id": "a", "version": 0}], lasting=False)


async def test_a_connection_that_broke_is_replaced(home: Database) -> None:
    await home.find_one("things", {"_id": "there"})
    pools = [server.pool for server in home._client._topology._servers.values()]
    for pool in pools:
        for connection in pool.conns:
            connection.conn.get_conn.transport.abort()
    assert await home.find_one("things", {"_id": "there"}) is not None
    await home.write([thing("a")])
    for pool in pools:
        for connection in pool.conns:
            connection.conn.get_conn.transport.abort()
    await home.insert_missing("things", [{"_id": "b"}], lasting=False)
    assert await keys(home) == {"there", "a", "b"}
