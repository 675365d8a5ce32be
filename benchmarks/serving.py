"""One web process under load: ours, or the floors; both under the same server with the same options."""

from __future__ import annotations

import argparse
import socket
from dataclasses import replace
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from benchmarks.floors import create_floors
from tracepass.quotas import service as quotas
from tracepass.quotas.service import Plans
from tracepass.settings import Settings
from tracepass.supervisor.processes import run_web

CAPPED = "basic"
"""The plan of the workspace that counts everything; here its caps are higher, so that no run uses them up."""

_CAP = 1_000_000
_READS_AT_ONCE = 20
"""As many as a process takes in one trip from the 2,000 reads a day that the plan has in truth."""


def _raise_caps() -> None:
    """Let the caps of one plan be higher than its file says; they are counted as exactly as ever."""
    load = Plans.load

    def with_high_caps(switch: Literal["on", "off"] = "on") -> Plans:
        plans = load(switch)
        capped = replace(plans.of(CAPPED), writes_per_day=_CAP, reads_per_day=_CAP, max_passports=_CAP)
        return Plans({**plans.by_slug, CAPPED: capped})

    Plans.load = with_high_caps  # type: ignore[method-assign]
    quotas.BLOCKS_A_CAP = _CAP // _READS_AT_ONCE


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
        _raise_caps()
        run_web(settings, descriptor=arguments.descriptor)
    else:
        _run_floors(create_floors(settings), descriptor=arguments.descriptor)


if __name__ == "__main__":
    main()
