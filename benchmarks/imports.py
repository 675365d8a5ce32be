"""``python -m benchmarks.imports``: how fast an export of 50,000 passports is taken in, and what that takes of memory.

The worker is a process of its own, beside a database that is empty but for the new workspace. It measures; it never
fails because of a number.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

import httpx2
from pymongo import MongoClient

from benchmarks.exports import fill, memory_here
from benchmarks.machine import Cores, mongod_beside
from benchmarks.servers import SECRET, serving
from benchmarks.stock import DATABASE, client_of, open_workspace
from tracepass.core.clock import system_clock
from tracepass.core.embedded import EmbeddedMongod
from tracepass.core.mongo import connected
from tracepass.settings import Settings
from tracepass.worker import work_once

PASSPORTS: Final = 50_000
MEMORY_AIM: Final = 64


def main() -> None:
    """Parse the command line, measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.imports", description=__doc__)
    parser.add_argument("--passports", type=int, default=PASSPORTS, help=f"how many there are ({PASSPORTS:,})")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        asyncio.run(_work(*arguments.work))
        return
    executable = mongod_beside("taskset")
    if executable is None:
        return
    with (
        tempfile.TemporaryDirectory(prefix="tracepass-bench-") as folder,
        EmbeddedMongod.launch(Path(folder) / "data", executable=executable) as mongod,
    ):
        file = Path(folder) / "export.zst"
        _export(mongod.uri, file, arguments.passports)
        with MongoClient[dict[str, Any]](mongod.uri) as mongo:
            mongo.drop_database(DATABASE)
        print(f"{f'imports, {arguments.passports:,} passports':32}{'seconds':>10}{'per second':>12}{'MB grown':>10}")
        for name, dry_run in (("looked at", "true"), ("looked at and written", "false")):
            seconds, grown = _import(mongod.uri, file, dry_run)
            print(f"{name:32}{seconds:>10.1f}{arguments.passports / seconds:>12,.0f}{grown:>10.1f}")
        print(f"{'memory':52}{'':>2}aim {MEMORY_AIM:>6}")


def _export(uri: str, file: Path, passports: int) -> None:
    key = asyncio.run(open_workspace(uri, "Old"))
    with serving("ours", uri, core=Cores.pick().server, log=file.with_suffix(".log")) as server, file.open("wb") as out:
        fill(uri, server.origin, key, passports)
        headers = {"Authorization": f"Bearer {key}", "Accept-Encoding": "zstd"}
        path = f"{server.origin}/api/v1/exports/tenant"
        with httpx2.stream("GET", path, headers=headers, timeout=300) as answer:
            answer.raise_for_status()
            for piece in answer.iter_raw():
                out.write(piece)


def _import(uri: str, file: Path, dry_run: str) -> tuple[float, float]:
    """Import a file into a new workspace; return seconds, and the megabytes by which the worker grew."""
    key = asyncio.run(open_workspace(uri, "New"))
    with serving("ours", uri, core=Cores.pick().server, log=file.with_suffix(".log")) as server:
        with client_of(server.origin, key) as client:
            headers = {"Content-Type": "application/zstd"}
            body = file.read_bytes()
            import_ = client.post("/imports", params={"dryRun": dry_run}, content=body, headers=headers).json()["_id"]
            command = [sys.executable, "-m", "benchmarks.imports", "--work", uri, server.origin]
            seconds, grown = map(
                float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            )
            found = client.get(f"/imports/{import_}").json()
        if found["status"] != "done":
            raise RuntimeError(found)
    return seconds, grown


async def _work(uri: str, origin: str) -> None:
    """Do the job, and print what it took."""
    settings = Settings(_env_file=None, mongodb_uri=uri, database=DATABASE, secret_key=SECRET, public_url=origin)
    async with connected(uri, name=DATABASE) as database:
        # What is made once is not what an import takes.
        await work_once(database, settings, lambda: system_clock().replace(year=1970))
        memory = memory_here()
        await asyncio.to_thread(Path("/proc/self/clear_refs").write_text, "5", "utf-8")
        started = time.perf_counter()
        while await work_once(database, settings, system_clock):
            pass
        print(time.perf_counter() - started, memory_here("VmHWM") - memory)


if __name__ == "__main__":
    main()
