"""`tracepass serve` and `worker`, and the hidden commands their child processes run."""

from __future__ import annotations

import base64
from typing import Annotated

import typer
from pydantic import SecretStr

from tracepass.assembly import INDEXES
from tracepass.cli.installation import DatabaseAway, IndexesMissing, database_uri, settings_for, with_database
from tracepass.cli.options import DataDir
from tracepass.core.mongo import Database, Index, PyMongoError
from tracepass.core.secretkey import load_secret_key
from tracepass.settings import Settings
from tracepass.supervisor import Family, Listener
from tracepass.supervisor.processes import run_web, run_worker, run_worker_once


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(serve)
    app.command()(worker)
    app.command(name="_web", hidden=True)(_web)
    app.command(name="_worker", hidden=True)(_worker)


def serve(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 is every one.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port; 0 takes a free one.", min=0, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="How many web processes.", min=1, max=64)] = 1,
    data_dir: DataDir = None,
    *,
    background: Annotated[
        bool, typer.Option("--worker/--no-worker", help="Run the background worker as well, or elsewhere.")
    ] = True,
) -> None:
    """Run the server until Ctrl-C: web processes, the worker, and mongod unless TRACEPASS_MONGODB_URI is set."""
    settings = settings_for(data_dir)
    family = Family(
        settings,
        Listener.bind(host, port),
        workers=workers,
        prepare=lambda reached: prepare_indexes(reached, own=settings.embedded),
        on_ready=_announce,
        background=background,
    )
    raise typer.Exit(family.run())


def prepare_indexes(settings: Settings, *, own: bool) -> None:
    """Make the indexes of our own database (`own`); of a database by URI only see that they are there.

    On somebody else's server building an index may take long and belongs into a quiet hour. Raises IndexesMissing.
    """

    async def work(database: Database) -> list[Index]:
        if own:
            await database.create_indexes(INDEXES)
        return await database.missing_indexes(INDEXES)

    if missing := with_database(settings, work):
        names = ", ".join(f"{index.collection}.{index.name}" for index in missing)
        raise IndexesMissing(f"The database lacks indexes: {names}. Run `tracepass indexes` first.")


def worker(
    data_dir: DataDir = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now and end, as cron wants it.")] = False,
    metrics_port: Annotated[
        int, typer.Option(help="Serve /metrics of this worker on this port of 127.0.0.1; 0 is not at all.", min=0)
    ] = 0,
) -> None:
    """Run the background worker alone, beside servers started with --no-worker."""
    settings = settings_for(data_dir)
    key = base64.b64encode(load_secret_key(settings)).decode()
    with database_uri(settings) as uri:
        own = {"mongodb_uri": SecretStr(uri), "secret_key": SecretStr(key)}
        reached = Settings(**(settings.model_dump() | own))
        if not once:
            run_worker(reached, metrics_port=metrics_port)
            return
        try:
            run_worker_once(reached)
        except PyMongoError as error:
            raise DatabaseAway(f"The database refused: {error}") from error


def _web(fd: Annotated[int, typer.Option(help="The listening socket's descriptor.")]) -> None:
    """Serve HTTP on a socket inherited from `serve`."""
    run_web(Settings(), descriptor=fd)


def _worker() -> None:
    """Work in the background for `serve`."""
    run_worker(Settings())


def _announce(listener: Listener) -> None:
    typer.echo(f"TracePass is ready: {listener.url}/api/v1 (documentation: {listener.url}/docs). Ctrl-C ends it.")
