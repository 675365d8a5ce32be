"""Does jobs, several at a time and few of a kind, so that slow ones do not hold up the others."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping

import structlog
from prometheus_client import Counter as Count
from prometheus_client import Gauge

from tracepass.core.alarm import Bell
from tracepass.core.clock import Clock, parse_timestamp
from tracepass.core.errors import Refusal
from tracepass.core.jobs import Job, Jobs
from tracepass.core.mongo import PyMongoError

AT_ONCE = 4
OF_A_KIND = 2
PAUSE_SECONDS = 1.0
MEASURED_EVERY_SECONDS = 5.0
MOST_COUNTED = 10_000
DONE = Count("tracepass_jobs_total", "Background jobs that were taken up, by kind and outcome", ("kind", "outcome"))
DUE = Gauge("tracepass_jobs_due", "Background jobs that wait to be done", multiprocess_mode="mostrecent")
OVERDUE = Gauge(
    "tracepass_jobs_oldest_overdue_seconds", "How long the oldest background job is due", multiprocess_mode="mostrecent"
)

_log = structlog.get_logger()

Workers = Mapping[str, Callable[[Job], Awaitable[None]]]
"""Who does which kind of job."""


class JobRunner:
    """Takes jobs that are due and has them done; any number of them may run over one queue."""

    def __init__(self, jobs: Jobs, workers: Workers, *, clock: Clock, bell: Bell | None = None) -> None:
        self._jobs = jobs
        self._workers = workers
        self._clock = clock
        self._bell = bell or Bell()
        self._kinds: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop; jobs that are begun by then are finished."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take_up(stop))
            group.create_task(self._measure_often(stop))
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def run_one(self) -> bool:
        """Do one job that is due; tell whether there was one."""
        job = await self._lease()
        if job is not None:
            await self._do(job)
        return job is not None

    async def _take_up(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            job = await self._lease() if len(self._tasks) < AT_ONCE else None
            if job is None:
                await self._bell.wait(PAUSE_SECONDS)
            else:
                self._begin(job)

    async def _lease(self) -> Job | None:
        """Take a job of a kind there is somebody for, and room; those of other versions of this software stay."""
        full = [kind for kind, running in self._kinds.items() if running >= OF_A_KIND]
        try:
            return await self._jobs.lease(of=[kind for kind in self._workers if kind not in full])
        except PyMongoError as error:
            _log.warning("jobs wait for the database", error=type(error).__name__)
            return None

    def _begin(self, job: Job) -> None:
        self._kinds[job.kind] += 1
        task = asyncio.create_task(self._do(job))
        self._tasks.add(task)

        def over(done: asyncio.Task[None]) -> None:
            self._tasks.discard(done)
            self._kinds[job.kind] -= 1
            self._bell.ring()

        task.add_done_callback(over)

    async def _do(self, job: Job) -> None:
        """Do a job; one that fails is taken up again when its lease ends."""
        outcome = "failed"
        try:
            await self._workers[job.kind](job)
            outcome = "done"
        except PyMongoError as error:
            _log.warning("job waits for the database", job=job.id, error=type(error).__name__)
        except Refusal as refusal:
            _log.warning("job refused", job=job.id, code=refusal.code, message=refusal.message)
        except Exception:  # noqa: BLE001 - a fault in one kind of work must not end all the others
            _log.exception("job failed", job=job.id)
        DONE.labels(job.kind, outcome).inc()

    async def _measure_often(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self.measure()
            except PyMongoError as error:
                _log.warning("jobs not measured", error=type(error).__name__)
            try:
                await asyncio.wait_for(stop.wait(), MEASURED_EVERY_SECONDS)
            except TimeoutError:
                continue

    async def measure(self) -> None:
        """Tell metrics how many jobs wait, and how long the oldest does."""
        due, oldest = await self._jobs.backlog(MOST_COUNTED)
        DUE.set(due)
        OVERDUE.set(0.0 if oldest is None else (self._clock() - parse_timestamp(oldest)).total_seconds())
