"""Sessions: what a browser keeps after a sign-in, for thirty days from its last use."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tracepass.core.clock import Clock, parse_timestamp, timestamp
from tracepass.core.errors import NotFound
from tracepass.core.ids import Id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.identity.access_repository import SessionDirectory
from tracepass.identity.authentication import Opened
from tracepass.identity.models import (
    SCOPES,
    SESSION_PREFIX,
    Caller,
    Credential,
    User,
    Visit,
    hash_secret,
    user_of,
    workspace_of,
)
from tracepass.identity.people_repository import MembershipDirectory, UserDirectory
from tracepass.identity.repository import WorkspaceDirectory

LIFETIME: Final = timedelta(days=30)
SECRET_BYTES: Final = 32
LONGEST_AGENT: Final = 300


class Sessions:
    """The sessions of all people."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._database = database
        self._sessions = SessionDirectory(database)
        self._log = SecurityLog(database, clock=clock)
        self._clock = clock

    async def begin(
        self, user_id: Id, workspace_id: Id, visit: Visit, *, session: Session | None = None
    ) -> tuple[str, Id]:
        """Begin a session; return its secret, which nobody can be told again, and its id."""
        now = self._clock()
        secret, identifier = SESSION_PREFIX + secrets.token_urlsafe(SECRET_BYTES), new_id()
        document: Document = {
            "_id": identifier,
            "tokenHash": hash_secret(secret),
            "userId": user_id,
            "workspaceId": workspace_id,
            "createdAt": timestamp(now),
            "address": visit.address,
            "agent": None if visit.agent is None else visit.agent[:LONGEST_AGENT],
            **_used(timestamp(now)),
        }
        await self._sessions.insert(document, session=session)
        return secret, identifier

    async def page(self, user_id: Id, *, skip: int, limit: int) -> tuple[list[Document], int]:
        """Return some of a person's sessions, newest first, and how many there are."""
        return await self._sessions.page(user_id, now=timestamp(self._clock()), skip=skip, limit=limit)

    async def end(self, caller: Caller, session_id: Id) -> None:
        """End one of the caller's own sessions; every process refuses it within five seconds.

        Raises:
            NotFound: the caller has no such session.
        """
        if not await self._sessions.delete(_person(caller), {"_id": session_id}):
            raise NotFound("session")
        await self._note(caller, str(session_id))

    async def end_others(self, caller: Caller) -> int:
        """End all sessions of the caller but the one they use; return how many there were."""
        ended = await self._sessions.delete(_person(caller), {"_id": {"$ne": caller.credential.id}})
        if ended:
            await self._note(caller, "others")
        return ended

    async def end_all(self, user_id: Id, *, but: Id | None = None, session: Session) -> None:
        """End the sessions of a person, except perhaps one."""
        await self._sessions.delete(user_id, {} if but is None else {"_id": {"$ne": but}}, session=session)

    async def end_in(self, workspace_id: Id, user_id: Id, *, session: Session) -> None:
        """End the sessions of a person in a workspace they no longer belong to."""
        await self._sessions.delete(user_id, {"workspaceId": workspace_id}, session=session)

    async def end_this(self, caller: Caller) -> None:
        """End the session the caller uses."""
        await self._sessions.delete(_person(caller), {"_id": caller.credential.id})

    async def _note(self, caller: Caller, which: str) -> None:
        tenancy = Tenancy(caller.workspace.id, "live")
        await self._log.note(tenancy, "session.revoked", entity=("session", which), actor=caller.actor)


class SessionDoor:
    """Opens with sessions, which may do what their person's role allows (api.md 2)."""

    def __init__(self, database: Database) -> None:
        self._sessions = SessionDirectory(database)
        self._users = UserDirectory(database)
        self._memberships = MembershipDirectory(database)
        self._workspaces = WorkspaceDirectory(database)

    def takes(self, secret: str) -> bool:
        """Tell whether a secret looks like one of a session."""
        return secret.startswith(SESSION_PREFIX)

    async def open(self, secret: str) -> Opened | None:
        """Return what a session opens, or None if it is over or its person no longer belongs to its workspace."""
        found = await self._sessions.find_by_token(hash_secret(secret))
        if found is None:
            return None
        user, membership, workspace = await asyncio.gather(
            self._users.find(found["userId"]),
            self._memberships.find(found["workspaceId"], {"userId": found["userId"]}),
            self._workspaces.find(found["workspaceId"]),
        )
        if user is None or membership is None or workspace is None:
            return None
        caller = Caller(
            workspace=workspace_of(workspace),
            environment="live",
            role=membership["role"],
            scopes=SCOPES,
            actor=actor_of(user_of(user)),
            credential=_credential(found, user["name"]),
        )
        return Opened(caller, found["_id"], found["expiresAt"])

    async def record_use(self, moments: Mapping[Id, str]) -> None:
        """Write down when sessions were last used; each use makes them last thirty days more."""
        await self._sessions.record_use({session: _used(at) for session, at in moments.items()})


def actor_of(user: User) -> Actor:
    """Return a person as history shows them."""
    return Actor("user", str(user.id), user.name)


def _used(at: str) -> dict[str, Any]:
    """Return what a use changes; the day of purging is a date, since MongoDB deletes by dates only."""
    end = parse_timestamp(at) + LIFETIME
    return {"lastSeenAt": at, "expiresAt": timestamp(end), "purgeAt": end}


def _credential(session: Document, name: str) -> Credential:
    return Credential(
        kind="session",
        id=session["_id"],
        name=name,
        created_at=session["createdAt"],
        last_used_at=session["lastSeenAt"],
        user_id=session["userId"],
    )


def _person(caller: Caller) -> Id:
    """Return who the caller is; only sessions and tokens have a person."""
    if caller.credential.user_id is None:
        message = "an API key has no person"
        raise RuntimeError(message)
    return caller.credential.user_id
