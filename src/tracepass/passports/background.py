"""As whom background work acts on the passports of a workspace."""

from __future__ import annotations

from tracepass.core.jobs import Job
from tracepass.core.tenancy import Actor
from tracepass.identity.models import SCOPES, Caller
from tracepass.identity.service import Workspaces

SYSTEM = Actor("system", None, "system")


async def caller_of(job: Job, workspaces: Workspaces) -> Caller:
    """Return the platform itself, at work for the workspace and environment of a job.

    Raises:
        NotFound: the workspace does not exist any more.
    """
    workspace = await workspaces.get(job.tenancy.workspace_id)
    return Caller(workspace, job.tenancy.environment, "owner", SCOPES, SYSTEM)
