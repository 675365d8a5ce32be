"""How people come in: they register, sign in or accept an invitation, and leave with a session.

Answers and the time they take are the same for an account that does not exist and a password that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracepass.core.clock import Clock
from tracepass.core.errors import Invalid, Refusal
from tracepass.core.mongo import Database, Session
from tracepass.core.schema import is_blank
from tracepass.core.securitylog import SecurityLog
from tracepass.core.tenancy import Actor, Tenancy
from tracepass.identity.authentication import Unauthorized
from tracepass.identity.invitations import Invitation, Invitations
from tracepass.identity.members import Members
from tracepass.identity.models import Caller, SignedIn, User, Visit, Workspace, email_key
from tracepass.identity.passwords import Passwords, check_password
from tracepass.identity.people import EmailTaken, Home, People, check_email
from tracepass.identity.sessions import Sessions, actor_of
from tracepass.identity.throttle import (
    REGISTER_ADDRESS,
    SIGN_IN_ACCOUNT,
    SIGN_IN_ADDRESS,
    Throttle,
    at_account,
    at_address,
)
from tracepass.identity.workspaces import Workspaces

LONGEST_NAME: Final = 200


class WrongCredentials(Unauthorized):
    """No account has this address and this password; the answer never tells which of the two is wrong."""

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is not right.")


@dataclass(frozen=True, slots=True)
class Registration:
    """What somebody says of themselves and their company."""

    email: str
    name: str
    password: str
    workspace_name: str
    default_locale: str = "en"


class SignIn:
    """The way in."""

    def __init__(self, database: Database, *, clock: Clock, passwords: Passwords) -> None:
        self._database = database
        self._people = People(database, clock=clock)
        self._members = Members(database, clock=clock)
        self._invitations = Invitations(database, clock=clock)
        self._sessions = Sessions(database, clock=clock)
        self._throttle = Throttle(database, clock=clock)
        self._workspaces = Workspaces(database, clock=clock)
        self._log = SecurityLog(database, clock=clock)
        self._passwords = passwords

    async def sign_in(self, email: str, password: str, visit: Visit, *, workspace: str | None = None) -> SignedIn:
        """Begin a session, in the workspace of this slug or else the one the person has belonged to longest.

        Raises:
            TooManyAttempts: the account or the address has failed too often.
            WrongCredentials: there is no such account, or the password is another.
            Invalid: the person does not belong to this workspace.
            Refusal: they belong to none.
        """
        user = await self._identify(email, password, visit)
        return await self.enter(user, visit, workspace=workspace)

    async def _identify(self, email: str, password: str, visit: Visit) -> User:
        """Return whose address and password these are, or raise `WrongCredentials`."""
        address, account = at_address(SIGN_IN_ADDRESS, visit.address), at_account(SIGN_IN_ACCOUNT, email)
        await self._throttle.take(address, account)
        found = await self._people.find_with_password(email)
        user, digest = found or (None, None)
        if not await self._passwords.verify(password, digest) or user is None or digest is None:
            raise WrongCredentials
        await self._throttle.give_back(address)
        await self._throttle.forget(account)
        if self._passwords.is_outdated(digest):
            await self._people.rehash(user.id, digest, new=await self._passwords.hash(password))
        return user

    async def enter(self, user: User, visit: Visit, *, workspace: str | None = None) -> SignedIn:
        """Begin a session for somebody who has shown who they are."""
        home = _choose(await self._people.homes(user.id), workspace)
        secret, session_id = await self._sessions.begin(user.id, home.workspace.id, visit)
        tenancy = Tenancy(home.workspace.id, "live")
        entity, details = ("session", session_id), {"address": visit.address}
        await self._log.note(tenancy, "login.succeeded", entity=entity, actor=actor_of(user), details=details)
        return SignedIn(secret, user, home.workspace, home.role)

    async def note_failure(self, email: str, visit: Visit) -> None:
        """Write a failed sign-in down where its owner's workspaces can read it; run it after the answer is given."""
        found = await self._people.find_with_password(email)
        if found is None:
            return
        for home in await self._people.homes(found[0].id):
            tenancy, actor = Tenancy(home.workspace.id, "live"), Actor("system", None, "sign-in")
            entity, details = ("user", found[0].id), {"address": visit.address}
            await self._log.note(tenancy, "login.failed", entity=entity, actor=actor, details=details)

    async def register(self, new: Registration, visit: Visit) -> SignedIn:
        """Make a workspace and its owner; whoever has an account already adds the workspace to it by its password.

        Raises:
            Invalid: the address is none, or the password too short.
            TooManyAttempts: too many came from this address.
            EmailTaken: there is an account under this address, with another password.
        """
        email, name = check_email(new.email), check_name(new.name)
        check_password(new.password)
        await self._throttle.take(at_address(REGISTER_ADDRESS, visit.address))
        known = await self._known(email, new.password, visit)
        digest = "" if known else await self._passwords.hash(new.password)

        async def settle(workspace: Workspace, session: Session) -> SignedIn:
            user = known or await self._people.add(email, name, password_hash=digest, session=session)
            actor = actor_of(user)
            await self._members.join(workspace.id, user, "owner", actor=actor, session=session)
            secret, _ = await self._sessions.begin(user.id, workspace.id, visit, session=session)
            return SignedIn(secret, user, workspace, "owner")

        return await self._workspaces.found(new.workspace_name, settle, default_locale=new.default_locale)

    async def _known(self, email: str, password: str, visit: Visit) -> User | None:
        """Return the person who has an account already and knows its password; None if there is no account."""
        if await self._people.find_with_password(email) is None:
            return None
        try:
            return await self._identify(email, password, visit)
        except WrongCredentials:
            raise EmailTaken from None

    async def accept(self, token: str, visit: Visit, *, name: str = "", password: str = "") -> SignedIn:
        """Accept an invitation without being signed in: with a new account, or the password of the one there is.

        Raises:
            InvitationOver: the token opens none.
            WrongCredentials: the invited address has an account, and this is not its password.
            Invalid: it has none yet, and name or password will not do.
            AlreadyMember: the person is a member already.
        """
        invitation = await self._invitations.by_token(token)
        known = await self._people.find_with_password(invitation.email)
        if known is not None:
            return await self._join(invitation, await self._identify(invitation.email, password, visit), visit)
        check_password(password)
        return await self._join(invitation, check_name(name), visit, digest=await self._passwords.hash(password))

    async def accept_as(self, caller: Caller, token: str, visit: Visit) -> SignedIn:
        """Accept an invitation as the signed-in person, whose address must be the invited one.

        Raises:
            InvitationOver: the token opens none.
            Refusal: somebody else was invited.
            AlreadyMember: the person is a member already.
        """
        invitation = await self._invitations.by_token(token)
        user = await self._people.of(caller)
        if email_key(user.email) != email_key(invitation.email):
            raise Refusal("forbidden", "This invitation is for another person. Sign out, then open its link again.")
        return await self._join(invitation, user, visit)

    async def has_account(self, invitation: Invitation) -> bool:
        """Tell whether the invited address has an account."""
        return await self._people.find_with_password(invitation.email) is not None

    async def _join(self, invitation: Invitation, who: User | str, visit: Visit, *, digest: str = "") -> SignedIn:
        """Use an invitation up for a person, who is made now if it is but a name."""
        workspace = await self._workspaces.get(invitation.workspace_id)

        async def work(session: Session) -> SignedIn:
            await self._invitations.take(invitation, session=session)
            user = who
            if isinstance(user, str):
                user = await self._people.add(invitation.email, user, password_hash=digest, session=session)
            await self._members.join(workspace.id, user, invitation.role, actor=actor_of(user), session=session)
            secret, _ = await self._sessions.begin(user.id, workspace.id, visit, session=session)
            return SignedIn(secret, user, workspace, invitation.role)

        return await self._database.transact(work)

    async def switch(self, caller: Caller, workspace: str, visit: Visit) -> SignedIn:
        """Begin a session in another workspace of the caller, and end the one they use.

        A new session rather than a changed one: other processes remember callers for seconds, and a write must not go
        into the workspace that was just left.

        Raises:
            Invalid: the caller does not belong to this workspace.
        """
        signed_in = await self.enter(await self._people.of(caller), visit, workspace=workspace)
        await self._sessions.end_this(caller)
        return signed_in

    async def sign_out(self, caller: Caller) -> None:
        """End the session the caller uses."""
        await self._sessions.end_this(caller)
        tenancy, entity = Tenancy(caller.workspace.id, "live"), ("session", str(caller.credential.id))
        await self._log.note(tenancy, "logout", entity=entity, actor=caller.actor)


def check_name(text: str, *, field: str = "name") -> str:
    """Return a person's name without the blanks around it.

    Raises:
        Invalid: it is blank or too long.
    """
    name = " ".join(text.split())
    if is_blank(name) or len(name) > LONGEST_NAME:
        raise Invalid({field: [f"must have 1 to {LONGEST_NAME} characters"]})
    return name


def _choose(homes: list[Home], slug: str | None) -> Home:
    """Return the workspace a person asks for."""
    if not homes:
        raise Refusal("forbidden", "You do not belong to any workspace any more.")
    chosen = homes[0] if slug is None else next((home for home in homes if home.workspace.slug == slug), None)
    if chosen is None:
        raise Invalid({"workspace": ["is none of yours"]})
    return chosen
