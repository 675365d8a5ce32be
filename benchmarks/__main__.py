"""``python -m benchmarks``: run everything and print the table. It measures; it never fails because of a number."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cases import Case, all_cases, verify
from benchmarks.load import Load, Requests, Result
from benchmarks.machine import Cores, mongod_beside
from benchmarks.report import Measured, table
from benchmarks.servers import Server, serving
from benchmarks.serving import CAPPED
from benchmarks.stock import fill, imitate, index_copy, open_workspace
from tracepass.core.embedded import EmbeddedMongod

WARM_UP_SECONDS = 1.0


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each case runs on either side (5)")
    parser.add_argument("--seconds", type=float, default=4, help="how long each run lasts (4)")
    parser.add_argument("--only", default="", help="cases to measure, separated by commas (all)")
    parser.add_argument("--json", type=Path, help="write every single result to this file")
    arguments = parser.parse_args()
    executable = mongod_beside("wrk", "taskset")
    if executable is None:
        return
    with tempfile.TemporaryDirectory(prefix="tracepass-bench-") as folder:
        data_dir = Path(folder) / "data"
        with EmbeddedMongod.launch(data_dir, executable=executable) as mongod:
            measured = Bench(mongod.uri, Path(folder), arguments).run()
    print(table(measured))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps([one.json for one in measured], indent=2), "utf-8")


class Bench:
    """One measurement of all wanted cases over one database."""

    def __init__(self, uri: str, folder: Path, arguments: argparse.Namespace) -> None:
        self._uri = uri
        self._folder = folder
        self._rounds: int = arguments.rounds
        self._seconds: float = arguments.seconds
        self._only = frozenset(filter(None, arguments.only.split(",")))
        self._cores = Cores.pick()
        self._load = Load(self._cores.load, folder)
        if not self._cores.apart:
            _tell("only one core: server and load generator get in each other's way")

    def run(self) -> list[Measured]:
        """Start both servers, fill the database, and measure case by case."""
        with (
            serving("ours", self._uri, core=self._cores.server, log=self._folder / "ours.log") as ours,
            serving("floors", self._uri, core=self._cores.server, log=self._folder / "floors.log") as floors,
        ):
            cases = self._prepare(ours, floors)
            return [self._measure(case, ours, floors) for case in cases if not self._only or case.name in self._only]

    def _prepare(self, ours: Server, floors: Server) -> Sequence[Case]:
        _tell("making 2,000 passports")
        key, maker_key = (asyncio.run(open_workspace(self._uri, name)) for name in ("Nordwerk", "Neuwerk"))
        capped_key = asyncio.run(open_workspace(self._uri, "Altwerk", plan=CAPPED))
        stock = fill(ours.origin, key=key, maker_key=maker_key, capped_key=capped_key)
        imitate(self._uri, ours.origin, stock)
        asyncio.run(index_copy(self._uri))
        with urllib.request.urlopen(f"{floors.origin}/healthz", timeout=30):  # noqa: S310 - our own loopback address
            pass
        return all_cases(stock)

    def _measure(self, case: Case, ours: Server, floors: Server) -> Measured:
        verify(case, ours=ours.origin, floor=floors.origin)
        sides = ((ours, case.ours), (floors, case.floor))
        for server, requests in sides:
            self._load_once(server, requests, seconds=WARM_UP_SECONDS, mark=f"{case.tag}w")
        rounds: list[tuple[Result, Result]] = []
        for number in range(self._rounds):
            a, b = (self._load_once(*side, seconds=self._seconds, mark=f"{case.tag}{number}") for side in sides)
            rounds.append((a, b))
        measured = Measured(case, rounds)
        _tell(f"{case.name}: {measured.ratio:.2f} of its floor")
        return measured

    def _load_once(self, server: Server, requests: Requests, *, seconds: float, mark: str) -> Result:
        return self._load.run(server.origin, requests, pid=server.pid, seconds=seconds, mark=mark)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
