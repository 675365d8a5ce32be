"""`tracepass api-key`: keys for a workspace, made and revoked by the operator."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tracepass.cli.installation import settings_for, with_database, workspace_named
from tracepass.cli.options import AsJson, DataDir, WorkspaceSlug
from tracepass.cli.output import show
from tracepass.core.clock import system_clock
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Environment
from tracepass.identity.service import ApiKeys

app = typer.Typer(name="api-key", help="API keys of a workspace.", no_args_is_help=True)

_SHOWN = ("name", "prefix", "environment", "scopes", "createdAt", "expiresAt", "revokedAt", "lastUsedAt")


@app.command()
def create(
    workspace: WorkspaceSlug,
    name: Annotated[str, typer.Option(help="What the key is for.")],
    environment: Annotated[Environment, typer.Option(help="Test keys see test data only.")] = "live",
    scope: Annotated[list[str] | None, typer.Option(help="Allow this only; may be repeated.")] = None,
    expires_at: Annotated[str | None, typer.Option(help="A timestamp, like 2027-02-18T00:00:00.000Z.")] = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create a key, which is shown this once."""

    async def work(database: Database) -> dict[str, Any]:
        owner = await workspace_named(workspace, database)
        made = await ApiKeys(database, clock=system_clock).create(
            owner,
            name,
            environment=environment,
            scopes=frozenset(scope) if scope else None,
            expires_at=expires_at,
        )
        described = {
            "id": str(made.id),
            "name": made.name,
            "prefix": made.prefix,
            "environment": made.environment,
            "createdAt": made.created_at,
        }
        return {"workspace": {"id": str(owner.id), "slug": owner.slug}, "apiKey": made.secret, "key": described}

    made = with_database(settings_for(data_dir), work)
    show(made, text=f"The API key, shown this once: {made['apiKey']}", as_json=as_json)


@app.command(name="list")
def list_(workspace: WorkspaceSlug, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """List the keys of a workspace, newest first; secrets are not kept, so they cannot be shown."""

    async def work(database: Database) -> list[dict[str, Any]]:
        owner = await workspace_named(workspace, database)
        found = await ApiKeys(database, clock=system_clock).list_(owner)
        return [{"id": str(key["_id"])} | {name: key[name] for name in _SHOWN} for key in found]

    found = with_database(settings_for(data_dir), work)
    lines = [f"{key['prefix']}  {key['environment']}  {_state(key)}  {key['name']}" for key in found]
    show({"keys": found}, text="\n".join(lines) or "There are no keys.", as_json=as_json)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key's id, or its prefix as `list` shows it.")],
    workspace: WorkspaceSlug,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Revoke a key; every process refuses it within five seconds."""

    async def work(database: Database) -> None:
        owner = await workspace_named(workspace, database)
        await ApiKeys(database, clock=system_clock).revoke(owner, key)

    with_database(settings_for(data_dir), work)
    show({"revoked": key}, text=f"{key} is revoked.", as_json=as_json)


def _state(key: dict[str, Any]) -> str:
    return f"revoked {key['revokedAt']}" if key["revokedAt"] else f"last used {key['lastUsedAt'] or 'never'}"
