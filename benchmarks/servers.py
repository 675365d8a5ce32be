"""Starting and stopping the processes under load."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from benchmarks.machine import tool

Side = Literal["ours", "floors"]
_PATIENCE = 30.0
SECRET = base64.b64encode(secrets.token_bytes(32)).decode()


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers at an address."""

    origin: str
    pid: int


@contextmanager
def serving(side: Side, uri: str, *, core: int, log: Path) -> Iterator[Server]:
    """Run one web process on one core for the length of a block; its log lines go to a file."""
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listening:
        origin = f"http://127.0.0.1:{listening.getsockname()[1]}"
        descriptor = listening.fileno()
        module = [sys.executable, "-m", "benchmarks.serving", side, str(descriptor)]
        with log.open("wb") as lines:
            process = subprocess.Popen(
                [tool("taskset"), "-c", str(core), *module],
                pass_fds=[descriptor],
                stdin=subprocess.DEVNULL,
                stdout=lines,
                stderr=lines,
                env=_environment(uri, origin),
            )
    try:
        _await(process, f"{origin}/healthz", log)
        yield Server(origin, process.pid)
    finally:
        process.terminate()
        process.wait()


def _environment(uri: str, origin: str) -> dict[str, str]:
    """Return our environment with the settings of an installation as it comes, but for its database."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("TRACEPASS_")}
    return inherited | {
        "TRACEPASS_MONGODB_URI": uri,
        "TRACEPASS_PUBLIC_URL": origin,
        "TRACEPASS_SECRET_KEY": SECRET,
    }


def _await(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"the server did not start:\n{log.read_text('utf-8')}")
        time.sleep(0.05)


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=1) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False
