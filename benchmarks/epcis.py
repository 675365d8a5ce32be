"""``python -m benchmarks.epcis``: what it costs to capture events and to ask for them, and how much memory it takes.

Beside each figure stands the least that any program could do: a bare ``insert_many`` of the very documents that our own
capture left, into a collection with the same four indexes (and, for comparison, one of the events as they came, with
four plain indexes, by which none of the standard's questions could be asked); the driver's own query for the very
events. It measures; it never fails because of a number.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import http.client
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import orjson
from bson import ObjectId
from pymongo import MongoClient

from benchmarks.epcis_stock import ITEMS, STEM, STEPS, document, large_document, large_xml
from benchmarks.machine import Cores, ToolMissing, processor_seconds
from benchmarks.servers import SECRET, Server, serving
from benchmarks.stock import DATABASE, open_workspace
from tracepass.assembly import INDEXES
from tracepass.core.embedded import EmbeddedMongod, EmbeddedMongodError, find_mongod
from tracepass.settings import Settings

EVENTS: Final = 1000
STORED: Final = 100_000
ASKED: Final = 2000
MEGABYTE: Final = 1024 * 1024
LARGE: Final = 100 * MEGABYTE
COPY: Final = "floors"
COLLECTION: Final = "epcisEvents"
BY_TERM: Final = "workspaceId_1_environment_1_terms_1_eventTime_-1__id_-1"
PATIENCE: Final = 900.0
WARMING: Final = 2
STORED_ALIKE: Final = "floor of what was stored"
AS_THEY_CAME: Final = "floor of what came"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured with: our web process, the database, and a connection that is kept open."""

    server: Server
    uri: str
    mongod_pid: int
    key: str
    connection: http.client.HTTPConnection

    def send(self, method: str, path: str, body: Any = None, media: str = "application/json") -> tuple[int, bytes]:
        """Make one call with as little as a client needs."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": media}
        self.connection.request(method, f"/api/v1{path}", body=body, headers=headers, encode_chunked=True)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def capture(self, body: Any, media: str = "application/json") -> Document:
        """Capture a document; return its job."""
        status, text = self.send("POST", "/epcis/capture", body, media)
        if status != HTTPStatus.ACCEPTED:
            raise RuntimeError(f"{status}: {text.decode()}")
        job: Document = orjson.loads(text)
        return job


@dataclass(frozen=True, slots=True)
class Took:
    """What one round took for an event: seconds that passed, and seconds of processors."""

    wall: float
    cpu: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.epcis")
    parser.add_argument("--only", choices=["capture", "query", "memory"], action="append")
    parser.add_argument("--rounds", type=int, default=30, help="documents of 1,000 events that are captured")
    arguments = parser.parse_args()
    parts = arguments.only or ["capture", "query", "memory"]
    try:
        executable = find_mongod(Settings(_env_file=None).mongod)
        with tempfile.TemporaryDirectory(prefix="tracepass-bench-") as folder:
            _run(Path(folder), executable, parts, arguments.rounds)
    except (EmbeddedMongodError, ToolMissing) as missing:
        print(f"Nothing was measured: {missing}", file=sys.stderr)


def _run(folder: Path, executable: Path, parts: Sequence[str], rounds: int) -> None:
    cores = Cores.pick()
    os.sched_setaffinity(0, {cores.load})
    with (
        EmbeddedMongod.launch(folder / "data", executable=executable) as mongod,
        serving("ours", mongod.uri, core=cores.server, log=folder / "web.log") as server,
    ):
        key = asyncio.run(open_workspace(mongod.uri, "Benchmark"))
        connection = http.client.HTTPConnection(server.origin.removeprefix("http://"), timeout=PATIENCE)
        bench = Bench(server, mongod.uri, mongod.pid, key, connection)
        if "capture" in parts:
            measure_capture(bench, rounds)
        if "query" in parts:
            measure_query(bench)
        if "memory" in parts:
            with working(mongod.uri, folder / "worker.log") as worker:
                for name, make, media in (
                    ("JSON", large_document, "application/json"),
                    ("XML", large_xml, "application/xml"),
                ):
                    measure_memory(bench, worker, name, make, media)


def measure_capture(bench: Bench, rounds: int) -> None:
    """Capture documents of 1,000 events, insert what they left once more, and the events as they came, in turns."""
    took: dict[str, list[Took]] = {"ours": [], STORED_ALIKE: [], AS_THEY_CAME: []}
    with MongoClient[Document](bench.uri) as mongo:
        stored, copy, bare = mongo[DATABASE][COLLECTION], mongo[COPY][COLLECTION], mongo[COPY]["bare"]
        for index in INDEXES:
            if index.collection == COLLECTION:
                copy.create_index(list(index.keys), **index.options)
        for name in ("eventID", "eventTime", "epcList", "bizStep"):
            bare.create_index(name)
        for number in range(rounds + WARMING):
            body = document(10_000_000 + number * EVENTS, EVENTS)
            ours, job = _timed(bench, bench.server.pid, functools.partial(bench.capture, body))
            assert job["capturedCount"] == EVENTS, job
            left = list(stored.find({"captureId": ObjectId(job["captureID"])}))
            alike, _ = _timed(bench, os.getpid(), functools.partial(copy.insert_many, left))
            came = orjson.loads(body)["epcisBody"]["eventList"]
            plain, _ = _timed(bench, os.getpid(), functools.partial(bare.insert_many, came))
            if number >= WARMING:
                for name, one in zip(took, (ours, alike, plain), strict=True):
                    took[name].append(one)
    print(f"\ncapture of {rounds} documents of 1,000 events over HTTP, microseconds an event")
    print(f"{'':34}{'ours':>8}{'floor':>8}{'ratio':>8}{'aim':>7}")
    for floor in (STORED_ALIKE, AS_THEY_CAME):
        _print_ratios(floor, took["ours"], took[floor])


def _print_ratios(floor: str, ours: Sequence[Took], theirs: Sequence[Took]) -> None:
    ratio = statistics.median(other.wall / one.wall for one, other in zip(ours, theirs, strict=True))
    mine, other = (statistics.median(one.wall for one in side) * 1e6 for side in (ours, theirs))
    aim = "0.65" if floor == STORED_ALIKE else ""
    print(f"{floor + ', time':34}{mine:>8.0f}{other:>8.0f}{ratio:>8.2f}{aim:>7}")
    # The clock of processors is too coarse for one round.
    mine, other = (statistics.mean(one.cpu for one in side) * 1e6 for side in (ours, theirs))
    print(f"{floor + ', processors':34}{mine:>8.0f}{other:>8.0f}{other / mine:>8.2f}")


def _timed(bench: Bench, pid: int, work: Callable[[], Any]) -> tuple[Took, Any]:
    """Do something once; count the processor time of a process and of the database."""
    before = processor_seconds(pid) + processor_seconds(bench.mongod_pid)
    began = time.perf_counter()
    done = work()
    wall = time.perf_counter() - began
    cpu = processor_seconds(pid) + processor_seconds(bench.mongod_pid) - before
    return Took(wall / EVENTS, cpu / EVENTS), done


def measure_query(bench: Bench) -> None:
    """Ask for the events of one item among 100,000, over HTTP and with the driver."""
    for first in range(0, STORED, EVENTS):
        bench.capture(document(first, EVENTS))
    groups = STORED // len(STEPS)
    epcs = [f"{STEM}{number * 7919 % (groups * ITEMS)}" for number in range(ASKED)]
    with MongoClient[Document](bench.uri) as mongo:
        events = mongo[DATABASE][COLLECTION]
        tenancy = {
            name: value for name, value in (events.find_one() or {}).items() if name in {"workspaceId", "environment"}
        }

        def ask(epc: str) -> int:
            text = bench.send("GET", f"/epcis/events?MATCH_epc={quote(epc, safe='')}")[1]
            return len(orjson.loads(text)["epcisBody"]["queryResults"]["resultsBody"]["eventList"])

        def find(epc: str) -> int:
            serial = epc.removeprefix(STEM)
            query = tenancy | {"terms": f"epc=https://id.gs1.org/01/10614141073464/21/{serial}"}
            cursor = events.find(query, {"terms": 0, "facts": 0}, hint=BY_TERM).sort([("eventTime", -1), ("_id", -1)])
            return len(list(cursor.limit(31)))

        ours, floor = _latencies(epcs, ask), _latencies(epcs, find)
    print(f"\nMATCH_epc over {STORED:,} events, {len(STEPS)} found, one question at a time")
    print(f"{'':22}{'ms':>8}{'floor ms':>10}{'times':>8}{'aim':>7}")
    for name, share, aim in (("p50", 0.5, 4), ("p99", 0.99, 5)):
        mine, theirs = (_quantile(taken, share) * 1000 for taken in (ours, floor))
        print(f"{name:22}{mine:>8.2f}{theirs:>10.2f}{mine / theirs:>8.1f}{aim:>7}")


def _latencies(epcs: Iterable[str], ask: Callable[[str], int]) -> list[float]:
    taken = []
    for number, epc in enumerate(itertools.chain(itertools.islice(epcs, 20), epcs)):
        began = time.perf_counter()
        found = ask(epc)
        if number >= 20:
            taken.append(time.perf_counter() - began)
        assert found == len(STEPS), (epc, found)
    return taken


def _quantile(taken: Sequence[float], share: float) -> float:
    return sorted(taken)[int(len(taken) * share)]


def measure_memory(
    bench: Bench, worker: int, name: str, make: Callable[[int, int], Iterator[bytes]], media: str
) -> None:
    """Capture a document of 100 MB, and see how much the processes grow over it."""
    first = 1_000_000_000 if name == "JSON" else 2_000_000_000
    pids = {"web": bench.server.pid, "worker": worker}
    before = {who: _resident(pid, "VmRSS") for who, pid in pids.items()}
    for pid in pids.values():
        Path(f"/proc/{pid}/clear_refs").write_text("5", "utf-8")
    began = time.perf_counter()
    job = bench.capture(make(first, LARGE), media)
    answered = time.perf_counter() - began
    while job["running"]:
        time.sleep(0.5)
        job = orjson.loads(bench.send("GET", f"/epcis/capture/{job['captureID']}")[1])
    whole = time.perf_counter() - began
    assert job["success"], job
    count = job["capturedCount"]
    print(f"\n{name} of 100 MB, {count:,} events: answered after {answered:.1f} s, captured after {whole:.0f} s")
    print(f"{'':22}{'before MB':>10}{'peak MB':>10}{'grown MB':>10}")
    for who, pid in pids.items():
        peak = _resident(pid, "VmHWM")
        print(f"{who:22}{before[who]:>10.0f}{peak:>10.0f}{peak - before[who]:>10.0f}")


def _resident(pid: int, name: str) -> float:
    """Return a line of /proc/PID/status in MB."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    line = next(line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) / 1024


@contextmanager
def working(uri: str, log: Path) -> Iterator[int]:
    """Run one worker as `tracepass worker` does for the length of a block; give its process id."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TRACEPASS_")}
    told = {"TRACEPASS_MONGODB_URI": uri, "TRACEPASS_SECRET_KEY": SECRET, "TRACEPASS_LOG_LEVEL": "warning"}
    with log.open("wb") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "tracepass", "worker"], stdout=lines, stderr=lines, env=ours | told
        )
    try:
        time.sleep(3)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
