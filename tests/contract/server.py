"""A real server on the loopback interface, for clients that we do not write ourselves."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from fastapi import FastAPI


@dataclass(frozen=True)
class Site:
    """A live server, a key for it, and the contract as a file."""

    address: str
    key: str
    contract: Path


class _Quiet(uvicorn.Server):
    """Tells when it serves; signals are the test runner's business."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then tell."""
        await super().startup(sockets)
        self.serving.set()


@contextmanager
def served(app: FastAPI, listener: socket.socket | None = None) -> Iterator[str]:
    """Serve an application in a thread of its own, on a free port unless told where, and give its address.

    Raises:
        RuntimeError: it did not start within 20 seconds.
    """
    with listener or socket.create_server(("127.0.0.1", 0)) as listening:
        server = _Quiet(uvicorn.Config(app, log_level="critical", lifespan="on", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            if not server.serving.wait(timeout=20):
                raise RuntimeError("the server did not start")
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
