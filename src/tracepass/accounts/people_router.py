"""The routes of a workspace's people: members, invitations, and everybody's own sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tracepass.accounts.entrance import NOT_KEPT, session_secret
from tracepass.accounts.links import invitation_link
from tracepass.accounts.models import Invite, PageQuery, RoleChange
from tracepass.accounts.wire import invitation_wire, member_wire, session_wire
from tracepass.api import Call, Router, answer, list_answer, path_id
from tracepass.core.mail import Mailer
from tracepass.identity.service import (
    Authenticator,
    Invitations,
    Members,
    People,
    Sessions,
    no_session_cookie,
)

members_router = Router(prefix="/api/v1/members")
invitations_router = Router(prefix="/api/v1/invitations")
sessions_router = Router(prefix="/api/v1/sessions")

READ, MANAGE = "workspace:read", "workspace:manage"


@members_router.operation("GET", "", scope=READ)
async def list_members(call: Call, query: Annotated[PageQuery, Query()]) -> Response:
    """List members, newest first."""
    found, total = await call.service(Members).page(call.caller.workspace, skip=query.skip, limit=query.limit)
    return list_answer([member_wire(member) for member in found], total=total, page=query.page, limit=query.limit)


@members_router.operation("PATCH", "/{id}", scope=MANAGE)
async def change_member(call: Call, body: RoleChange) -> Response:
    """Give a member another role."""
    return answer(member_wire(await call.service(Members).change_role(call.caller, path_id(call, "id"), body.role)))


@members_router.operation("DELETE", "/me", signed_in=True)
async def leave_workspace(call: Call) -> Response:
    """Leave the workspace one is signed in to."""
    secret = session_secret(call)
    await call.service(Members).leave(call.caller)
    call.service(Authenticator).forget(secret)
    headers = no_session_cookie(origin=call.origins.api)
    return answer({"message": "You have left the workspace, and are signed out of it."}, headers=headers)


@members_router.operation("DELETE", "/{id}", scope=MANAGE)
async def remove_member(call: Call) -> Response:
    """Remove a member."""
    await call.service(Members).remove(call.caller, path_id(call, "id"))
    return answer({"message": "The member is removed."})


@invitations_router.operation("GET", "", scope=READ)
async def list_invitations(call: Call, query: Annotated[PageQuery, Query()]) -> Response:
    """List open invitations, newest first."""
    found, total = await call.service(Invitations).page(call.caller.workspace, skip=query.skip, limit=query.limit)
    items = [invitation_wire(invitation) for invitation in found]
    return list_answer(items, total=total, page=query.page, limit=query.limit)


@invitations_router.operation("POST", "", scope=MANAGE, confidential=True)
async def invite(call: Call, body: Invite) -> Response:
    """Invite somebody; without a mail server the link is shown, this once, to pass on."""
    by_mail = call.service(Mailer).is_set
    made, token = await call.service(Invitations).create(call.caller, body.email, body.role, by_mail=by_mail)
    link = None if token is None else invitation_link(token, origin=call.origins.api)
    headers = {**NOT_KEPT, "Location": f"/api/v1/invitations/{made.id}"}
    return answer({**invitation_wire(made), "mailed": by_mail, "link": link}, 201, headers=headers)


@invitations_router.operation("DELETE", "/{id}", scope=MANAGE)
async def revoke_invitation(call: Call) -> Response:
    """Take an invitation back."""
    await call.service(Invitations).revoke(call.caller, path_id(call, "id"))
    return answer({"message": "The invitation is taken back."})


@sessions_router.operation("GET", "", signed_in=True)
async def list_sessions(call: Call, query: Annotated[PageQuery, Query()]) -> Response:
    """List one's own sessions, newest first."""
    session_secret(call)
    user = await call.service(People).of(call.caller)
    found, total = await call.service(Sessions).page(user.id, skip=query.skip, limit=query.limit)
    items = [session_wire(session, call.caller) for session in found]
    return list_answer(items, total=total, page=query.page, limit=query.limit)


@sessions_router.operation("DELETE", "", signed_in=True)
async def end_other_sessions(call: Call) -> Response:
    """End one's own sessions but this."""
    session_secret(call)
    ended = await call.service(Sessions).end_others(call.caller)
    return answer({"message": "Your other sessions have ended.", "ended": ended})


@sessions_router.operation("DELETE", "/{id}", signed_in=True)
async def end_session(call: Call) -> Response:
    """End one of one's own sessions."""
    session_secret(call)
    await call.service(Sessions).end(call.caller, path_id(call, "id"))
    return answer({"message": "The session has ended."})
