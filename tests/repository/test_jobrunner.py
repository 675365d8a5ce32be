"""Jobs side by side: slow ones do not hold up others, broken ones do not end them, and a bell wakes who waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from tracepass.core import jobs as jobs_module
from tracepass.core.alarm import Alarm
from tracepass.core.clock import system_clock, timestamp
from tracepass.core.errors import NotFound
from tracepass.core.ids import new_id
from tracepass.core.jobrunner import JobRunner, Workers
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import Database, Session, connected
from tracepass.core.tenancy import Tenancy

TENANCY = Tenancy(new_id(), "live")


@pytest.fixture
async def home(mongod: str) -> AsyncIterator[Database]:
    async with connected(mongod, name=f"runner_{new_id()}") as database:
        await database.create_indexes(jobs_module.INDEXES)
        yield database
        await database.drop()


@pytest.fixture
def jobs(home: Database) -> Jobs:
    return Jobs(home, clock=system_clock)


async def enqueue(home: Database, jobs: Jobs, kind: str, *keys: str, due: str | None = None) -> None:
    async def work(session: Session) -> None:
        for key in keys:
            await jobs.enqueue(kind, key, TENANCY, {}, session=session, due=due)

    await home.transact(work)


class Diary:
    """Workers that note what they do; ``slow`` ones wait until they are let go."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.done: list[str] = []
        self.running = 0
        self.most = 0
        self.let_go = asyncio.Event()
        self.changed = asyncio.Condition()

    async def slow(self, job: Job) -> None:
        await self._note(job, running=1)
        await self.let_go.wait()
        await self._note(job, running=-1)

    async def quick(self, job: Job) -> None:
        await self._note(job, running=0)

    async def broken(self, job: Job) -> None:
        await self._note(job, running=0)
        raise ZeroDivisionError

    async def refused(self, job: Job) -> None:
        await self._note(job, running=0)
        raise NotFound("passport")

    async def _note(self, job: Job, *, running: int) -> None:
        async with self.changed:
            self.running += running
            self.most = max(self.most, self.running)
            if running <= 0:
                self.done.append(job.id)
                await self.jobs.finish(job)
            self.changed.notify_all()

    async def until(self, *ids: str) -> None:
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: set(ids) <= set(self.done))

    @property
    def workers(self) -> Workers:
        return {"slow": self.slow, "quick": self.quick, "broken": self.broken, "refused": self.refused}


async def test_slow_jobs_of_one_kind_do_not_hold_up_another_kind(home: Database, jobs: Jobs) -> None:
    diary, stop = Diary(jobs), asyncio.Event()
    await enqueue(home, jobs, "slow", *"abcdef")
    await enqueue(home, jobs, "quick", *"abc")
    running = asyncio.create_task(JobRunner(jobs, diary.workers, clock=system_clock).run(stop))
    await diary.until("quick/a", "quick/b", "quick/c")
    assert (diary.running, diary.most) == (2, 2)
    diary.let_go.set()
    await diary.until(*(f"slow/{key}" for key in "abcdef"))
    stop.set()
    await running
    assert diary.running == 0


async def test_a_broken_or_refused_job_ends_no_other(home: Database, jobs: Jobs) -> None:
    diary = Diary(jobs)
    await enqueue(home, jobs, "broken", "a")
    await enqueue(home, jobs, "refused", "a")
    await enqueue(home, jobs, "quick", "a")
    runner = JobRunner(jobs, diary.workers, clock=system_clock)
    before = REGISTRY.get_sample_value("tracepass_jobs_total", {"kind": "broken", "outcome": "failed"}) or 0
    while await runner.run_one():
        pass
    assert diary.done == ["broken/a", "refused/a", "quick/a"]
    after = REGISTRY.get_sample_value("tracepass_jobs_total", {"kind": "broken", "outcome": "failed"})
    assert after == before + 1


async def test_a_kind_that_nobody_here_does_is_left_for_those_who_do(home: Database, jobs: Jobs) -> None:
    diary = Diary(jobs)
    await enqueue(home, jobs, "of-tomorrow", "a")
    await enqueue(home, jobs, "quick", "a")
    runner = JobRunner(jobs, diary.workers, clock=system_clock)
    assert await runner.run_one()
    assert not await runner.run_one()
    assert await home.collection("jobs").count_documents({"attempts": {"$exists": False}}) == 1


async def test_a_bell_wakes_whoever_waits_for_a_job(home: Database, jobs: Jobs) -> None:
    diary, stop, alarm = Diary(jobs), asyncio.Event(), Alarm(home, {"jobs": {"kind": "quick"}, "others": {}})
    bell = alarm.bell("jobs")
    listening = asyncio.create_task(alarm.listen(stop))
    async with asyncio.timeout(10):
        # The first ring tells that the stream has begun.
        await bell.wait(10)
    await enqueue(home, jobs, "slow", "a")
    begun = asyncio.get_running_loop().time()
    await bell.wait(0.3)
    assert asyncio.get_running_loop().time() - begun > 0.25, "what is not watched rings no bell"
    await enqueue(home, jobs, "quick", "a")
    begun = asyncio.get_running_loop().time()
    await bell.wait(10)
    assert asyncio.get_running_loop().time() - begun < 5
    stop.set()
    await listening
    assert diary.done == []


async def test_what_waits_and_for_how_long_is_measured(home: Database) -> None:
    now = [datetime(2027, 1, 1, tzinfo=UTC)]
    jobs = Jobs(home, clock=lambda: now[0])
    runner = JobRunner(jobs, {}, clock=lambda: now[0])
    await runner.measure()
    assert (_sample("tracepass_jobs_due"), _sample("tracepass_jobs_oldest_overdue_seconds")) == (0, 0)
    for key, days in (("a", 0), ("b", 1), ("c", 400)):
        await enqueue(home, jobs, "quick", key, due=timestamp(now[0] + timedelta(days=days)))
    now[0] += timedelta(days=2)
    await runner.measure()
    assert (_sample("tracepass_jobs_due"), _sample("tracepass_jobs_oldest_overdue_seconds")) == (2, 172_800)


def _sample(name: str) -> float | None:
    return REGISTRY.get_sample_value(name)
