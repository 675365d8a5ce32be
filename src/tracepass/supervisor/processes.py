"""What runs inside a web process and inside the worker process."""

from __future__ import annotations

import asyncio
import signal
import socket
from types import FrameType

import uvicorn
from prometheus_client import start_http_server

from tracepass import worker
from tracepass.app import create_app
from tracepass.settings import Settings

_GRACE_SECONDS = 10
# A parent kills what does not end in time, but a process whose parent was killed has nobody to do that for it.
_LAST_SECONDS = 20


class _Server(uvicorn.Server):
    """A server whose end is certain: what still hangs 20 s after it was told to end is ended by SIGALRM."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end, with the alarm set."""
        signal.alarm(_LAST_SECONDS)
        super().handle_exit(sig, frame)


def run_web(settings: Settings, *, descriptor: int) -> None:
    """Serve HTTP on an inherited listening socket until SIGTERM or SIGINT; open requests get ten seconds to end."""
    config = uvicorn.Config(
        create_app(settings),
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    with socket.socket(fileno=descriptor) as listening:
        _Server(config).run(sockets=[listening])


def run_worker(settings: Settings, *, metrics_port: int = 0) -> None:
    """Do background work until SIGTERM or SIGINT; with a port, tell of it there.

    The worker of `serve` needs none: its counters stand in the /metrics of its web processes.
    """
    if metrics_port:
        start_http_server(metrics_port, addr="127.0.0.1")
    asyncio.run(_work(settings))


def run_worker_once(settings: Settings) -> None:
    """Do what is due now.

    Raises:
        PyMongoError: the database does not answer.
    """
    asyncio.run(worker.run_once(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _begin_to_end, stop)
    await worker.run(settings, stop)


def _begin_to_end(stop: asyncio.Event) -> None:
    signal.alarm(_LAST_SECONDS)
    stop.set()
