"""The installation a command works on: its settings, and its database whoever runs it at the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tracepass.core.clock import system_clock
from tracepass.core.embedded import attach_or_launch, find_mongod
from tracepass.core.errors import NotFound
from tracepass.core.mongo import Database, PyMongoError, connected
from tracepass.identity.service import Workspace, Workspaces
from tracepass.settings import Settings

Result = TypeVar("Result")


class UnknownWorkspace(Exception):
    """No workspace has this slug."""


class DatabaseAway(Exception):
    """The database does not answer."""


class IndexesMissing(Exception):
    """The database lacks indexes that the queries need."""


def settings_for(data_dir: Path | None) -> Settings:
    """Read the settings; a data directory from the command line wins over the environment's."""
    return Settings() if data_dir is None else Settings(data_dir=data_dir)


@contextmanager
def database_uri(settings: Settings) -> Iterator[str]:
    """Give the URI of the database: the configured one, the running server's, or that of a mongod of our own.

    Raises EmbeddedMongodError.
    """
    if settings.mongodb_uri is not None:
        yield settings.mongodb_uri.get_secret_value()
        return
    with attach_or_launch(settings.data_dir, executable_finder=lambda: find_mongod(settings.mongod)) as uri:
        yield uri


def with_database(settings: Settings, work: Callable[[Database], Awaitable[Result]]) -> Result:
    """Run `work` on the installation's database. Raises DatabaseAway and EmbeddedMongodError."""

    async def connect_and_work(uri: str) -> Result:
        async with connected(uri, name=settings.database) as database:
            return await work(database)

    with database_uri(settings) as uri:
        try:
            return asyncio.run(connect_and_work(uri))
        except PyMongoError as error:
            raise DatabaseAway(f"The database refused: {error}") from error


async def workspace_named(slug: str, database: Database) -> Workspace:
    """Give the workspace of this slug. Raises UnknownWorkspace."""
    try:
        return await Workspaces(database, clock=system_clock).get_by_slug(slug)
    except NotFound as missing:
        raise UnknownWorkspace(f"There is no workspace {slug}.") from missing
