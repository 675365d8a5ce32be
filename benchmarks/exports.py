"""``python -m benchmarks.exports``: how fast 100,000 passports are streamed, and what that takes of memory.

The floor reads the same documents in the same order by a plain cursor and writes each by orjson, in a process of its
own on the same core, and sends nothing. It measures; it never fails because of a number.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx2
import orjson
from bson import ObjectId
from pymongo import AsyncMongoClient, MongoClient

from benchmarks.machine import Cores, mongod_beside, processor_seconds, tool
from benchmarks.servers import serving
from benchmarks.stock import BATTERY, DATABASE, client_of, gtin_of, open_workspace
from tracepass.app import GARBAGE
from tracepass.core.embedded import EmbeddedMongod

PASSPORTS: Final = 100_000
AT_ONCE: Final = 1000
AIM: Final = 0.55
MEMORY_AIM: Final = 64
FORMS: Final = (
    ("JSON-LD", {"Accept": "application/ld+json", "Accept-Encoding": "identity"}),
    ("JSON-LD, zstd", {"Accept": "application/ld+json", "Accept-Encoding": "zstd"}),
    ("JSON-LD, gzip", {"Accept": "application/ld+json", "Accept-Encoding": "gzip"}),
    ("NDJSON", {"Accept": "application/x-ndjson", "Accept-Encoding": "identity"}),
    ("N-Quads", {"Accept": "application/n-quads", "Accept-Encoding": "identity"}),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one reading took: seconds, processor seconds of the process that wrote, megabytes it grew by, bytes."""

    seconds: float
    processor: float
    grown: float
    size: int


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exports", description=__doc__)
    parser.add_argument("--passports", type=int, default=PASSPORTS, help=f"how many there are ({PASSPORTS:,})")
    parser.add_argument("--rounds", type=int, default=3, help="how often floor and JSON-LD take turns (3)")
    parser.add_argument("--forms", action="store_true", help="measure the other forms as well")
    parser.add_argument("--floor", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.floor:
        asyncio.run(_read_floor(*arguments.floor))
        return
    executable = mongod_beside("taskset")
    if executable is None:
        return
    with (
        tempfile.TemporaryDirectory(prefix="tracepass-bench-") as folder,
        EmbeddedMongod.launch(Path(folder) / "data", executable=executable) as mongod,
    ):
        _measure(mongod.uri, Path(folder), arguments)


def _measure(uri: str, folder: Path, arguments: argparse.Namespace) -> None:
    core = Cores.pick().server
    key = asyncio.run(open_workspace(uri, "Benchmark"))
    with serving("ours", uri, core=core, log=folder / "server.log") as server:
        workspace = fill(uri, server.origin, key, arguments.passports)
        _stream(server.origin, key, server.pid, FORMS[0][1], warm=True)
        pairs = [
            (_floor(uri, workspace, core), _stream(server.origin, key, server.pid, FORMS[0][1]))
            for _ in range(arguments.rounds)
        ]
        _print(pairs, arguments.passports)
        for name, headers in FORMS[1:] if arguments.forms else ():
            run = _stream(server.origin, key, server.pid, headers)
            print(_line(name, run, arguments.passports))


def _print(pairs: list[tuple[Run, Run]], passports: int) -> None:
    floor = min((pair[0] for pair in pairs), key=lambda run: run.seconds)
    ours = min((pair[1] for pair in pairs), key=lambda run: run.seconds)
    ratios = sorted(before.seconds / after.seconds for before, after in pairs)
    costs = sorted(before.processor / after.processor for before, after in pairs)
    grown = max(pair[1].grown for pair in pairs)
    print(f"{f'exports, {passports:,} passports':32}{'per second':>12}{'MB/s':>8}{'cpu us':>8}{'MB grown':>10}")
    print(_line("cursor and orjson", floor, passports))
    print(_line("JSON-LD", ours, passports))
    print(f"{'ratio to the floor (median)':32}{ratios[len(ratios) // 2]:>12.2f}   aim {AIM}")
    print(f"{'ratio by processor time':32}{costs[len(costs) // 2]:>12.2f}")
    print(f"{'memory grown at most, MB':32}{grown:>12.1f}   aim {MEMORY_AIM}")


def _line(name: str, run: Run, passports: int) -> str:
    return (
        f"{name:32}{passports / run.seconds:>12,.0f}{run.size / run.seconds / 1e6:>8.0f}"
        f"{run.processor / passports * 1e6:>8.0f}{run.grown:>10.1f}"
    )


def fill(uri: str, origin: str, key: str, passports: int) -> str:
    """Make one passport through the API, and the others as its copies; return the workspace."""
    with client_of(origin, key) as client:
        product = client.post("/products", json=BATTERY["product"]).json()["_id"]
        gs1 = {"gtin": gtin_of(1), "serialNumber": "NW-0"}
        body = {"productId": product, "gs1": gs1, "parties": BATTERY["parties"], "fields": BATTERY["fields"]}
        passport = client.post("/passports", json=body).json()["_id"]
        for name, texts in BATTERY["translations"].items():
            for locale, text in texts.items():
                client.put(f"/passports/{passport}/fields/{name}/translations/{locale}", json={"value": text})
        client.post(f"/passports/{passport}/publish", json={"acknowledgeGaps": True})
    with MongoClient[dict[str, Any]](uri) as mongo:
        stored = mongo[DATABASE]["passports"]
        model = stored.find_one({"_id": ObjectId(passport)}) or {}
        for first in range(1, passports, AT_ONCE):
            stored.insert_many(list(_copies(model, first, min(first + AT_ONCE, passports))), ordered=False)
    return str(model["workspaceId"])


def _copies(model: dict[str, Any], first: int, end: int) -> Iterator[dict[str, Any]]:
    for number in range(first, end):
        serial = f"NW-{number}"
        link = model["gs1"]["digitalLinkUri"].rpartition("/")[0] + f"/{serial}"
        gs1 = {**model["gs1"], "serialNumber": serial, "digitalLinkUri": link}
        yield {**model, "_id": ObjectId(), "gs1": gs1, "search": [serial.lower()]}


def _stream(origin: str, key: str, pid: int, headers: dict[str, str], *, warm: bool = False) -> Run:
    """Read an export to its end, as it comes off the wire."""
    path = "/api/v1/exports/tenant" + ("?since=2100-01-01T00:00:00Z" if warm else "")
    before, memory, size = processor_seconds(pid), _memory(pid), 0
    Path(f"/proc/{pid}/clear_refs").write_text("5", "utf-8")
    started = time.perf_counter()
    bearer = {"Authorization": f"Bearer {key}", **headers}
    with httpx2.stream("GET", origin + path, headers=bearer, timeout=120) as answer:
        answer.raise_for_status()
        for piece in answer.iter_raw():
            size += len(piece)
    seconds = time.perf_counter() - started
    return Run(seconds, processor_seconds(pid) - before, _memory(pid, "VmHWM") - memory, size)


def _memory(pid: int, name: str = "VmRSS") -> float:
    """Return the memory of a process in megabytes; ``VmHWM`` is the most it had since that was cleared (proc(5))."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


def _floor(uri: str, workspace: str, core: int) -> Run:
    """Run the floor in a process of its own."""
    command = [tool("taskset"), "-c", str(core), sys.executable, "-m", "benchmarks.exports", "--floor", uri, workspace]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    seconds, processor, grown, size = map(float, told.split())
    return Run(seconds, processor, grown, int(size))


async def _read_floor(uri: str, workspace: str) -> None:
    """Read by a cursor and write by orjson, and print what it took."""
    tenant = {"workspaceId": ObjectId(workspace), "environment": "live"}
    async with AsyncMongoClient[dict[str, Any]](uri) as client:
        passports = client[DATABASE]["passports"]
        await passports.find_one(tenant)
        # As our own processes have it: else the floor would spend half its time looking for cycles that are not there.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GARBAGE)
        memory, size = memory_here(), 0
        started, spent = time.perf_counter(), time.process_time()
        async for passport in passports.find(tenant).sort("_id", 1):
            size += len(orjson.dumps(passport, default=str))
        seconds, spent = time.perf_counter() - started, time.process_time() - spent
        print(seconds, spent, memory_here() - memory, size)


def memory_here(name: str = "VmRSS") -> float:
    """Return the memory of this process in megabytes, as `_memory` does."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


if __name__ == "__main__":
    main()
