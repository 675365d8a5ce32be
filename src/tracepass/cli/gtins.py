"""`tracepass gtin` and `tracepass prefix`: the operator settles who holds a GTIN."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from tracepass.cli.installation import settings_for, with_database, workspace_named
from tracepass.cli.options import AsJson, DataDir, WorkspaceSlug
from tracepass.cli.output import show
from tracepass.core.clock import system_clock
from tracepass.core.errors import Invalid
from tracepass.core.mongo import Database
from tracepass.gs1.gtin import InvalidGtin, normalise_gtin
from tracepass.passports.gtins import PREFIX_LENGTHS
from tracepass.passports.registrar import Registrar

app = typer.Typer(name="gtin", help="Who holds a GTIN, and how firmly.", no_args_is_help=True)
prefixes = typer.Typer(name="prefix", help="GS1 company prefixes.", no_args_is_help=True)

Gtin = Annotated[str, typer.Argument(help="A GTIN of 8, 12, 13 or 14 digits.")]


@app.command(name="show")
def show_(gtin: Gtin, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show the claim on a GTIN."""
    number = _gtin(gtin)
    claim = _with_registrar(data_dir, lambda registrar, _: registrar.show(number))
    held = f"held {'firmly' if claim['firm'] else 'for a draft'} since {claim['claimedAt']}"
    show(_wire(claim), text=f"{number} is {held} by workspace {claim['workspaceId']}.", as_json=as_json)


@app.command()
def release(gtin: Gtin, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Take a GTIN from its holder, so that whoever claims it next gets it."""
    number = _gtin(gtin)
    before = _with_registrar(data_dir, lambda registrar, _: registrar.release(number))
    text = f"{number} is free; workspace {before['workspaceId']} held it."
    show({"gtin": number, "before": _wire(before)}, text=text, as_json=as_json)


@app.command()
def transfer(
    gtin: Gtin,
    to: Annotated[str, typer.Option("--to", help="The slug of the workspace that gets it.")],
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give a GTIN to another workspace."""
    number = _gtin(gtin)

    async def move(registrar: Registrar, database: Database) -> dict[str, Any]:
        return await registrar.transfer(number, await workspace_named(to, database))

    before = _with_registrar(data_dir, move)
    text = f"{number} belongs to {to} now; workspace {before['workspaceId']} held it."
    show({"gtin": number, "to": to, "before": _wire(before)}, text=text, as_json=as_json)


@prefixes.callback()
def _noun() -> None:
    """GS1 company prefixes."""


@prefixes.command()
def verify(
    prefix: Annotated[str, typer.Argument(help="A GS1 company prefix of 4 to 12 digits.")],
    workspace: WorkspaceSlug,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Write down that a company prefix is this workspace's: its GTINs are then claimable by no other."""
    if not (prefix.isascii() and prefix.isdigit() and len(prefix) in PREFIX_LENGTHS):
        raise Invalid({"prefix": [f"must have {PREFIX_LENGTHS.start} to {PREFIX_LENGTHS.stop - 1} digits"]})

    async def write(registrar: Registrar, database: Database) -> dict[str, Any]:
        return await registrar.verify_prefix(prefix, await workspace_named(workspace, database))

    written = _with_registrar(data_dir, write)
    document = {"prefix": prefix, "workspace": workspace, "verifiedAt": written["verifiedAt"]}
    show(document, text=f"Prefix {prefix} is verified for {workspace}.", as_json=as_json)


def _with_registrar(
    data_dir: Path | None,
    work: Callable[[Registrar, Database], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    async def run(database: Database) -> dict[str, Any]:
        return await work(Registrar(database, clock=system_clock), database)

    return with_database(settings_for(data_dir), run)


def _gtin(text: str) -> str:
    try:
        return normalise_gtin(text)
    except InvalidGtin as error:
        raise Invalid({"gtin": [str(error)]}) from error


def _wire(claim: dict[str, Any]) -> dict[str, Any]:
    """Give a claim as JSON shows it."""
    return {
        "gtin": claim["gtin"],
        "workspaceId": str(claim["workspaceId"]),
        "environment": claim["environment"],
        "firm": claim["firm"],
        "claimedAt": claim["claimedAt"],
        "publishedAt": claim.get("publishedAt"),
    }
