"""Connected applications: what a person has let in, and can put out again."""

from __future__ import annotations

from dataclasses import dataclass

from tracepass.core.clock import Clock
from tracepass.core.errors import NotFound
from tracepass.core.ids import Id
from tracepass.core.mongo import Database
from tracepass.identity.service import Grants, People
from tracepass.oauth.models import WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An application as its person sees it; moments are timestamps."""

    id: Id
    name: str
    workspace: str
    environment: str
    words: tuple[str, ...]
    created_at: str
    last_used_at: str | None


class ConnectedApps:
    """The applications of people."""

    def __init__(self, grants: Grants, database: Database, *, clock: Clock) -> None:
        self._grants = grants
        self._people = People(database, clock=clock)

    async def list_of(self, user_id: Id) -> list[App]:
        """Return what a person has let in, newest first; what they can no longer do themselves is left out."""
        names = {home.workspace.id: home.workspace.name for home in await self._people.homes(user_id)}
        return [
            App(
                id=grant.id,
                name=grant.client_name,
                workspace=names[grant.workspace_id],
                environment=grant.environment,
                words=tuple(words for scope, words in WORDS.items() if scope in grant.scopes),
                created_at=grant.created_at,
                last_used_at=grant.last_used_at,
            )
            for grant in await self._grants.list_of(user_id)
            if grant.workspace_id in names
        ]

    async def disconnect(self, user_id: Id, grant_id: Id | None) -> str:
        """Revoke what a person granted, and return the application's name.

        Raises:
            NotFound: the person has granted no such thing, or withdrawn it already.
        """
        grant = None if grant_id is None else await self._grants.find(grant_id)
        if grant is None or grant.user_id != user_id or not await self._grants.revoke(grant.id, "user"):
            raise NotFound("application")
        return grant.client_name
