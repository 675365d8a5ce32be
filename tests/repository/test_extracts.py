"""What a tenancy has, read from one moment, whatever others write and however much there is."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest
from bson import Timestamp

from tracepass.core import extracts
from tracepass.core.extracts import BATCH, Section, SnapshotTooOld, Source, decoded, snapshot, without
from tracepass.core.ids import new_id
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Tenancy

LINKS = Section("links", "Link", "/api/v1/links", (Source("links"),), without("key"))
COUNT = BATCH * 3 + 7


@pytest.fixture
async def tenancy(database: Database) -> Tenancy:
    """A tenancy with some hundred links."""
    made = Tenancy(new_id(), "live")
    documents = [{"_id": new_id(), "anchor": f"/8004/{number}", "version": 1, **made.fields} for number in range(COUNT)]
    await database.collection("links").insert_many(documents)
    return made


async def read(reading: extracts.Snapshot, since: str | None = None) -> list[dict[str, Any]]:
    return [one async for batch in reading.batches(LINKS, since) for one in decoded(batch)]


async def test_all_documents_come_in_their_order(database: Database, tenancy: Tenancy) -> None:
    async with snapshot(database, tenancy) as reading:
        found = await read(reading)
        assert len(found) == await reading.count(LINKS, None) == COUNT
    assert [one["_id"] for one in found] == sorted(one["_id"] for one in found)


async def test_what_others_write_meanwhile_is_not_in_it(database: Database, tenancy: Tenancy) -> None:
    links, seen = database.collection("links"), list[dict[str, Any]]()
    async with snapshot(database, tenancy) as reading:
        counted = await reading.count(LINKS, None)
        async with aclosing(reading.batches(LINKS, None)) as batches:
            async for batch in batches:
                seen += decoded(batch)
                await links.update_many(tenancy.fields, {"$set": {"version": 2}})
                await links.delete_one({**tenancy.fields, "_id": seen[-1]["_id"]})
                await links.insert_one({"_id": new_id(), "version": 1, **tenancy.fields})
    assert counted == len(seen) == COUNT
    assert {one["version"] for one in seen} == {1}


async def test_a_reader_who_stops_takes_no_more(database: Database, tenancy: Tenancy) -> None:
    async with snapshot(database, tenancy) as reading:
        batches = reading.batches(LINKS, None)
        assert len(list(decoded(await anext(batches)))) == BATCH
        await batches.aclose()
        assert len(await read(reading)) == COUNT


async def test_a_reader_who_is_cancelled_takes_no_more(database: Database, tenancy: Tenancy) -> None:
    begun = asyncio.Event()

    async def slow() -> None:
        async with snapshot(database, tenancy) as reading, aclosing(reading.batches(LINKS, None)) as batches:
            async for _ in batches:
                begun.set()
                await asyncio.Event().wait()

    task = asyncio.create_task(slow())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_moment_that_the_database_has_forgotten_is_told_as_such(database: Database, tenancy: Tenancy) -> None:
    async with snapshot(database, tenancy) as reading:
        await reading.count(LINKS, None)
        # So old is no snapshot that a test could wait for: the session is told that it began in 2001.
        setattr(reading._session, "_snapshot_time", Timestamp(1_000_000_000, 1))  # noqa: B010, SLF001
        with pytest.raises(SnapshotTooOld):
            await read(reading)
