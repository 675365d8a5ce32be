"""What the machine offers: cores to pin to, a load generator, the processor time a process has taken."""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from tracepass.core.embedded import EmbeddedMongodError, find_mongod
from tracepass.settings import Settings

_TICKS = os.sysconf("SC_CLK_TCK")


class ToolMissing(Exception):
    """A program that the benchmarks need is not installed."""


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of the server under load and that of the load generator; mongod takes what is left of both."""

    server: int
    load: int

    @classmethod
    def pick(cls) -> Cores:
        """Take the first and the last core this process may use; on a machine of one they are the same."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(allowed[0], allowed[-1])

    @property
    def apart(self) -> bool:
        """Tell whether server and load generator stay out of each other's way."""
        return self.server != self.load


def tool(name: str) -> str:
    """Return the path of a program.

    Raises:
        ToolMissing: it is not installed; the message names the Debian package.
    """
    found = shutil.which(name)
    if found is None:
        package = {"taskset": "util-linux"}.get(name, name)
        raise ToolMissing(f"{name} is not installed; on Debian: apt install {package}")
    return found


def mongod_beside(*tools: str) -> Path | None:
    """Return the mongod to measure with; where it or one of some tools is not there, say so and return None."""
    try:
        for name in tools:
            tool(name)
        return find_mongod(Settings(_env_file=None).mongod)
    except (ToolMissing, EmbeddedMongodError) as missing:
        print(f"Nothing was measured: {missing}", file=sys.stderr)
        return None


def processor_seconds(pid: int) -> float:
    """Return the processor time a process has taken so far, in seconds (proc(5), fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
