"""Workspaces: one for each company."""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.identity.models import PLANS, Workspace, workspace_of
from tracepass.identity.repository import WorkspaceDirectory

SLUG_LENGTH = 48
Result = TypeVar("Result")


class _SlugTaken(Exception):
    """Another workspace has this slug."""


class Workspaces:
    """The workspaces of an installation."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._directory = WorkspaceDirectory(database)
        self._clock = clock

    async def create(self, name: str, plan: str = "free", *, default_locale: str = "en") -> Workspace:
        """Create a workspace under a slug made from its name.

        Raises:
            Invalid: the name is blank or the plan unknown.
        """

        async def nothing_else(workspace: Workspace, _: Session) -> Workspace:
            return workspace

        return await self.found(name, nothing_else, plan=plan, default_locale=default_locale)

    async def found(
        self,
        name: str,
        settle: Callable[[Workspace, Session], Awaitable[Result]],
        *,
        plan: str = "free",
        default_locale: str = "en",
    ) -> Result:
        """Create a workspace and, in the same transaction, what it needs from its first moment; return that.

        Raises:
            Invalid: the name is blank or the plan unknown.
        """
        if not name.strip():
            raise Invalid({"name": ["must not be blank"]})
        if plan not in PLANS:
            raise Invalid({"plan": [f"must be one of {', '.join(PLANS)}"]})
        slug = _slug(name)
        document: Document = {
            "_id": new_id(),
            "name": name.strip(),
            "plan": plan,
            "defaultLocale": default_locale,
            "createdAt": timestamp(self._clock()),
            "slug": slug,
        }

        async def work(session: Session) -> Result:
            if not await self._directory.insert(document, session=session):
                raise _SlugTaken
            return await settle(workspace_of(document), session)

        while True:
            try:
                return await self._database.transact(work)
            except _SlugTaken:
                document["slug"] = f"{slug}-{secrets.token_hex(3)}"

    async def get(self, workspace_id: Id) -> Workspace:
        """Return a workspace.

        Raises:
            NotFound: there is none of this id.
        """
        document = await self._directory.find(workspace_id)
        if document is None:
            raise NotFound("workspace")
        return workspace_of(document)

    async def get_by_slug(self, slug: str) -> Workspace:
        """Return a workspace.

        Raises:
            NotFound: no workspace has this slug.
        """
        document = await self._directory.find_by_slug(slug)
        if document is None:
            raise NotFound("workspace")
        return workspace_of(document)

    async def change(self, workspace_id: Id, members: Mapping[str, Any], *, session: Session) -> Workspace:
        """Change members of a workspace, as they are stored, and return it.

        Raises:
            NotFound: there is none of this id.
        """
        document = await self._directory.change(workspace_id, members, session=session)
        if document is None:
            raise NotFound("workspace")
        return workspace_of(document)


def _slug(name: str) -> str:
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:SLUG_LENGTH].rstrip("-") or "workspace"
