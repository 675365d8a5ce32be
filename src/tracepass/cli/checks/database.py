"""What the database must be: reachable, a replica set, and indexed."""

from __future__ import annotations

from tracepass.assembly import INDEXES
from tracepass.cli.checks import Check
from tracepass.cli.installation import DatabaseAway, with_database
from tracepass.core.embedded import EmbeddedMongodError
from tracepass.core.mongo import Database
from tracepass.settings import Settings


def check_database(settings: Settings) -> list[Check]:
    """Reach the database, starting our own for the moment if no server runs, and compare its indexes."""

    async def work(database: Database) -> list[Check]:
        await database.ping()
        return [Check("database", "answers"), await _indexes(database, own=settings.embedded)]

    try:
        return with_database(settings, work)
    except DatabaseAway as away:
        return [Check("database", str(away), "Check TRACEPASS_MONGODB_URI, and that MongoDB runs and lets us in.")]
    except EmbeddedMongodError as error:
        return [Check("database", "mongod does not start", str(error))]


async def _indexes(database: Database, *, own: bool) -> Check:
    missing = [f"{index.collection}.{index.name}" for index in await database.missing_indexes(INDEXES)]
    if not missing:
        return Check("indexes", f"all {len(INDEXES)} are there")
    if own:
        return Check("indexes", f"{len(missing)} of {len(INDEXES)} are missing, the next start makes them")
    return Check("indexes", f"missing: {', '.join(missing)}", "Run `tracepass indexes`.")
