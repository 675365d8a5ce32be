"""One web process under load: ours, or the floors; both under the same server with the same options."""

from __future__ import annotations

import argparse
import socket

import uvicorn
from starlette.types import ASGIApp

from benchmarks.floors import create_floors
from tracepass.settings import Settings
from tracepass.supervisor.processes import run_web


def _run_floors(app: ASGIApp, *, descriptor: int) -> None:
    """Serve the floors exactly as ``tracepass.supervisor.processes.run_web`` serves our application."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    with socket.socket(fileno=descriptor) as listening:
        uvicorn.Server(config).run(sockets=[listening])


def main() -> None:
    """Serve on an inherited listening socket until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving")
    parser.add_argument("which", choices=["ours", "floors"])
    parser.add_argument("descriptor", type=int)
    arguments = parser.parse_args()
    settings = Settings(_env_file=None)
    if arguments.which == "ours":
        run_web(settings, descriptor=arguments.descriptor)
    else:
        _run_floors(create_floors(settings), descriptor=arguments.descriptor)


if __name__ == "__main__":
    main()
