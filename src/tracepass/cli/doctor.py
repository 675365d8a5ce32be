"""`tracepass doctor`: is everything here that TracePass needs, and if not, what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from tracepass.cli.checks.database import check_database
from tracepass.cli.checks.machine import check_disk, check_mongod, check_port, check_secret_key
from tracepass.cli.installation import settings_for
from tracepass.cli.options import AsJson, DataDir
from tracepass.cli.output import show


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(doctor)


def doctor(
    host: Annotated[str, typer.Option(help="The address `serve` will listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port `serve` will listen on.", min=0, max=65535)] = 8000,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check the machine and the installation; exit code 1 if something is wrong."""
    settings = settings_for(data_dir)
    checks = [*check_mongod(settings), check_disk(settings), check_secret_key(settings), check_port(host, port)]
    if all(check.ok for check in checks):
        checks += check_database(settings)
    healthy = all(check.ok for check in checks)
    show(
        {"ok": healthy, "checks": [check.wire for check in checks]},
        text="\n".join(check.line for check in checks),
        as_json=as_json,
    )
    raise typer.Exit(0 if healthy else 1)
