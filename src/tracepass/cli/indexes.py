"""`tracepass indexes`: the indexes that every query stands on."""

from __future__ import annotations

import typer

from tracepass.assembly import INDEXES
from tracepass.cli.installation import settings_for, with_database
from tracepass.cli.options import AsJson, DataDir
from tracepass.cli.output import show
from tracepass.core.mongo import Database, Index


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(indexes)


def indexes(data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Create the indexes that the database lacks; what is there stays as it is."""

    async def work(database: Database) -> list[Index]:
        missing = await database.missing_indexes(INDEXES)
        await database.create_indexes(missing)
        return missing

    created = [f"{index.collection}.{index.name}" for index in with_database(settings_for(data_dir), work)]
    text = "\n".join(f"created {name}" for name in created) or f"All {len(INDEXES)} indexes are there."
    show({"created": created, "total": len(INDEXES)}, text=text, as_json=as_json)
