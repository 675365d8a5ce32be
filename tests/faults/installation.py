"""A whole installation as a user runs it, `tracepass serve`, with its processes within reach of a kill."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Self

from tracepass.supervisor import Listener

Part = Literal["web", "worker", "mongod", "supervisor", "everything"]
PARTS: tuple[Part, ...] = ("web", "worker", "mongod", "supervisor", "everything")

_READY = re.compile(r"TracePass is ready: (http://\S+?)/api/v1")


def environment() -> dict[str, str]:
    """Let a child import what we import, and know nothing of the settings around the test."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TRACEPASS_")}
    kept = {name: os.environ[name] for name in ("TRACEPASS_MONGOD",) if name in os.environ}
    return ours | kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def command(*arguments: str) -> dict[str, Any]:
    """Run `tracepass ARGUMENTS --json` and give what it prints."""
    line = [sys.executable, "-m", "tracepass", *arguments, "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@dataclass
class Installation:
    """`tracepass serve` on a data directory; a context manager that stops it at the end."""

    data_dir: Path
    workers: int = 2
    port: int = 0
    url: str = ""
    log: list[str] = field(default_factory=list)
    _process: subprocess.Popen[str] | None = None

    def start(self) -> Self:
        """Start it and wait until it says that it is ready; the port stays the same from the first start on."""
        options = ["--port", str(self.port), "--workers", str(self.workers), "--data-dir", str(self.data_dir)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tracepass", "serve", *options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=environment(),
            )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := _READY.search(line):
                self.url = found.group(1)
                self.port = int(self.url.rsplit(":", 1)[1])
                return self
        raise AssertionError(self.log_tail)

    def members(self, part: Part) -> list[int]:
        """Give the process ids of one part of the family."""
        assert self._process is not None
        parent = self._process.pid
        marks = {"web": "_web", "worker": "_worker", "mongod": "--dbpath", "everything": ""}
        if part == "supervisor":
            return [parent]
        # What was killed stays a child until its parent hears of it, but has no command line any more.
        lines = {pid: command_line(pid) for pid in children_of(parent)}
        children = [pid for pid, line in lines.items() if line and marks[part] in line]
        return [*children, parent] if part == "everything" else children

    def kill(self, part: Part) -> None:
        """Kill one process of a part with SIGKILL, or all of them for `everything`."""
        victims = self.members(part)
        for pid in victims if part == "everything" else victims[:1]:
            os.kill(pid, signal.SIGKILL)

    def await_recovery(self) -> None:
        """Wait until all parts are there and it is ready again, started anew if the kill took the parent."""
        assert self._process is not None
        if self._parent_died:
            self._close()
            self.start()
        wait_for(lambda: len(self.members("everything")) == self.workers + 3 and self._ready)

    @property
    def _parent_died(self) -> bool:
        """Whether the parent is gone; a signal takes a moment to arrive."""
        assert self._process is not None
        try:
            self._process.wait(timeout=0.5)
        except subprocess.TimeoutExpired:
            return False
        return True

    @property
    def _ready(self) -> bool:
        return Listener.probe("127.0.0.1", self.port, "/readyz")

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end, wait, and give its exit code."""
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait()
        return self._close()

    def _close(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait()

    def __enter__(self) -> Self:
        return self.start()

    @property
    def log_tail(self) -> str:
        """The last lines it wrote to stderr."""
        return self._log.read_text()[-6000:]

    @property
    def _log(self) -> Path:
        return self.data_dir.parent / f"{self.data_dir.name}.log"

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            sys.stdout.write(self.log_tail)
        if self._process is not None and self._process.poll() is None:
            self.stop()


def children_of(parent: int) -> list[int]:
    """Give the ids of the processes that `parent` started, oldest first."""
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    return sorted(int(pid) for task in tasks for pid in task.read_text().split())


def command_line(pid: int) -> str:
    """Give a process's command line, empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except FileNotFoundError:
        return ""


def wait_for(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    """Return as soon as `condition` holds; fail after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
