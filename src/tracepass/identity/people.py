"""People: who has a password here, and which workspaces each belongs to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tracepass.core.clock import Clock, timestamp
from tracepass.core.errors import Invalid, NotFound, Refusal
from tracepass.core.ids import Id, find_id, new_id
from tracepass.core.mongo import Database, Document, Session
from tracepass.identity.models import Caller, Role, User, Workspace, email_key, user_of, workspace_of
from tracepass.identity.people_repository import MembershipDirectory, UserDirectory
from tracepass.identity.repository import WorkspaceDirectory

LONGEST_EMAIL: Final = 254
"""RFC 5321 4.5.3.1.3, without the angle brackets."""
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]+@[^\s@<>()\[\],;:\\\"]+")


class EmailTaken(Refusal):
    """Somebody has an account under this address."""

    def __init__(self) -> None:
        super().__init__(
            "email_taken", "There is an account under this e-mail address. Sign in, or reset its password."
        )


@dataclass(frozen=True, slots=True)
class Home:
    """A workspace a person belongs to, and in which role."""

    workspace: Workspace
    role: Role


class People:
    """All people of an installation."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._users = UserDirectory(database)
        self._memberships = MembershipDirectory(database)
        self._workspaces = WorkspaceDirectory(database)
        self._clock = clock

    async def get(self, user_id: Id) -> User:
        """Return a person.

        Raises:
            NotFound: there is none of this id.
        """
        document = await self._users.find(user_id)
        if document is None:
            raise NotFound("person")
        return user_of(document)

    async def of(self, caller: Caller) -> User:
        """Return the person behind a session or an access token.

        Raises:
            Refusal: it is an API key, which has no person.
        """
        if caller.credential.user_id is None:
            raise Refusal("forbidden", "This is for people; an API key cannot do it.")
        return await self.get(caller.credential.user_id)

    async def named(self, name: str) -> User:
        """Return the person of an e-mail address or an id.

        Raises:
            NotFound: there is none.
        """
        user_id = find_id(name)
        document = await (self._users.find_by_email(email_key(name)) if user_id is None else self._users.find(user_id))
        if document is None:
            raise NotFound("person")
        return user_of(document)

    async def find_with_password(self, email: str) -> tuple[User, str] | None:
        """Return the person of an address and the hash of their password, or None."""
        document = await self._users.find_by_email(email_key(email))
        return None if document is None else (user_of(document), document["passwordHash"])

    async def password_hash(self, user_id: Id) -> str | None:
        """Return the hash of a person's password, or None if there is no such person."""
        document = await self._users.find(user_id)
        return None if document is None else str(document["passwordHash"])

    async def list_(self) -> list[User]:
        """Return everybody, oldest first."""
        return [user_of(document) for document in await self._users.list_()]

    async def add(self, email: str, name: str, *, password_hash: str, session: Session) -> User:
        """Add a person.

        Raises:
            EmailTaken: somebody has this address.
        """
        document: Document = {
            "_id": new_id(),
            "email": email,
            "emailKey": email_key(email),
            "name": name,
            "passwordHash": password_hash,
            "createdAt": timestamp(self._clock()),
            "passwordChangedAt": None,
        }
        if not await self._users.insert(document, session=session):
            raise EmailTaken
        return user_of(document)

    async def set_password(self, user_id: Id, digest: str, *, session: Session) -> None:
        """Replace a person's password."""
        await self._users.set_password(user_id, digest, at=timestamp(self._clock()), session=session)

    async def rehash(self, user_id: Id, old: str, *, new: str) -> None:
        """Keep the same password under a hash with newer parameters."""
        await self._users.rehash(user_id, old, new=new)

    async def homes(self, user_id: Id) -> list[Home]:
        """Return the workspaces a person belongs to, oldest membership first."""
        memberships = await self._memberships.of_user(user_id)
        found = await self._workspaces.find_many([membership["workspaceId"] for membership in memberships])
        return [
            Home(workspace_of(found[membership["workspaceId"]]), membership["role"])
            for membership in memberships
            if membership["workspaceId"] in found
        ]


def check_email(text: str, *, field: str = "email") -> str:
    """Return an e-mail address without the blanks around it; whether it exists, only a mail can tell.

    Raises:
        Invalid: it is none, or longer than any can be.
    """
    email = text.strip()
    if len(email) > LONGEST_EMAIL or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise Invalid({field: ["must be an e-mail address"]})
    return email
