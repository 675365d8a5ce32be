"""The door of identity: what the rest of the program may use of it."""

from __future__ import annotations

from tracepass.core.clock import Clock
from tracepass.core.mongo import Database
from tracepass.identity.access_repository import INDEXES as ACCESS_INDEXES
from tracepass.identity.apikeys import ApiKeys
from tracepass.identity.arrivals import Arrivals
from tracepass.identity.authentication import METADATA_PATH, Authenticator, Opened, Unauthorized, challenge
from tracepass.identity.cookies import cookie_attributes, no_session_cookie, session_cookie
from tracepass.identity.grants import Grant, Grants
from tracepass.identity.grants_repository import INDEXES as GRANT_INDEXES
from tracepass.identity.invitations import MAIL_INVITATION, Invitation, InvitationOver, Invitations
from tracepass.identity.keys import KeyDoor
from tracepass.identity.members import Member, Members, demand_people_rights
from tracepass.identity.models import Caller, SignedIn, User, Visit, Workspace, hash_secret
from tracepass.identity.passwords import Passwords
from tracepass.identity.people import EmailTaken, Home, People
from tracepass.identity.people_repository import INDEXES as PEOPLE_INDEXES
from tracepass.identity.recovery import MAIL_RESET, Recovery
from tracepass.identity.repository import INDEXES as DIRECTORY_INDEXES
from tracepass.identity.sessions import SessionDoor, Sessions
from tracepass.identity.signin import Registration, SignIn, WrongCredentials, check_name
from tracepass.identity.throttle import Pace, Throttle, TooManyAttempts, at_address
from tracepass.identity.tokens import LIFETIME as TOKEN_LIFETIME
from tracepass.identity.tokens import AccessTokens, Claims, TokenDoor, resources_of
from tracepass.identity.workspaces import Workspaces

INDEXES = (*DIRECTORY_INDEXES, *PEOPLE_INDEXES, *ACCESS_INDEXES)


def account_services(database: Database, clock: Clock) -> tuple[object, ...]:
    """Return the services of people, their workspaces and their keys."""
    passwords = Passwords()
    return (
        People(database, clock=clock),
        Workspaces(database, clock=clock),
        Members(database, clock=clock),
        Invitations(database, clock=clock),
        Sessions(database, clock=clock),
        SignIn(database, clock=clock, passwords=passwords),
        Recovery(database, clock=clock, passwords=passwords),
        ApiKeys(database, clock=clock),
    )


__all__ = [
    "GRANT_INDEXES",
    "INDEXES",
    "MAIL_INVITATION",
    "MAIL_RESET",
    "METADATA_PATH",
    "TOKEN_LIFETIME",
    "AccessTokens",
    "ApiKeys",
    "Arrivals",
    "Authenticator",
    "Caller",
    "Claims",
    "EmailTaken",
    "Grant",
    "Grants",
    "Home",
    "Invitation",
    "InvitationOver",
    "Invitations",
    "KeyDoor",
    "Member",
    "Members",
    "Opened",
    "Pace",
    "Passwords",
    "People",
    "Recovery",
    "Registration",
    "SessionDoor",
    "Sessions",
    "SignIn",
    "SignedIn",
    "Throttle",
    "TokenDoor",
    "TooManyAttempts",
    "Unauthorized",
    "User",
    "Visit",
    "Workspace",
    "Workspaces",
    "WrongCredentials",
    "account_services",
    "at_address",
    "challenge",
    "check_name",
    "cookie_attributes",
    "demand_people_rights",
    "hash_secret",
    "no_session_cookie",
    "resources_of",
    "session_cookie",
]
