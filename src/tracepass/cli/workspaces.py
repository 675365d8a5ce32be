"""`tracepass workspace`: workspaces are made by the operator."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tracepass.cli.installation import settings_for, with_database
from tracepass.cli.options import AsJson, DataDir
from tracepass.cli.output import show
from tracepass.core.clock import system_clock
from tracepass.core.mongo import Database
from tracepass.identity.models import PLANS
from tracepass.identity.service import INDEXES, ApiKeys, Workspaces

app = typer.Typer(name="workspace", help="Workspaces: one for each company.", no_args_is_help=True)


@app.callback()
def _noun() -> None:
    """Keep `create` a command of its own although it is the only one."""


@app.command()
def create(
    name: Annotated[str, typer.Option(help="The company's name, as readers see it.")],
    plan: Annotated[str, typer.Option(help=f"One of {', '.join(PLANS)}.")] = "free",
    locale: Annotated[str, typer.Option(help="The language the company writes in.")] = "en",
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create a workspace and its first API key, which is shown this once."""

    async def work(database: Database) -> dict[str, Any]:
        # A slug is unique by its index alone, and this may be the first thing ever done with this database.
        await database.create_indexes(INDEXES)
        workspace = await Workspaces(database, clock=system_clock).create(name, plan, default_locale=locale)
        key = await ApiKeys(database, clock=system_clock).create(workspace, "First key")
        described = {
            "id": str(workspace.id),
            "slug": workspace.slug,
            "name": workspace.name,
            "plan": workspace.plan,
            "defaultLocale": workspace.default_locale,
        }
        return {"workspace": described, "apiKey": key.secret}

    made = with_database(settings_for(data_dir), work)
    text = f"Workspace {made['workspace']['slug']} is there. Its API key, shown this once: {made['apiKey']}"
    show(made, text=text, as_json=as_json)
