"""What many write at the same time: in few transactions, and each with its own outcome."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import unquote, urlsplit

import pytest

from tracepass.core.mongo import Database, Insert, Update, Write, connected

# ruff: noqa: SLF001 - the way is closed, and its connections broken, from outside

MANY = 60


class Taken(Exception):
    """A key is there already."""


class Missed(Exception):
    """A document is not as it was."""


@pytest.fixture(params=["short", "long"])
async def home(request: pytest.FixtureRequest, mongod: str, database_name: str) -> AsyncIterator[Database]:
    """A database of this test's own, reached either way."""
    async with connected(mongod, name=database_name) as opened:
        opened._short_way.is_open = request.param == "short"
        await opened.collection("things").insert_many({"_id": f"there {n}", "version": 3} for n in range(MANY))
        await opened.collection("marks").insert_one({"_id": "first"})
        yield opened


def staying(version: int = 3) -> Update:
    """The write that holds while a thing is at a version."""
    query = {"_id": "there 0", "version": version}
    return Update("things", query, {"$set": {"version": version}}, Missed, only_looks=True)


def making(key: str, *, serial: int | None = None) -> list[Write]:
    """What makes one thing: a look, a claim, a record."""
    claim = {"_id": key if serial is None else f"serial {serial}"}
    return [staying(), Insert("claims", claim, Taken), Insert("marks", {"_id": key}, Taken)]


async def keys(home: Database, collection: str) -> set[str]:
    """What documents there are."""
    return {row["_id"] async for row in home.collection(collection).find({"_id": {"$gte": ""}})}


async def outcome(home: Database, writes: list[Write]) -> str:
    """What a writer is told."""
    try:
        await home.write(writes)
    except (Taken, Missed) as refusal:
        return type(refusal).__name__
    return "done"


async def committed(home: Database) -> int:
    """How many transactions the server has committed in all."""
    status = await home.collection("things").database.command("serverStatus")
    return int(status["transactions"]["totalCommitted"])


async def test_many_go_in_few_transactions(home: Database) -> None:
    before = await committed(home)
    await asyncio.gather(*(home.write(making(f"m{number}")) for number in range(MANY)))
    assert await keys(home, "marks") == {"first", *(f"m{number}" for number in range(MANY))}
    assert len(await keys(home, "claims")) == MANY
    # Others may use the same server.
    assert await committed(home) - before < MANY / 2


async def test_of_those_who_want_the_same_each_hears_whether_it_was_the_one(home: Database) -> None:
    told = await asyncio.gather(*(outcome(home, making(f"m{n}", serial=n % 20)) for n in range(MANY)))
    assert Counter(told) == {"done": 20, "Taken": MANY - 20}
    winners = {f"m{number}" for number, word in enumerate(told) if word == "done"}
    assert await keys(home, "marks") == {"first", *winners}
    assert await keys(home, "claims") == {f"serial {serial}" for serial in range(20)}


async def test_one_that_finds_nothing_keeps_no_other_from_changing(home: Database) -> None:
    def moving(number: int) -> list[Write]:
        seen = {"_id": f"there {number}", "version": 2 if number % 7 == 0 else 3}
        change = Update("things", seen, {"$set": {"version": 4}}, Missed)
        return [Insert("marks", {"_id": f"m{number}"}, Taken), change]

    told = await asyncio.gather(*(outcome(home, moving(number)) for number in range(MANY)))
    assert told == ["Missed" if number % 7 == 0 else "done" for number in range(MANY)]
    moved = {row["_id"] async for row in home.collection("things").find({"_id": {"$gte": ""}, "version": 4})}
    assert moved == {f"there {number}" for number, word in enumerate(told) if word == "done"}
    assert await keys(home, "marks") == {"first", *(f"m{n}" for n, word in enumerate(told) if word == "done")}


