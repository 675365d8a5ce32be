"""The routes by which people come in and leave."""

from __future__ import annotations

from functools import partial

from starlette.background import BackgroundTask
from starlette.responses import Response

from tracepass.accounts.entrance import (
    NOT_KEPT,
    afterwards,
    demand_open_registration,
    guest,
    session_secret,
    visit_of,
)
from tracepass.accounts.models import Accept, Forgotten, Login, PasswordChange, Register, Reset, Switch
from tracepass.accounts.wire import entrance_wire
from tracepass.api import Call, Router, answer
from tracepass.api.failures import refusal_answer
from tracepass.core.schema import Nothing
from tracepass.identity.models import SignedIn
from tracepass.identity.service import (
    Authenticator,
    People,
    Recovery,
    Registration,
    SignIn,
    WrongCredentials,
    no_session_cookie,
    session_cookie,
)

auth_router = Router(prefix="/api/auth")

SMALL = 16 * 1024


async def _enter(call: Call, signed_in: SignedIn, status: int = 200) -> Response:
    """Hand over the session."""
    homes = await call.service(People).homes(signed_in.user.id)
    headers = {**NOT_KEPT, **session_cookie(signed_in.secret, origin=call.origins.api)}
    return answer(entrance_wire(signed_in, homes), status, headers=headers)


@auth_router.operation("POST", "/register", public=True, max_body=SMALL)
async def register(call: Call, body: Register) -> Response:
    """Make a workspace and its owner, and sign them in."""
    demand_open_registration(call)
    new = Registration(body.email, body.name, body.password, body.workspace_name, body.default_locale)
    return await _enter(call, await call.service(SignIn).register(new, visit_of(call)), 201)


@auth_router.operation("POST", "/login", public=True, max_body=SMALL)
async def login(call: Call, body: Login) -> Response:
    """Sign a person in."""
    signing, visit = call.service(SignIn), visit_of(call)
    try:
        signed_in = await signing.sign_in(body.email, body.password, visit, workspace=body.workspace)
    except WrongCredentials as refusal:
        response = refusal_answer(refusal)
        response.background = BackgroundTask(afterwards(partial(signing.note_failure, body.email, visit)))
        return response
    return await _enter(call, signed_in)


@auth_router.operation("POST", "/logout", signed_in=True)
async def logout(call: Call, body: Nothing) -> Response:  # noqa: ARG001 - an empty body is still checked
    """End the session."""
    secret = session_secret(call)
    await call.service(SignIn).sign_out(call.caller)
    call.service(Authenticator).forget(secret)
    return answer({"message": "You are signed out."}, headers=no_session_cookie(origin=call.origins.api))


@auth_router.operation("GET", "/session", signed_in=True)
async def get_session(call: Call) -> Response:
    """Tell who is signed in."""
    secret, caller, people = session_secret(call), call.caller, call.service(People)
    user = await people.of(caller)
    signed_in = SignedIn(secret, user, caller.workspace, caller.role)
    return answer(entrance_wire(signed_in, await people.homes(user.id)), headers=NOT_KEPT)


@auth_router.operation("POST", "/session/switch", signed_in=True, max_body=SMALL)
async def switch_workspace(call: Call, body: Switch) -> Response:
    """Go on in another workspace, with a new session."""
    secret = session_secret(call)
    signed_in = await call.service(SignIn).switch(call.caller, body.workspace, visit_of(call))
    call.service(Authenticator).forget(secret)
    return await _enter(call, signed_in)


@auth_router.operation("POST", "/password/forgot", public=True, max_body=SMALL)
async def forget_password(call: Call, body: Forgotten) -> Response:
    """Have a link mailed to whoever lost a password; the answer is the same whether there is an account or not."""
    recovery = call.service(Recovery)
    await recovery.admit(call.address)
    response = answer({"message": "If there is an account under this address, a link is on its way to it."}, 202)
    response.background = BackgroundTask(afterwards(partial(recovery.ask, body.email)))
    return response


@auth_router.operation("POST", "/password/reset", public=True, max_body=SMALL)
async def reset_password(call: Call, body: Reset) -> Response:
    """Set a password with the token from the mail; all sessions end."""
    await call.service(Recovery).reset(body.token, body.password)
    return answer({"message": "The password is set. Sign in with it."})


@auth_router.operation("POST", "/password/change", signed_in=True, max_body=SMALL)
async def change_password(call: Call, body: PasswordChange) -> Response:
    """Set one's own password; the other sessions end."""
    session_secret(call)
    await call.service(Recovery).change(call.caller, body.current_password, body.new_password)
    return answer({"message": "The password is set. Your other sessions have ended."})


@auth_router.operation("POST", "/invitations/accept", public=True, max_body=SMALL)
async def accept_invitation(call: Call, body: Accept) -> Response:
    """Become a member: as the person who is signed in, or with a name and password."""
    signing, visit, caller = call.service(SignIn), visit_of(call), await guest(call)
    if caller is not None and body.password is None:
        return await _enter(call, await signing.accept_as(caller, body.token, visit))
    signed_in = await signing.accept(body.token, visit, name=body.name or "", password=body.password or "")
    return await _enter(call, signed_in)
