"""Passwords changed by their owner, and reset by whoever reads the owner's mail."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Final

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid
from tracepass.core.ids import Id
from tracepass.core.jobs import Jobs
from tracepass.core.mongo import Database, Document, Session
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Tenancy
from tracepass.identity.access_repository import ResetDirectory
from tracepass.identity.grants import Grants
from tracepass.identity.models import Caller, User, hash_secret
from tracepass.identity.passwords import Passwords, check_password
from tracepass.identity.people import People
from tracepass.identity.sessions import Sessions, actor_of
from tracepass.identity.throttle import (
    RESET_ACCOUNT,
    RESET_ADDRESS,
    SIGN_IN_ACCOUNT,
    Throttle,
    TooManyAttempts,
    at_account,
    at_address,
)

MAIL_RESET: Final = "mail_password_reset"
LIFETIME: Final = timedelta(hours=1)
SECRET_BYTES: Final = 32


class ResetOver(Invalid):
    """The token opens nothing (any more)."""

    def __init__(self) -> None:
        super().__init__({"token": ["is unknown, expired or already used; ask for a new one"]})


class Recovery:
    """New passwords for people who know the old one, or read the mail sent to their address."""

    def __init__(self, database: Database, *, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._resets = ResetDirectory(database)
        self._people = People(database, clock=clock)
        self._sessions = Sessions(database, clock=clock)
        self._grants = Grants(database, clock=clock)
        self._throttle = Throttle(database, clock=clock)
        self._jobs = Jobs(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)
        self._passwords = passwords
        self._clock = clock

    async def admit(self, address: str | None) -> None:
        """Count a wish for a reset.

        Raises:
            TooManyAttempts: too many came from this address.
        """
        await self._throttle.take(at_address(RESET_ADDRESS, address))

    async def ask(self, email: str) -> None:
        """Have a reset link mailed to the person of an address, if there is one and it was not just done.

        Run it once the asker has their answer, which is the same for everybody.
        """
        known = await self._people.find_with_password(email)
        homes = [] if known is None else await self._people.homes(known[0].id)
        if known is None or not homes:
            return
        try:
            await self._throttle.take(at_account(RESET_ACCOUNT, email))
        except TooManyAttempts:
            return
        user, tenancy = known[0], Tenancy(homes[0].workspace.id, "live")
        payload = {"userId": user.id, "until": timestamp(self._clock() + LIFETIME)}
        await self._database.transact(
            lambda session: self._jobs.enqueue(MAIL_RESET, str(user.id), tenancy, payload, session=session)
        )

    async def begin(self, user_id: Id) -> str:
        """Make the token of a reset, which lasts an hour and takes the place of any before it."""
        token, end = secrets.token_urlsafe(SECRET_BYTES), self._clock() + LIFETIME
        document: Document = {
            "_id": hash_secret(token),
            "userId": user_id,
            "createdAt": timestamp(self._clock()),
            "expiresAt": timestamp(end),
            "purgeAt": end,
        }
        await self._resets.replace(document)
        return token

    async def is_open(self, token: str) -> bool:
        """Tell whether a token still opens a reset."""
        found = await self._resets.find(hash_secret(token))
        return found is not None and found["expiresAt"] > timestamp(self._clock())

    async def reset(self, token: str, password: str) -> None:
        """Set the password of whoever a token was made for; end all their sessions and disconnect their applications.

        Whoever resets may do so because somebody else was in: what that other let in must not stay. Who changes their
        password knows the old one, and keeps their applications.

        Raises:
            Invalid: the password is too short or too long.
            ResetOver: the token is unknown, over or used.
        """
        check_password(password)
        if not await self.is_open(token):
            raise ResetOver
        digest, hashed = hash_secret(token), await self._passwords.hash(password)

        async def work(session: Session) -> User:
            claimed = await self._resets.claim(digest, now=timestamp(self._clock()), session=session)
            if claimed is None:
                raise ResetOver
            user = await self._people.get(claimed["userId"])
            await self._people.set_password(user.id, hashed, session=session)
            await self._sessions.end_all(user.id, session=session)
            await self._grants.revoke_all(user.id, "password_reset", session=session)
            return user

        user = await self._database.transact(work)
        await self._throttle.forget(at_account(SIGN_IN_ACCOUNT, user.email))
        await self._tell_all_homes(user, "password.reset")

    async def change(self, caller: Caller, current: str, new: str) -> None:
        """Set the caller's password and end their other sessions.

        Raises:
            Invalid: the current password is not right, or the new one is too short or too long.
            TooManyAttempts: the current one was wrong too often.
        """
        check_password(new, field="newPassword")
        user = await self._people.of(caller)
        attempt = at_account(SIGN_IN_ACCOUNT, user.email)
        await self._throttle.take(attempt)
        if not await self._passwords.verify(current, await self._people.password_hash(user.id)):
            raise Invalid({"currentPassword": ["is not right"]})
        hashed = await self._passwords.hash(new)

        async def work(session: Session) -> None:
            await self._people.set_password(user.id, hashed, session=session)
            await self._sessions.end_all(user.id, but=caller.credential.id, session=session)

        await self._database.transact(work)
        await self._throttle.forget(attempt)
        await self._tell_all_homes(user, "password.changed")

    async def _tell_all_homes(self, user: User, action: str) -> None:
        for home in await self._people.homes(user.id):
            tenancy = Tenancy(home.workspace.id, "live")
            await self._log.note(tenancy, action, entity=("user", user.id), actor=actor_of(user))
