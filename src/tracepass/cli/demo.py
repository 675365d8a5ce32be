"""`tracepass demo`: the server with something to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tracepass.cli.installation import settings_for, with_database
from tracepass.cli.options import DataDir
from tracepass.cli.server import prepare_indexes
from tracepass.core.clock import system_clock
from tracepass.core.mongo import Database
from tracepass.demo import demo_key, seed, summary
from tracepass.settings import Settings
from tracepass.supervisor import Family, Listener


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(demo)


def demo(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="How many web processes.", min=1, max=64)] = 1,
    data_dir: DataDir = None,
    *,
    background: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run the background worker as well, or elsewhere.")
    ] = True,
) -> None:
    """Run the server until Ctrl-C with a demo workspace, and print its key and a passport's link.

    Run again, it keeps what is there: the key, the passport, and all that was added.
    """
    settings = settings_for(data_dir)
    keys: list[str] = []

    def prepare(reached: Settings) -> None:
        prepare_indexes(reached, own=settings.embedded)
        keys.append(_key_of(reached, settings.data_dir))

    def show(listener: Listener) -> None:
        api_origin = settings.public_url or listener.url
        typer.echo(
            summary(
                seed(listener.url, keys[0]),
                key=keys[0],
                api_origin=api_origin,
                resolver_origin=settings.resolver_url or api_origin,
                data_dir=settings.data_dir,
            )
        )

    family = Family(
        settings, Listener.bind(host, port), workers=workers, prepare=prepare, on_ready=show, background=background
    )
    raise typer.Exit(family.run())


def _key_of(reached: Settings, data_dir: Path) -> str:
    async def work(database: Database) -> str:
        return await demo_key(database, data_dir, clock=system_clock)

    return with_database(reached, work)