async def test_writers_of_one_document_write_one_after_the_other(home: Database) -> None:
    more = Update("things", {"_id": "there 1"}, {"$inc": {"version": 1}}, Missed)
    await asyncio.gather(*(home.write([Insert("marks", {"_id": f"m{n}"}, Taken), more]) for n in range(MANY)))
    assert await home.find_one("things", {"_id": "there 1"}) == {"_id": "there 1", "version": 3 + MANY}


async def test_of_those_who_saw_the_same_version_one_moves_on(home: Database) -> None:
    step = Update("things", {"_id": "there 1", "version": 3}, {"$set": {"version": 4}}, Missed)
    writes: list[list[Write]] = [[Insert("marks", {"_id": f"m{n}"}, Taken), step] for n in range(MANY)]
    told = await asyncio.gather(*(outcome(home, one) for one in writes))
    assert Counter(told) == {"done": 1, "Missed": MANY - 1}
    assert await keys(home, "marks") == {"first", f"m{told.index('done')}"}


async def test_what_nobody_sees_as_it_was_is_refused_to_all(home: Database) -> None:
    await home.collection("things").update_one({"_id": "there 0"}, {"$set": {"version": 5}})
    told = await asyncio.gather(*(outcome(home, making(f"m{number}")) for number in range(10)))
    assert set(told) == {"Missed"}
    assert await keys(home, "marks") == {"first"}


async def test_what_cannot_be_encoded_or_is_too_large_is_the_fault_of_one(home: Database) -> None:
    odd: list[Write] = [staying(), Insert("claims", {"_id": "odd", "what": object()}, Taken)]
    huge: list[Write] = [staying(), Insert("claims", {"_id": "huge", "what": "x" * 17_000_000}, Taken)]
    fine: list[list[Write]] = [[staying(), Insert("claims", {"_id": f"m{n}"}, Taken)] for n in range(10)]
    told = await asyncio.gather(*(home.write(one) for one in [odd, huge, *fine]), return_exceptions=True)
    assert [isinstance(one, Exception) for one in told] == [True, True, *[False] * 10]
    assert await keys(home, "claims") == {f"m{number}" for number in range(10)}


class Line:
    """A line to the server that can be cut."""

    def __init__(self, uri: str) -> None:
        self._socket = unquote(urlsplit(uri).netloc)
        self._ends: set[asyncio.StreamWriter] = set()
        self.answers = asyncio.Semaphore(0)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[str]:
        """Give the address of its near end."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            yield f"mongodb://127.0.0.1:{port}/?directConnection=true"
        finally:
            server.close()
            self.cut()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_unix_connection(self._socket)
        self._ends |= {writer, back}
        await asyncio.gather(self._carry(reader, back, None), self._carry(there, writer, self.answers))

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, arrived: asyncio.Semaphore | None
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                if arrived is not None:
                    arrived.release()
                writer.write(data)
        writer.close()

    async def cut_often(self) -> None:
        """Cut at the arrival of any answer, be it that to writes or that to a commit, twenty times."""
        for cuts in range(20):
            for _ in range(3 + cuts % 3):
                await self.answers.acquire()
            self.cut()

    def cut(self) -> None:
        """Cut everything that is open."""
        ends, self._ends = self._ends, set()
        for end in ends:
            end.transport.abort()


@pytest.mark.parametrize("way", ["short", "long"])
async def test_lines_that_are_cut_in_the_middle_lose_nothing(way: str, mongod: str, database_name: str) -> None:
    line = Line(mongod)
    async with line.open() as uri, connected(uri, name=database_name, max_pool_size=8) as home:
        home._short_way.is_open = way == "short"
        await home.collection("things").insert_one({"_id": "there 0", "version": 3})
        cutting = asyncio.create_task(line.cut_often())
        told = await asyncio.gather(*(outcome(home, making(f"m{number}")) for number in range(MANY)))
        cutting.cancel()
        assert set(told) == {"done"}
        assert await keys(home, "marks") == await keys(home, "claims") == {f"m{number}" for number in range(MANY)}
