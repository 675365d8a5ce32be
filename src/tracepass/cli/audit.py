"""`tracepass audit`: whether the audit log is what it was."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any

import typer

from tracepass.cli.installation import settings_for, with_database, workspace_named
from tracepass.cli.options import AsJson, DataDir
from tracepass.cli.output import show
from tracepass.core.chain import Head
from tracepass.core.errors import Invalid
from tracepass.core.mongo import Database
from tracepass.core.tenancy import Environment, Tenancy
from tracepass.core.verification import ChainCheck, ChainState
from tracepass.identity.models import Workspace, workspace_of
from tracepass.identity.repository import WorkspaceDirectory

app = typer.Typer(name="audit", help="The audit log and its hash chains.", no_args_is_help=True)

ENVIRONMENTS: tuple[Environment, ...] = ("live", "test")
FAULTS_IN_JSON = 1000
_ANCHOR = re.compile(r"([1-9][0-9]{0,17}):([0-9a-f]{64})")


@app.callback()
def _noun() -> None:
    """Keep `verify` a command of its own although it is the only one."""


@app.command()
def verify(
    workspace: Annotated[str | None, typer.Argument(help="The workspace's slug; without it, all workspaces.")] = None,
    anchor: Annotated[
        str | None,
        typer.Option(help="SEQ:HASH of an entry of the workspace's live chain as you noted it down earlier."),
    ] = None,
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Check that no entry of the audit log was altered, removed, put in or moved; exit with 1 if one was."""
    noted = _anchor(anchor, workspace)
    chains = with_database(
        settings_for(data_dir), lambda database: _verify(database, workspace, noted, loud=not as_json)
    )
    sound = not any(chain["faultCount"] for chain in chains)
    if as_json:
        show({"sound": sound, "chains": chains}, text="", as_json=True)
    if not sound:
        raise typer.Exit(1)


async def _verify(database: Database, slug: str | None, anchor: Head | None, *, loud: bool) -> list[dict[str, Any]]:
    """Check the chains of one workspace, or of all; where a person reads, print what is found as it is found."""
    found = []
    async for workspace in _workspaces(database, slug):
        for environment in ENVIRONMENTS:
            noted = anchor if environment == "live" else None
            chain = await _verify_chain(database, workspace, environment, noted, loud=loud)
            found += [chain] if chain["entries"] or chain["waiting"]["count"] or chain["faultCount"] else []
    return found


async def _workspaces(database: Database, slug: str | None) -> AsyncIterator[Workspace]:
    if slug is not None:
        yield await workspace_named(slug, database)
        return
    async for document in WorkspaceDirectory(database).each():
        yield workspace_of(document)


async def _verify_chain(
    database: Database, workspace: Workspace, environment: Environment, anchor: Head | None, *, loud: bool
) -> dict[str, Any]:
    check = ChainCheck(database, Tenancy(workspace.id, environment))
    state = await check.state()
    name, count, faults = f"{workspace.slug} {environment}", 0, []
    async for fault in check.faults(state, anchor=anchor):
        count += 1
        if loud:
            typer.echo(f"{name}: {fault.message}{f' (record {fault.record})' if fault.record else ''}")
        elif count <= FAULTS_IN_JSON:
            faults.append(asdict(fault))
    if loud and (state.entries or state.waiting.count or count):
        typer.echo(f"{name}: {_summary(state, count)}")
    return {
        "workspace": workspace.slug,
        "environment": environment,
        "entries": state.entries,
        "head": None if state.head is None else asdict(state.head),
        "waiting": asdict(state.waiting),
        "faultCount": count,
        "faults": faults,
    }


def _summary(state: ChainState, faults: int) -> str:
    verdict = f"{faults} faults" if faults else "sound"
    head = f", head {state.head.seq}:{state.head.hash}" if state.head else ""
    waiting = state.waiting
    if waiting.first is None or waiting.last is None:
        tail = "nothing waits to be sealed"
    else:
        span = f"{waiting.first['_id']} of {waiting.first['at']} to {waiting.last['_id']} of {waiting.last['at']}"
        tail = f"{waiting.count} not sealed yet, {span}"
    return f"{verdict}, {state.entries} entries{head}; {tail}"


def _anchor(text: str | None, workspace: str | None) -> Head | None:
    """Read an anchor.

    Raises:
        Invalid: it is not a number, a colon and a hash, or it is not said whose it is.
    """
    if text is None:
        return None
    found = _ANCHOR.fullmatch(text)
    if found is None or workspace is None:
        raise Invalid({"anchor": ["must be SEQ:HASH, as the summary of a workspace says it, and needs that workspace"]})
    return Head(int(found[1]), found[2])
