"""Indexes, waiting times and background jobs, on a real database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from tracepass.core.ids import new_id
from tracepass.core.jobs import LEASE, Jobs
from tracepass.core.mongo import Database, Index, PyMongoError, connected, is_unavailable
from tracepass.core.tenancy import Tenancy

INDEXES = (
    Index("things", (("a", 1), ("b", -1)), unique=True, partial={"b": {"$gt": 0}}),
    Index("things", (("at", 1),), expire_after_seconds=60),
)


@pytest.fixture
async def home(mongod: str, database_name: str) -> AsyncIterator[Database]:
    """A database of this test's own."""
    async with connected(mongod, name=database_name) as opened:
        yield opened


async def test_indexes_are_made_once_and_missed_until_then(home: Database) -> None:
    assert await home.missing_indexes(INDEXES) == list(INDEXES)
    await home.create_indexes(INDEXES[:1])
    assert await home.missing_indexes(INDEXES) == [INDEXES[1]]
    await home.create_indexes(INDEXES)
    await home.create_indexes(INDEXES)
    assert await home.missing_indexes(INDEXES) == []
    made = await home.collection("things").index_information()
    assert made["a_1_b_-1"]["unique"]
    assert made["a_1_b_-1"]["partialFilterExpression"] == {"b": {"$gt": 0}}
    assert made["at_1"]["expireAfterSeconds"] == 60


@pytest.mark.parametrize(
    ("query", "seconds"), [("", 10), ("?serverSelectionTimeoutMS=50", 0.05), ("?SERVERSELECTIONTIMEOUTMS=50", 0.05)]
)
async def test_the_uri_may_say_how_long_to_wait(query: str, seconds: float) -> None:
    async with connected(f"mongodb://nowhere.test/{query}", name="nowhere") as away:
        options = away.files.client.options
        assert options.server_selection_timeout == seconds
        assert options.write_concern.document["w"] == "majority"


def test_an_error_says_whether_to_try_again() -> None:
    assert is_unavailable(ServerSelectionTimeoutError("away"))
    assert not is_unavailable(PyMongoError("other"))
    assert not is_unavailable(ValueError("other"))


class TestJobs:
    @pytest.fixture
    def now(self) -> list[datetime]:
        """The moment, as a list of one."""
        return [datetime(2027, 1, 1, tzinfo=UTC)]

    @pytest.fixture
    def jobs(self, home: Database, now: list[datetime]) -> Jobs:
        return Jobs(home, clock=lambda: now[0])

    async def enqueue(self, home: Database, jobs: Jobs, key: str = "1", *, due: str | None = None) -> Tenancy:
        tenancy = Tenancy(new_id(), "live")

        await home.transact(
            lambda session: jobs.enqueue("refresh", key, tenancy, {"key": key}, session=session, due=due)
        )
        return tenancy

    async def test_a_job_is_leased_by_one_and_finished(self, home: Database, jobs: Jobs) -> None:
        tenancy = await self.enqueue(home, jobs)
        job = await jobs.lease()
        assert job is not None
        assert (job.id, job.kind, job.tenancy, job.payload, job.progress) == (
            "refresh/1", "refresh", tenancy, {"key": "1"}, None,
        )  # fmt: skip
        assert await jobs.lease() is None
        await jobs.finish(job)
        assert await home.collection("jobs").count_documents({}) == 0

    async def test_a_job_whose_worker_died_is_given_to_another_where_it_stood(
        self, home: Database, jobs: Jobs, now: list[datetime]
    ) -> None:
        await self.enqueue(home, jobs)
        job = await jobs.lease()
        assert job is not None
        now[0] += LEASE - timedelta(seconds=1)
        assert await jobs.renew(job, "half")
        now[0] += timedelta(seconds=2)
        assert await jobs.lease() is None
        now[0] += LEASE
        again = await jobs.lease()
        assert again is not None
        assert (again.id, again.progress) == (job.id, "half")

    async def test_a_job_asked_for_anew_starts_over_and_is_not_finished_by_the_old(
        self, home: Database, jobs: Jobs
    ) -> None:
        await self.enqueue(home, jobs)
        old = await jobs.lease()
        assert old is not None
        await self.enqueue(home, jobs)
        assert not await jobs.renew(old, "half")
        await jobs.finish(old)
        new = await jobs.lease()
        assert new is not None
        assert (new.generation, new.progress) == (old.generation + 1, None)

    async def test_the_job_that_is_due_longest_comes_first_and_none_before_its_time(
        self, home: Database, jobs: Jobs, now: list[datetime]
    ) -> None:
        for key, due in (("late", "2027-01-02"), ("first", "2026-01-01"), ("second", "2026-06-01")):
            await self.enqueue(home, jobs, key, due=f"{due}T00:00:00.000Z")
        assert [job and job.payload["key"] for job in [await jobs.lease() for _ in range(3)]] == [
            "first", "second", None,
        ]  # fmt: skip
        now[0] = datetime(2027, 1, 2, tzinfo=UTC)
        late = [await jobs.lease() for _ in range(3)]
        assert "late" in {job.payload["key"] for job in late if job}
