"""The workspace itself: what it is called, the language it writes in, its colours."""

from __future__ import annotations

from typing import Any, Final

from tracepass.accounts.models import WorkspacePatch
from tracepass.core.clock import Clock
from tracepass.core.errors import Invalid
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Environment, Tenancy
from tracepass.identity.models import Caller, Workspace
from tracepass.identity.service import Workspaces, demand_people_rights
from tracepass.products.service import REFRESH_VIEWS

ENVIRONMENTS: Final[tuple[Environment, ...]] = ("live", "test")
SCANNED: Final = frozenset({"name", "defaultLocale"})
"""What scanners see of a workspace."""


class Company:
    """The settings of workspaces."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._workspaces = Workspaces(database, clock=clock)
        self._jobs = Jobs(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)

    async def get(self, caller: Caller) -> Workspace:
        """Return the caller's workspace as it is now."""
        return await self._workspaces.get(caller.workspace.id)

    async def change(self, caller: Caller, patch: WorkspacePatch) -> Workspace:
        """Change settings; published passports show the new name and language soon after.

        Raises:
            Refusal: a test key has no say in it.
            Invalid: a member is null that cannot be.
        """
        demand_people_rights(caller)
        members = _members(patch)
        if not members:
            return await self.get(caller)

        async def work(session: Session) -> Workspace:
            changed = await self._workspaces.change(caller.workspace.id, members, session=session)
            tenancy, entity = Tenancy(changed.id, "live"), ("workspace", changed.id)
            await self._log.note(
                tenancy, "workspace.changed", entity=entity, actor=caller.actor, details=members, session=session
            )
            for environment in ENVIRONMENTS if members.keys() & SCANNED else ():
                await self._jobs.enqueue(
                    REFRESH_VIEWS,
                    f"{changed.id}/{environment}",
                    Tenancy(changed.id, environment),
                    {"productId": None},
                    session=session,
                )
            return changed

        return await self._database.transact(work)


def _members(patch: WorkspacePatch) -> dict[str, Any]:
    """Return what a patch changes, as it is stored."""
    given = patch.model_dump(by_alias=True, exclude_unset=True)
    nulls = {name: ["must not be null"] for name in SCANNED if name in given and given[name] is None}
    if nulls:
        raise Invalid(nulls)
    if isinstance(given.get("name"), str):
        given["name"] = given["name"].strip()
    return given
