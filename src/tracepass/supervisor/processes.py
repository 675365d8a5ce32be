"""What runs inside a web process and inside the worker process."""

from __future__ import annotations

import asyncio
import signal
import socket

import uvicorn

from tracepass import worker
from tracepass.app import create_app
from tracepass.settings import Settings

_GRACE_SECONDS = 10


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
        uvicorn.Server(config).run(sockets=[listening])


def run_worker(settings: Settings) -> None:
    """Do background work until SIGTERM or SIGINT."""
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await worker.run(settings, stop)
