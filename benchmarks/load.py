"""Loading a server with wrk."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.machine import processor_seconds, tool

CONNECTIONS = 32
UNIQUE = "@@"
_SCRIPT = Path(__file__).with_name("load.lua")
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class Requests:
    """What is sent: the paths in turns; ``@@`` in the body becomes a text that no other request has.

    With ``keyed`` every request has an idempotency key of its own.
    """

    method: str
    paths: Sequence[str]
    headers: Mapping[str, str]
    body: str | None = None
    keyed: bool = False

    def body_for(self, mark: str) -> str | None:
        """Return the body of one request."""
        return None if self.body is None else self.body.replace(UNIQUE, mark)

    @property
    def lua(self) -> str:
        """Return a Lua chunk that gives these requests; a JSON string is a Lua string."""
        members = [
            f"method = {_text(self.method)}",
            f"paths = {{ {', '.join(map(_text, self.paths))} }}",
            f"headers = {{ {', '.join(f'[{_text(name)}] = {_text(value)}' for name, value in self.headers.items())} }}",
        ]
        if self.body is not None:
            before, after = self.body.split(UNIQUE)
            members += [f"before = {_text(before)}", f"after = {_text(after)}", f"keyed = {str(self.keyed).lower()}"]
        return f"return {{ {', '.join(members)} }}\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Result:
    """One run: requests a second, latencies in milliseconds, processor time a request in microseconds, failures."""

    rate: float
    p50: float
    p99: float
    processor: float
    errors: int


@dataclass(frozen=True, slots=True)
class Load:
    """A load generator on its own core."""

    core: int
    folder: Path

    def run(self, origin: str, requests: Requests, *, pid: int, seconds: float, mark: str) -> Result:
        """Load a server, whose process id is ``pid``, for some seconds.

        Raises:
            CalledProcessError: wrk could not run.
        """
        spec = self.folder / "requests.lua"
        spec.write_text(requests.lua, "utf-8")
        before = processor_seconds(pid)
        command = [tool("taskset"), "-c", str(self.core), tool("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s"]
        command += ["-s", str(_SCRIPT), origin, "--", str(spec), mark]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return _read(done.stdout, spent=processor_seconds(pid) - before)


def _read(output: str, *, spent: float) -> Result:
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    answered, duration, p50, p99, errors = map(int, line.split()[1:])
    return Result(
        rate=answered * _MICROSECONDS / duration,
        p50=p50 / 1000,
        p99=p99 / 1000,
        processor=spent * _MICROSECONDS / max(answered, 1),
        errors=errors,
    )
