"""`tracepass plan`: what a workspace may use, and how much of it is used."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tracepass.assembly import build_services
from tracepass.cli.installation import settings_for, with_database, workspace_named
from tracepass.cli.options import AsJson, DataDir
from tracepass.cli.output import show
from tracepass.core.clock import system_clock
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id
from tracepass.core.mongo import Database, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import OPERATOR, Tenancy
from tracepass.identity.models import PLANS, RIGHTS, Caller
from tracepass.identity.service import Workspaces
from tracepass.quotas.service import Quotas, Slots

app = typer.Typer(name="plan", help="Plans: what workspaces may use.", no_args_is_help=True)

Slug = Annotated[str, typer.Argument(help="The workspace's slug.")]


@app.command(name="show")
def show_(workspace: Slug, data_dir: DataDir = None, *, as_json: AsJson = False) -> None:
    """Show the plan of a workspace, and how its budgets stand for live keys."""
    settings = settings_for(data_dir)

    async def work(database: Database) -> dict[str, Any]:
        found = await workspace_named(workspace, database)
        caller = Caller(found, "live", "owner", RIGHTS["owner"], OPERATOR)
        overview = await build_services(database, settings, system_clock)[Quotas].overview(caller)
        return {"workspace": found.slug, "plan": overview.plan.slug, "budgets": overview.quotas}

    found = with_database(settings, work)
    lines = [f"{found['workspace']} has the plan {found['plan']}."]
    for name, budget in found["budgets"].items():
        counted = f"{budget['used']} of {budget['limit']}" if budget["limit"] is not None else "unlimited"
        lines.append(f"  {name}: {counted}")
    show(found, text="\n".join(lines), as_json=as_json)


@app.command(name="set")
def set_(
    workspace: Slug,
    plan: Annotated[str, typer.Argument(help=f"One of {', '.join(PLANS)}.")],
    data_dir: DataDir = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give a workspace another plan; every process keeps to it within five seconds."""
    if plan not in PLANS:
        raise Invalid({"plan": [f"must be one of {', '.join(PLANS)}"]})
    settings = settings_for(data_dir)

    async def work(database: Database) -> dict[str, Any]:
        found = await workspace_named(workspace, database)
        slots: Slots = build_services(database, settings, system_clock)[Slots]
        # Forgotten on either side of the change: what a process still counts by the old plan is nobody's to rely on.
        await slots.forget(found.id)
        await database.transact(lambda session: _change(database, found.id, found.plan, plan, session))
        await slots.forget(found.id)
        return {"workspace": found.slug, "plan": plan, "before": found.plan}

    changed = with_database(settings, work)
    text = f"{changed['workspace']} has the plan {plan} now; it was {changed['before']}."
    show(changed, text=text, as_json=as_json)


async def _change(database: Database, workspace_id: Id, before: str, plan: str, session: Session) -> None:
    """Write the plan and the note of its change in one transaction."""
    await Workspaces(database, clock=system_clock).change(workspace_id, {"plan": plan}, session=session)
    await SecurityLog(database, clock=system_clock).note(
        Tenancy(workspace_id, "live"),
        "plan.changed",
        entity=("workspace", workspace_id),
        actor=OPERATOR,
        details={"from": before, "to": plan},
        session=session,
    )
